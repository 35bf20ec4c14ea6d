"""One conversation with one host about one product, without any I/O: calls come out, answers go in."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import msgspec

from tenure.core.errors import Code, Unavailable, Untrusted, UsageError
from tenure.wire.activation import ActivationBody, Granted, Waiting, decode_answer
from tenure.wire.problems import error_of
from tenure.wire.revocation import revocations_in
from tenure.wire.trust import catalogs_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tenure.client.host_address import HostAddress

_OK: Final = 200
_ACCEPTED: Final = 202
_RETRY_SECONDS: Final = 60
"""When a 202 does not say when to come back; every host of ours says it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a host; `path` begins with a slash."""

    method: str
    path: str
    body: bytes | None = None
    wait: int = 0
    """Seconds for which the host may hold it: `Prefer: wait` (RFC 7240, section 4.3); 0: not at all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host answered; header names are lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class HostTransport(Protocol):
    """How calls reach hosts; usable from many threads."""

    def ask(self, host: HostAddress, call: Call) -> Answer:
        """The host's answer, whatever its status.

        Raises:
            Unavailable: code `host_unreachable`, when there was no whole answer.
            Refused: code `tls_required`, when this machine demands TLS and the host was set without; nothing was sent.
            Untrusted: code `tls_untrusted`, when the host's TLS certificate is not trusted; nothing was sent.
        """
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What a host said; nothing of it is verified yet."""

    answer: Granted | Waiting
    catalogs: tuple[str, ...]
    """Catalogs that are newer than what was known, when the host has any."""
    revocations: str | None
    """A revocation list that is newer than the one that was known, when the host has one."""
    retry_after: int
    """Seconds after which a 202 may be asked again."""


Conversation: TypeAlias = Generator[Call, Answer, Heard]


def converse(
    body: ActivationBody, publisher_id: UUID, *, known_seq: int, known_revocations: int, wait: int
) -> Conversation:
    """Ask for a lease; then, if the host knows newer ones than these seqs, for catalogs and the revocation list.

    They come before the lease is looked at, so that a machine that was off for a year catches up in one contact. A
    host that cannot give them has still answered: its lease is judged by what is known.

    Raises:
        Refused, Unavailable: what the host said.
    """
    asked = yield Call("POST", "/v1/activations", msgspec.json.encode(body), wait)
    if asked.status not in {_OK, _ACCEPTED}:
        raise error_of(asked.status, asked.body, retry_after=_retry_after(asked))
    try:
        answer = decode_answer(asked.status, asked.body)
    except UsageError as error:
        raise Unavailable(
            Code.HOST_UNREACHABLE,
            error.detail,
            "Is this the address of a Tenure host, without a proxy in between?",
        ) from error
    catalogs: tuple[str, ...] = ()
    if answer.catalog_seq > known_seq:
        try:
            told = yield Call("GET", f"/v1/publishers/{publisher_id}/catalogs?after={known_seq}")
            if told.status == _OK:
                catalogs = catalogs_in(told.body)
        except (Unavailable, Untrusted):
            catalogs = ()
    revocations: str | None = None
    if answer.revocation_seq > known_revocations:
        try:
            told = yield Call("GET", f"/v1/publishers/{publisher_id}/revocations")
            if told.status == _OK:
                revocations = revocations_in(told.body)
        except (Unavailable, Untrusted):
            revocations = None
    retry_after = _retry_after(asked)
    return Heard(answer, catalogs, revocations, _RETRY_SECONDS if retry_after is None else retry_after)


def hold(conversation: Conversation, host: HostAddress, transport: HostTransport) -> Heard:
    """What `host` said in the whole conversation.

    Raises:
        Refused, Unavailable: as `converse` and `HostTransport.ask`.
    """
    call = next(conversation)
    while True:
        try:
            try:
                answer = transport.ask(host, call)
            except Unavailable as error:
                call = conversation.throw(error)
            else:
                call = conversation.send(answer)
        except StopIteration as ended:
            heard: Heard = ended.value
            return heard


def _retry_after(answer: Answer) -> int | None:
    """`Retry-After` in seconds; its other form, a date, no host of ours sends (RFC 9110, section 10.2.3)."""
    value = answer.headers.get("retry-after", "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None  # noqa: PLR2004 - nine digits are 31 years
