"""The table, for a terminal and for the docs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from faults.rows import Row

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability" / "faults.md"
_COLUMNS: Final = ("fault", "answered", "lost", "licensed", "served in spite of it", "served again")


def show(console: Console, rows: Sequence[Row]) -> None:
    """The rows, those red in which something went wrong."""
    table = Table(title="Faults", title_justify="left")
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column == "fault" else "right")
    for row in rows:
        table.add_row(*_cells(row), style="" if row.passed else "bold red")
    console.print(table)
    for row in rows:
        for reason, times in row.reasons.items():
            console.print(f"{row.fault}: {times} checks of a license said {reason}.", style="red")
    bad = sum(not row.passed for row in rows)
    answered, lost = sum(row.answered for row in rows), sum(row.lost for row in rows)
    console.print(f"{answered:,} requests answered, {lost} lost; {bad} of {len(rows)} faults left a mark.")


def write_page(rows: Sequence[Row]) -> None:
    """The part of docs/reliability.md that is measured."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n".join(_lines(rows)) + "\n")


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for row in rows:
        yield f"| {' | '.join(_cells(row))} |"
    yield ""
    for row in rows:
        yield f"- **{row.fault}** ({row.lasted} s). {row.says}"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.fault,
        f"{row.answered:,}",
        str(row.lost),
        f"{row.licensed} of {row.machines}",
        _after(row.taken_over),
        _after(row.recovered),
    )


def _after(seconds: float | None) -> str:
    return "no" if seconds is None else f"after {seconds} s"
