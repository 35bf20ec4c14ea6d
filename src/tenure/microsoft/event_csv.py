"""Events as CSV: the event viewer's "Save as", and `Get-WinEvent | Export-Csv`.

The event viewer writes five named columns and the text of the entry in a sixth without a name; it names no computer,
and writes times as its country does, without a zone. So the importer says whose log it is and where the computer stands.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from tenure.microsoft.event_fields import client_time, interpret
from tenure.microsoft.event_json import event_number
from tenure.microsoft.event_times import instant, local_instant
from tenure.microsoft.events import Entry, Fact, NotUnderstood, Unrelated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

MAX_CELL: Final = 1024 * 1024
MAX_CELLS: Final = 64
_LONGEST_TIME: Final = 60

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "at": ("date and time", "timecreated", "datum und uhrzeit"),
    "provider": ("source", "providername", "quelle"),
    "event_id": ("event id", "id", "ereignis-id"),
    "computer": ("computer", "machinename"),
    "channel": ("log", "logname", "containerlog", "protokoll"),
    "message": ("description", "message", "beschreibung"),
}
"""What columns are called, in lower case; a column that is called otherwise is not looked at."""
VIEWER: Final = ("level", "at", "provider", "event_id", "category", "message")
"""The event viewer's columns in any language."""


def csv_columns(header: str) -> tuple[str, dict[str, int]] | None:
    """The delimiter and where each column stands; None when the header is no event log's."""
    for delimiter in (",", ";", "\t"):
        cells = [cell.strip().strip('"').lower() for cell in header.strip("\ufeff\r\n ").split(delimiter)]
        found = {
            name: cells.index(title)
            for name, titles in COLUMNS.items()
            for title in titles
            if title in cells[:MAX_CELLS]
        }
        if {"at", "provider", "event_id"} <= found.keys():
            found.setdefault("message", len(cells))
            return delimiter, found
    return None


def viewer_columns(header: str) -> tuple[str, dict[str, int]] | None:
    """The same for an event viewer of any language: five columns, whatever they are called."""
    for delimiter in (",", ";", "\t"):
        if header.strip("\r\n").count(delimiter) in {len(VIEWER) - 2, len(VIEWER) - 1}:
            return delimiter, {name: place for place, name in enumerate(VIEWER)}
    return None


def read_csv(
    rows: Iterable[str], delimiter: str, columns: Mapping[str, int], *, host: str, zone: tzinfo
) -> Iterator[Fact | Unrelated | NotUnderstood]:
    """What each row tells; the header is not among the rows. Never raises.

    `host` is the computer of rows that name none, `zone` that of times which carry none.
    """
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(rows, delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield NotUnderstood(f"a CSV row that is broken ({error})")
            continue
        if row:
            yield _read_row(row, columns, host, zone)


def _read_row(
    row: Sequence[str], columns: Mapping[str, int], host: str, zone: tzinfo
) -> Fact | Unrelated | NotUnderstood:
    def cell(name: str) -> str:
        place = columns.get(name)
        return row[place] if place is not None and place < len(row) else ""

    event_id = event_number(cell("event_id").strip())
    if event_id is None:
        return NotUnderstood("a row without an event id", ", ".join(row[:6])[:400])
    message = cell("message")
    time = cell("at").strip()
    at = None
    if len(time) <= _LONGEST_TIME:
        at = instant(time)
        if at is None:
            at = local_instant(time, zone, near=client_time(message))
    return interpret(
        Entry(
            event_id,
            cell("provider").strip(),
            at,
            cell("computer").strip() or host,
            cell("channel").strip(),
            (),
            message,
        )
    )
