"""The fields of KMS events: which shape each id has, and how it is told from anything else.

The same fields come in two layouts: as separate data elements, shifted by one in 12290, or as one comma-separated
text. Both are anchored on the CMID, so that it does not matter what stands before. A field never holds the separator,
so a machine's name cannot pass itself off as two fields.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tenure.microsoft.event_times import client_instant
from tenure.microsoft.events import (
    ANSWER_CHECKED,
    CHANNELS,
    DIRECTORY_ACTIVATED,
    DNS_FAILED,
    DNS_PUBLISHED,
    PROVIDERS,
    REQUEST_PROCESSED,
    REQUEST_SENT,
    ClientAnswer,
    ClientRequest,
    DirectoryActivation,
    DnsPublication,
    Entry,
    Fact,
    HostTrouble,
    KmsRequest,
    NotUnderstood,
    Unrelated,
)

MAX_NAME: Final = 255
"""Characters of a DNS name, and so of a machine's."""
MAX_FIELDS: Final = 65_536
"""Characters of an entry's data that are looked at; Windows itself allows half of that."""
MAX_COUNT: Final = 2**31
_SEPARATOR: Final = "\x1f"

_GUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_HRESULT = r"0[xX][0-9A-Fa-f]{1,8}"
_TIME = r"\d{1,4}/\d{1,2}/\d{1,4} \d{1,2}:\d{2}(?::\d{2})?(?: [AaPp][Mm])?"
_NAME = r"[^\x00-\x20\x7f,<>\"]+"

_REQUEST = rf"({_HRESULT})@(\d{{1,4}})@({_NAME})@\{{?({_GUID})\}}?@({_TIME})@([01])@([0-6])@(\d{{1,10}})@\{{?({_GUID})\}}?"
_SENT = rf"({_HRESULT})@({_HRESULT})@({_NAME})@\{{?({_GUID})\}}?@({_TIME})@(\d{{1,10}})@([0-6])@(\d{{1,10}})@\{{?({_GUID})\}}?@(\d{{1,4}})"
_CHECKED = rf"({_HRESULT})@({_HRESULT})@([01])@(\d{{1,10}})@(\d{{1,10}})@(\d{{1,10}})@(\d{{1,10}})@({_TIME})"
_DIRECTORY = rf"\{{?({_GUID})\}}?@([^\x1f\r\n]{{1,255}})@([^\x1f\r\n]{{1,1024}})"


def _both(shape: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The shape over separate elements, and as a line of its own in a text."""
    elements = shape.replace("@", _SEPARATOR)
    line = shape.replace("@", r",[ ]?")
    return (
        re.compile(rf"(?:\A|{_SEPARATOR}){elements}(?:\Z|{_SEPARATOR})"),
        re.compile(rf"^[ \t]*{line}[ \t\r]*$", re.MULTILINE),
    )


_REQUEST_SHAPES = _both(_REQUEST)
_SENT_SHAPES = _both(_SENT)
_CHECKED_SHAPES = _both(_CHECKED)
_DIRECTORY_ELEMENTS = _both(_DIRECTORY)[0]
_DIRECTORY_TEXT = re.compile(
    rf"^[^=\r\n]{{1,80}}= *\{{?({_GUID})\}}?[ \r]*\n[^=\r\n]{{1,80}}= *([^\r\n]{{1,255}}?)[ \r]*\n[^=\r\n]{{1,80}}= *\S",
    re.MULTILINE,
)
_ANY_HRESULT = re.compile(rf"(?<![0-9A-Za-z])({_HRESULT})(?![0-9A-Za-z])")
_ANY_DOMAIN = re.compile(
    r"(?<![\w.-])([A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))+)(?![\w-])"
)


def interpret(entry: Entry) -> Fact | Unrelated | NotUnderstood:
    """The fact that an entry tells, or why it tells none. Never raises."""
    channel = CHANNELS.get(entry.event_id)
    if channel is None:
        return Unrelated(entry.event_id)
    if entry.provider.lower() not in PROVIDERS:
        return NotUnderstood(f"event {entry.event_id} of a provider that is not KMS's", entry.provider)
    if entry.channel and entry.channel.lower() != channel:
        return NotUnderstood(f"event {entry.event_id} in a channel where KMS does not log it", entry.channel)
    if entry.at is None:
        return NotUnderstood(f"event {entry.event_id} without a time that can be read", entry.message)
    if not entry.computer:
        return NotUnderstood(f"event {entry.event_id} without the computer that logged it", entry.message)
    computer = _computer(entry.computer)
    if computer is None:
        return NotUnderstood(f"event {entry.event_id} of a computer with an impossible name", entry.computer)
    fact = _fact(entry, computer, entry.at)
    return fact or NotUnderstood(
        f"event {entry.event_id} whose fields do not have the shape of KMS's",
        ", ".join(entry.values) if entry.values else entry.message,
    )


def machine_name(text: str) -> str | None:
    """The text as a machine's name, None when no machine has such a name."""
    if not 0 < len(text) <= MAX_NAME or not text.isprintable() or any(c in ' ,<>"' for c in text):
        return None
    return text


def client_time(message: str) -> int:
    """The machine's own time that the text of a 12288, 12289 or 12290 carries; -1 when it carries none."""
    if len(message) > MAX_FIELDS:
        return -1
    for (_, line), group in ((_REQUEST_SHAPES, 5), (_SENT_SHAPES, 5), (_CHECKED_SHAPES, 8)):
        if found := line.search(message):
            return client_instant(found[group])
    return -1


@lru_cache(maxsize=1024)
def _computer(text: str) -> str | None:
    name = machine_name(text)
    return None if name is None else name.rstrip(".").lower() or None


def _fact(entry: Entry, computer: str, at: int) -> Fact | None:
    match entry.event_id:
        case id_ if id_ == REQUEST_PROCESSED:
            return _request(entry, computer, at)
        case id_ if id_ == REQUEST_SENT:
            return _sent(entry, computer, at)
        case id_ if id_ == ANSWER_CHECKED:
            return _checked(entry, computer, at)
        case id_ if id_ in {DNS_FAILED, DNS_PUBLISHED}:
            return _publication(entry, computer, at)
        case id_ if id_ == DIRECTORY_ACTIVATED:
            return _directory(entry, computer, at)
        case _:
            return _trouble(entry, computer, at)


def _find(entry: Entry, shapes: tuple[re.Pattern[str], re.Pattern[str]]) -> re.Match[str] | None:
    elements, line = shapes
    if len(entry.values) > 1:
        joined = _SEPARATOR.join(entry.values)
        if len(joined) <= MAX_FIELDS and (found := elements.search(joined)):
            return found
    for text in (entry.values[0] if len(entry.values) == 1 else "", entry.message):
        if text and len(text) <= MAX_FIELDS and (found := line.search(text)):
            return found
    return None


def _request(entry: Entry, host: str, at: int) -> KmsRequest | None:
    found = _find(entry, _REQUEST_SHAPES)
    if found is None:
        return None
    hresult, minimum, name, cmid, client, virtual, state, minutes, sku = found.groups()
    remaining = int(minutes)
    if len(name) > MAX_NAME or not name.isprintable() or remaining >= MAX_COUNT:
        return None
    return KmsRequest(
        host,
        at,
        cmid.lower(),
        name,
        sku.lower(),
        int(hresult, 16),
        int(minimum),
        client_instant(client),
        virtual == "1",
        int(state),
        remaining,
    )


def _sent(entry: Entry, computer: str, at: int) -> ClientRequest | None:
    found = _find(entry, _SENT_SHAPES)
    if found is None:
        return None
    hresult, flags, server, cmid, _, _, state, minutes, sku, minimum = found.groups()
    if machine_name(server) is None or int(minutes) >= MAX_COUNT:
        return None
    return ClientRequest(
        computer=computer,
        at=at,
        cmid=cmid.lower(),
        server=server.lower(),
        sku=sku.lower(),
        hresult=int(hresult, 16),
        flags=int(flags, 16),
        state=int(state),
        minutes=int(minutes),
        minimum=int(minimum),
    )


def _checked(entry: Entry, computer: str, at: int) -> ClientAnswer | None:
    found = _find(entry, _CHECKED_SHAPES)
    if found is None:
        return None
    hresult, flags, activated, _, count, activation, renewal, _ = found.groups()
    if max(int(count), int(activation), int(renewal)) >= MAX_COUNT:
        return None
    return ClientAnswer(
        computer=computer,
        at=at,
        hresult=int(hresult, 16),
        flags=int(flags, 16),
        activated=activated == "1",
        count=int(count),
        activation_interval=int(activation),
        renewal_interval=int(renewal),
    )


def _publication(entry: Entry, computer: str, at: int) -> DnsPublication | None:
    text = _text(entry)
    domain = _ANY_DOMAIN.search(_ANY_HRESULT.sub(" ", text))
    if domain is None:
        return None
    if entry.event_id == DNS_PUBLISHED:
        return DnsPublication(computer=computer, at=at, domain=domain[1].lower(), hresult=0)
    code = _ANY_HRESULT.search(text)
    if code is None:
        return None
    return DnsPublication(computer=computer, at=at, domain=domain[1].lower(), hresult=int(code[1], 16))


def _directory(entry: Entry, computer: str, at: int) -> DirectoryActivation | None:
    joined = _SEPARATOR.join(entry.values)
    found = _DIRECTORY_ELEMENTS.search(joined) if len(joined) <= MAX_FIELDS else None
    if found is None and len(entry.message) <= MAX_FIELDS:
        found = _DIRECTORY_TEXT.search(entry.message)
    if found is None:
        return None
    return DirectoryActivation(computer=computer, at=at, sku=found[1].lower(), object_name=found[2])


def _trouble(entry: Entry, computer: str, at: int) -> HostTrouble | None:
    code = _ANY_HRESULT.search(_text(entry))
    if code is None:
        return None
    return HostTrouble(computer=computer, at=at, event_id=entry.event_id, hresult=int(code[1], 16))


def _text(entry: Entry) -> str:
    text = "\n".join(entry.values) if entry.values else entry.message
    return text if len(text) <= MAX_FIELDS else ""
