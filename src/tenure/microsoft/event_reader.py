"""From a file's bytes to facts: every kind of file gives the same few things, one at a time."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tenure.microsoft import event_split
from tenure.microsoft.event_csv import csv_columns, read_csv, viewer_columns
from tenure.microsoft.event_file_kind import Kind, without_comments
from tenure.microsoft.event_json import LicenseObject, read_json
from tenure.microsoft.event_text import read_event_text
from tenure.microsoft.event_xml import read_xml
from tenure.microsoft.events import Fact, NotUnderstood, Unrelated
from tenure.microsoft.license_objects import read_license_object
from tenure.microsoft.license_snapshot import LicenseSnapshot
from tenure.microsoft.slmgr_text import MAX_TEXT, read_slmgr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

Read: TypeAlias = Fact | LicenseSnapshot | Unrelated | NotUnderstood
"""What one record of a file came out as."""

_TOO_LARGE = NotUnderstood(f"a record of over {event_split.MAX_RECORD:,} bytes")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file does not say of itself."""

    zone: tzinfo
    """Of times that carry none."""
    host: str = ""
    """The computer of events that name none (the event viewer's CSV)."""
    name: str = ""
    """The machine of texts and objects that name none: the file's name."""
    taken_at: int = 0
    """When the file was written, in Unix seconds."""


def read_file(kind: Kind, chunks: Iterable[bytes], origin: Origin) -> Iterator[Read]:
    """Everything in a file of this kind. Never raises.

    The chunks are the file's text as UTF-8; of an .evtx they are what its reader makes of it, one JSON record each.
    Memory: one record, and for texts (slmgr, copied events) at most a few megabytes.
    """
    match kind:
        case Kind.EVTX:
            yield from _json(chunks, origin)
        case Kind.NDJSON:
            yield from _json(event_split.lines(chunks), origin)
        case Kind.JSON:
            yield from _json(event_split.json_objects(_behind_comments(chunks)), origin)
        case Kind.EVENT_XML:
            for element in event_split.event_elements(chunks):
                yield _TOO_LARGE if element is None else read_xml(element)
        case Kind.CSV:
            yield from _csv(chunks, origin)
        case Kind.EVENT_TEXT:
            yield from read_event_text(_whole(chunks), host=origin.host, zone=origin.zone)
        case Kind.SLMGR:
            yield from read_slmgr(_whole(chunks), name=origin.name, taken_at=origin.taken_at)


def _json(records: Iterable[bytes | None], origin: Origin) -> Iterator[Read]:
    zone = origin.zone
    for record in records:
        if record is None:
            yield _TOO_LARGE
            continue
        found = read_json(record, zone)
        if isinstance(found, LicenseObject):
            yield read_license_object(found.data, name=origin.name, taken_at=origin.taken_at)
        elif not (isinstance(found, NotUnderstood) and record.startswith(b"#")):
            yield found


def _csv(chunks: Iterable[bytes], origin: Origin) -> Iterator[Read]:
    rows = _text_lines(chunks)
    header = next((line for line in rows if line.strip() and not line.startswith("#")), "")
    columns = csv_columns(header) or viewer_columns(header)
    if columns is None:
        yield NotUnderstood("a CSV without a header", header[:200])
        return
    delimiter, places = columns
    yield from read_csv(rows, delimiter, places, host=origin.host, zone=origin.zone)


def _text_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines with their ends, as the csv module wants them; one that is too long is cut into pieces."""
    tail = b""
    for chunk in chunks:
        parts = (tail + chunk).split(b"\n")
        tail = parts.pop()
        for part in parts:
            yield part.decode(errors="replace") + "\n"
        if len(tail) > event_split.MAX_RECORD:
            yield tail.decode(errors="replace")
            tail = b""
    if tail:
        yield tail.decode(errors="replace")


def _behind_comments(chunks: Iterable[bytes]) -> Iterator[bytes]:
    first = True
    for chunk in chunks:
        yield (
            without_comments(chunk.decode(errors="replace")).encode()
            if first and chunk[:1] == b"#"
            else chunk
        )
        first = False


def _whole(chunks: Iterable[bytes]) -> str:
    """The whole text, as far as a text of this kind can be long; its parser refuses what is longer."""
    collected = io.BytesIO()
    for chunk in chunks:
        collected.write(chunk)
        if collected.tell() > MAX_TEXT * 4:
            break
    return collected.getvalue().decode(errors="replace")
