"""`tenure microsoft import`."""

from __future__ import annotations

from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.exit_codes import ExitCode
from tenure.cli.printing import print_json, print_table
from tenure.core.errors import Code, UsageError
from tenure.microsoft.event_fields import machine_name
from tenure.programs import microsoft_import

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.programs.microsoft_import import FileReport


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--host", default="", help="The KMS host whose log it is, for files that name no computer (CSV)."
)
@click.option("--name", default="", help="The machine that a slmgr text is of. [default: the file's name]")
@click.option(
    "--time-zone",
    "zone_name",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    help="The zone of times that carry none (CSV, text), such as Europe/Berlin.",
)
@home_option
@json_option
def command(
    *, files: tuple[Path, ...], host: str, name: str, zone_name: str, home: Path | None, as_json: bool
) -> int:
    """Keep what event logs and slmgr texts of a genuine KMS host and its clients tell.

    Takes .evtx, event XML, JSON of Get-WinEvent, NDJSON of Winlogbeat, CSV of the event viewer, the English text of
    slmgr /dlv and /dli, and license objects as JSON. Importing a file again changes nothing.
    Exit codes: 0 any record was read; 5 none was; 1 or 4 the home cannot be written.
    """
    for option, text in (("--host", host), ("--name", name)):
        if text and machine_name(text) is None:
            raise UsageError(Code.INVALID_ARGUMENT, f"{option}: {text[:100]!r} is no name of a computer.")
    zone = _zone(zone_name)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("import", total=microsoft_import.total_size(files))
        before = 0
        present: Path | None = None
        size = 0

        def progress(path: Path, done: int, of: int) -> None:
            nonlocal before, present, size
            if path != present:
                before += size
                present, size = path, of
            bar.update(task, description=path.name[-40:], completed=before + done)

        reports = microsoft_import.import_files(
            home_to_write(home), files, host=host.lower(), name=name, zone=zone, progress=progress
        )
        bar.update(task, description="done", completed=microsoft_import.total_size(files))
    if as_json:
        print_json(_json(reports))
    else:
        _print(reports)
    return ExitCode.DONE if any(report.records for report in reports) else ExitCode.UNTRUSTED


def _zone(name: str) -> tzinfo:
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"There is no time zone {name[:100]!r}.",
            "Zones are named like Europe/Berlin or America/New_York; UTC is one, too.",
        ) from error


def _json(reports: Sequence[FileReport]) -> dict[str, Any]:
    return {
        "records": sum(report.records for report in reports),
        "new": sum(report.new for report in reports),
        "known": sum(report.known for report in reports),
        "files": [
            {
                "file": str(report.path),
                "kind": report.kind or None,
                "records": report.records,
                "new": report.new,
                "known": report.known,
                "unrelated": {str(event_id): n for event_id, n in sorted(report.unrelated.items())},
                "not_understood": [
                    {"reason": reason, "count": found.count, "example": found.example or None}
                    for reason, found in report.misfits.items()
                ],
                "refused": report.refused or None,
            }
            for report in reports
        ],
    }


def _print(reports: Sequence[FileReport]) -> None:
    print_table(
        "Imported",
        ("file", "kind", "records", "new", "about other things", "not understood"),
        [
            (
                report.path.name,
                report.kind or None,
                f"{report.records:,}",
                f"{report.new:,}",
                f"{report.unrelated.total():,}",
                f"{sum(found.count for found in report.misfits.values()):,}",
            )
            for report in reports
        ],
    )
    for report in reports:
        if report.refused:
            click.echo(f"{report.path.name}: {report.refused}")
        if report.unrelated and not report.records:
            ids = ", ".join(str(event_id) for event_id, _ in report.unrelated.most_common(8))
            click.echo(f"{report.path.name}: no event about KMS; its events are {ids}")
        for reason, found in report.misfits.items():
            click.echo(f"{report.path.name}: {found.count:,} x {reason}")
            if found.example:
                click.echo(f"    such as: {found.example}")
    if not any(report.records for report in reports):
        click.echo("Nothing could be read. docs/how-to/microsoft-report.md says how to export a log.")
