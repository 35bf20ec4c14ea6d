"""What commands print: JSON for machines, label and value or a table for people."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tenure.adapters.files.report_files import write_csv
from tenure.wire.csv_rows import csv_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tenure.core.errors import TenureError
    from tenure.wire.csv_rows import Cell


NO_TERMINAL: Final = 10_000
"""Columns where no terminal sets a limit."""


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_facts(facts: Iterable[tuple[str, object]], *, err: bool = False) -> None:
    """Lines of label and value, the values aligned; a value of None is a dash. `err`: on standard error."""
    rows = [(label, "-" if value is None else str(value)) for label, value in facts]
    width = max((len(label) for label, _ in rows), default=0)
    for label, value in rows:
        click.echo(f"  {click.style(label.ljust(width), dim=True)}  {value}", err=err)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table, in color and as wide as the terminal when it goes to one; else as wide as it is: for grep and less -S.

    Needs the `server` extra.
    """
    from rich.console import Console  # noqa: PLC0415 - a client is installed without it
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # As Text: a cell may repeat what a stranger wrote, and rich would take "[/]" in it for markup.
        cells = ("-" if cell is None else cell for cell in row)
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in cells))
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else NO_TERMINAL
    Console(width=width).print(table)


def print_csv(path: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """The rows as CSV: in the file `path`, with the mark by which Excel knows UTF-8; `-`: on standard output, without it."""
    lines = csv_lines(columns, rows)
    if path != "-":
        write_csv(Path(path), lines)
        return
    for line in lines:
        click.echo(line, nl=False)


def print_error(error: TenureError) -> None:
    """What went wrong and what to do, on standard error."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {error.detail}", err=True)
    if error.cure:
        click.echo(f"  {click.style('cure:', fg='green')} {error.cure}", err=True)
    code = f"{error.code.value}, {error.hresult}" if error.hresult else error.code.value
    click.echo(f"  {click.style('code:', dim=True)} {code}", err=True)


def error_json(error: TenureError) -> dict[str, Any]:
    """The error as `--json` prints it."""
    return {
        "error": {
            "code": error.code.value,
            "detail": error.detail,
            "cure": error.cure,
            "hresult": error.hresult,
        }
    }


def timestamp(seconds: int | None) -> str | None:
    """RFC 3339 in UTC, as every JSON of ours writes times."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
