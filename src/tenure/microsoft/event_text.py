"""Events as text: what the event viewer's "Copy as text" and Microsoft's articles look like, in English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tenure.microsoft.event_fields import client_time, interpret
from tenure.microsoft.event_json import event_number
from tenure.microsoft.event_times import instant, local_instant
from tenure.microsoft.events import Entry, Fact, NotUnderstood, Unrelated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

_LABEL = re.compile(r"^(Log Name|Source|Date|Event ID|Computer|Description): *(.*?) *$", re.MULTILINE)
_FIRST: Final = ("Log Name", "Source")
_LONGEST_TIME: Final = 60


def looks_like_event_text(text: str) -> bool:
    """Whether an event stands in the text: its id and its source, each on a line of its own."""
    labels = {found[1] for found in _LABEL.finditer(text)}
    return {"Event ID", "Source"} <= labels


def read_event_text(text: str, *, host: str, zone: tzinfo) -> Iterator[Fact | Unrelated | NotUnderstood]:
    """What each event of the text tells. Never raises."""
    for block in _blocks(text):
        event_id = event_number(block.get("Event ID", ""))
        if event_id is None:
            yield NotUnderstood("an event without an id", block.get("body", "")[:400])
            continue
        body = block.get("body", "")
        time = block.get("Date", "")
        at = None
        if len(time) <= _LONGEST_TIME:
            at = instant(time)
            if at is None:
                at = local_instant(time, zone, near=client_time(body))
        yield interpret(
            Entry(
                event_id,
                block.get("Source", ""),
                at,
                block.get("Computer", "") or host,
                block.get("Log Name", ""),
                (),
                body,
            )
        )


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """One mapping of label to value an event, with everything that follows its last label as `body`."""
    block: dict[str, str] = {}
    body: list[str] = []
    for line in text.splitlines():
        found = _LABEL.match(line)
        if found is None:
            body.append(line)
            continue
        label = found[1]
        if label in block or (label in _FIRST and "Event ID" in block):
            yield {**block, "body": "\n".join(body)}
            block, body = {}, []
        if not block:
            # What stood before the first label belongs to no event.
            body = []
        block[label] = found[2]
        if label == "Description" and found[2]:
            body.append(found[2])
    if block:
        yield {**block, "body": "\n".join(body)}
