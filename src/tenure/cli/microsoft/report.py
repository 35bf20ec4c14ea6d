"""`tenure microsoft report`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import homes_to_read
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, print_table, timestamp
from tenure.core.errors import Code, UsageError
from tenure.microsoft.report import as_json as report_json
from tenure.microsoft.report_machines import LATE_DAYS
from tenure.microsoft.report_tables import TableName, table
from tenure.programs import microsoft_report

if TYPE_CHECKING:
    from tenure.microsoft.report import Report

_SHOWN = 20
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("report")
@click.option(
    "--at", "at_text", metavar="TIME", help="As of this time, such as 2026-01-31 or RFC 3339. [default: now]"
)
@click.option("--skus", type=_FILE, help="Names of activation ids: CSV with id,name or JSON.")
@click.option(
    "--table",
    "name",
    type=click.Choice([name.value for name in TableName]),
    help="Print this table whole; with --csv, write this one. [default of --csv: machines]",
)
@click.option("--csv", "csv_file", type=_FILE, help="Write a table as CSV.")
@click.option("--xlsx", "xlsx_file", type=_FILE, help="Write all tables as a workbook.")
@click.option("--html", "html_file", type=_FILE, help="Write one page with plots; it needs no network.")
@home_option
@json_option
def command(
    *,
    at_text: str | None,
    skus: Path | None,
    name: str | None,
    csv_file: Path | None,
    xlsx_file: Path | None,
    html_file: Path | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Report what a genuine KMS host activates, from the logs that were imported.

    Machines, late ones, duplicates, the count of each host and its forecast, requests a day, products, refusals with
    cause and cure. Nothing is asked of any host.
    Exit codes: 0 done; 2 nothing was imported yet; 1 a file cannot be written; 5 the database is damaged.
    """
    made = microsoft_report.report(homes_to_read(home), at=_instant(at_text), skus=skus)
    if csv_file is not None:
        microsoft_report.write_table(made, TableName(name or TableName.MACHINES), csv_file)
    left_out = microsoft_report.write_workbook(made, xlsx_file) if xlsx_file is not None else {}
    if html_file is not None:
        microsoft_report.write_page(made, html_file)
    if as_json:
        print_json(report_json(made))
        return
    for sheet, rows in left_out.items():
        click.echo(f"{rows:,} rows of {sheet} found no place in the workbook; --csv has all.", err=True)
    written = [str(path) for path in (csv_file, xlsx_file, html_file) if path is not None]
    if written:
        click.echo("Written: " + ", ".join(written))
    elif name is not None:
        _print_whole(made, TableName(name))
    else:
        _print(made)


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        at = -1
    if at < 0:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"--at: {text[:100]!r} is no time.",
            "Write it as 2026-01-31 or 2026-01-31T12:00:00Z; without a zone it is UTC.",
        )
    return at


def _print(made: Report) -> None:
    print_facts(
        [
            ("as of", timestamp(made.at)),
            ("newest request", timestamp(made.newest)),
            ("requests", f"{made.requests:,}"),
            ("machines", f"{len(made.machines):,}"),
            *((f"late, {days} days", f"{made.late_over(days):,}") for days in LATE_DAYS),
            ("duplicates", f"{len(made.duplicates):,}"),
            *([("later than this", f"{made.left_out:,} left out")] if made.left_out else []),
        ]
    )
    for name in (
        TableName.COUNT,
        TableName.FORECAST,
        TableName.DUPLICATES,
        TableName.LATE,
        TableName.REFUSALS,
        TableName.DNS,
        TableName.TROUBLES,
        TableName.CLIENTS,
        TableName.SNAPSHOTS,
        TableName.PRODUCTS,
    ):
        chosen = table(made, name)
        rows = list(chosen.rows)
        if rows:
            print_table(name.value, chosen.columns, rows[:_SHOWN])
        if len(rows) > _SHOWN:
            click.echo(f"  {len(rows) - _SHOWN:,} more: --table {name.value}, --csv, --xlsx or --html")


def _print_whole(made: Report, name: TableName) -> None:
    chosen = table(made, name)
    print_table(name.value, chosen.columns, chosen.rows)
