"""Rates and latencies of one host, cell by cell: how connections are made, who asks, and how many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from served import Served

CONNECTIONS = (1, 16, 64, 256)
CELLS = [(keep, new, count) for keep in (False, True) for new in (False, True) for count in CONNECTIONS]
"""Whether connections are kept, whether new machines ask, and over how many connections."""


def measure(
    host: Served, product: UUID, known: int, seconds: float, advance: Callable[[], None]
) -> list[dict[str, Any]]:
    """One row a cell; `advance()` after each."""
    rows = []
    for keep, new, connections in CELLS:
        seen = host.load(
            *("--seconds", str(seconds), "--product", str(product)),
            *("--requests", str(int(12_000 * seconds)), "--connections", str(connections)),
            *(("--keep",) if keep else ()),
            *(() if new else ("--known", str(known))),
        )
        rows.append({"known": known, "keep": keep, "new": new, "connections": connections, **seen})
        advance()
    return rows


def table(title: str, rows: list[dict[str, Any]]) -> Table:
    """The rows for a terminal."""
    shown = Table(title=title, title_justify="left")
    for column in (
        "known",
        "connection",
        "machines",
        "connections",
        "a second",
        "p50 ms",
        "p99 ms",
        "generator",
    ):
        shown.add_column(column, justify="right")
    for row in rows:
        shown.add_row(
            f"{row['known']:,}",
            "keep-alive" if row["keep"] else "fresh",
            "new" if row["new"] else "known",
            str(row["connections"]),
            f"{row['rate']:,.0f}",
            str(row["p50_ms"]),
            str(row["p99_ms"]),
            f"{row['generator_busy']:.0%}",
        )
    return shown
