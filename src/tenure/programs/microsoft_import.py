"""`tenure microsoft import`: files of events and license texts become facts in this home."""

from __future__ import annotations

import stat
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.event_files import EventFile, expected_records, open_event_file
from tenure.adapters.sql.microsoft_store import SqlFleetLog
from tenure.adapters.sql.migrations import History, migrate
from tenure.core.errors import LocalFault
from tenure.microsoft.event_file_kind import Kind
from tenure.microsoft.event_reader import Origin, read_file
from tenure.microsoft.events import NotUnderstood, Unrelated
from tenure.wire.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from tenure.adapters.os.home import Home
    from tenure.microsoft.fleet_log import FleetLog, Kept

BATCH: Final = 20_000
"""Facts in one transaction: some 10 MB, and few enough commits that disks do not matter."""
_EXAMPLE: Final = 200
_REASONS: Final = 100
"""Different reasons that are kept of one file; a hostile one could have a new one in every line."""


@dataclass(slots=True)
class Misfits:
    """Records that were not understood, for one reason."""

    count: int
    example: str
    """Of the first one, safe to print."""


@dataclass(slots=True)
class FileReport:
    """What became of one file."""

    path: Path
    kind: str = ""
    records: int = 0
    """Records that were understood, known ones included."""
    new: int = 0
    unrelated: Counter[int] = field(default_factory=Counter)
    """Events about something else, by id."""
    misfits: dict[str, Misfits] = field(default_factory=dict)
    refused: str = ""
    """Why nothing, or not all, could be read; empty: it was read to its end."""

    @property
    def known(self) -> int:
        """Understood records that had been imported before."""
        return self.records - self.new

    def misfit(self, found: NotUnderstood) -> None:
        """One more record was not understood."""
        reason = (
            found.reason if found.reason in self.misfits or len(self.misfits) < _REASONS else "other reasons"
        )
        if known := self.misfits.get(reason):
            known.count += 1
        else:
            self.misfits[reason] = Misfits(1, one_line(found.example[: _EXAMPLE * 2])[:_EXAMPLE])


def database(home: Home) -> Path:
    """Where the facts are kept."""
    return home.root / "microsoft" / "microsoft.db"


def import_files(
    home: Home,
    files: Sequence[Path],
    *,
    host: str,
    name: str,
    zone: tzinfo,
    progress: Callable[[Path, int, int], None],
) -> list[FileReport]:
    """Every fact of the files is kept, once; a file that cannot be read does not keep the others from it.

    `host` is the computer of events that name none, `name` the machine of texts that name none (empty: the file's
    name), `zone` that of times without one. `progress` hears file, bytes done and bytes in all.

    Raises:
        Unavailable, Untrusted: the database cannot be used; what was kept before stays.
    """
    path = database(home)
    migrate(path, History.MICROSOFT)
    defaults = Origin(zone, host, name)
    with closing(SqlFleetLog(path)) as log:
        return [_import_file(log, file, defaults, progress) for file in files]


def total_size(files: Sequence[Path]) -> int:
    """Bytes of all files together, as far as they can be seen."""
    total = 0
    for path in files:
        try:
            found = path.stat()
        except OSError:
            continue
        total += found.st_size if stat.S_ISREG(found.st_mode) else 0
    return total


def _import_file(
    log: FleetLog, path: Path, defaults: Origin, progress: Callable[[Path, int, int], None]
) -> FileReport:
    report = FileReport(path)
    try:
        file = open_event_file(path)
        if isinstance(file, NotUnderstood):
            report.refused = file.reason
            return report
        report.kind = file.kind.value
        origin = replace(defaults, name=defaults.name or path.stem, taken_at=file.modified)
        _read(log, file, origin, report, lambda done: progress(path, done, file.size))
        if file.kind is Kind.EVTX:
            _tell_damage(file, report)
        if not (report.records or report.unrelated or report.misfits):
            report.refused = "there is no record in it"
    except LocalFault as error:
        report.refused = error.detail
    return report


def _read(
    log: FleetLog, file: EventFile, origin: Origin, report: FileReport, progress: Callable[[int], None]
) -> None:
    batch: list[Kept] = []
    try:
        for found in read_file(file.kind, file.chunks(progress), origin):
            if isinstance(found, Unrelated):
                report.unrelated[found.event_id] += 1
            elif isinstance(found, NotUnderstood):
                report.misfit(found)
            else:
                batch.append(found)
                if len(batch) >= BATCH:
                    _keep(log, batch, report)
    finally:
        # What stood before a damage is kept.
        _keep(log, batch, report)


def _keep(log: FleetLog, batch: list[Kept], report: FileReport) -> None:
    if batch:
        report.new += log.add(batch)
        report.records += len(batch)
        batch.clear()


def _tell_damage(file: EventFile, report: FileReport) -> None:
    """Records that the log's own chunks promise and that the reader did not give are counted as not understood."""
    promised, damaged = expected_records(file.path)
    seen = report.records + report.unrelated.total() + sum(m.count for m in report.misfits.values())
    if damaged:
        report.misfit(NotUnderstood("a damaged chunk (64 KiB) of the log"))
        report.misfits["a damaged chunk (64 KiB) of the log"].count = damaged
    if promised > seen:
        report.misfit(NotUnderstood("a damaged record"))
        report.misfits["a damaged record"].count = promised - seen
