"""What `shared.py` measured, for a terminal and for docs/performance.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matrix
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

PAGE = Path(__file__).parents[1] / "docs" / "performance" / "several-hosts.md"
RATIOS = {
    "shared_over_embedded": ("shared", "embedded", "renewals of one host: on PostgreSQL / on its own SQLite"),
    "shared_one_over_embedded_one": ("one", "embedded_one", "the same at 1 connection"),
    "shared_over_store": ("shared", "store", "renewals of one host / rows of the bare database"),
    "two_over_one": ("two", "shared", "two hosts at once, added up / one host"),
    "million_over_thousand": ("shared", "thousand", "a million known machines / a thousand"),
    "new_over_renewal": ("new", "shared", "new machines / renewals"),
    "one_over_many": ("one", "shared", "1 connection / 64"),
}
"""The rates of which each is made, and what that says."""
RATES = {
    "shared": "renewals of one host",
    "two": "of two",
    "embedded": "of one on its own SQLite",
    "store": "rows of renewals in the bare database",
}
WOKEN = {
    "other_host": "from its request to the last answer at the other host",
    "same_host": "to the last at the same host",
}


def show(console: Console, result: dict[str, Any]) -> None:
    """All of it in a terminal."""
    table = Table(title=f"Hosts on PostgreSQL {result['postgresql']}", title_justify="left")
    for column in ("ratio", "measured", "of"):
        table.add_column(column)
    for name, (_, _, meaning) in RATIOS.items():
        table.add_row(name, str(result["ratios"][name]), meaning)
    console.print(table)
    console.print(f"Rates a second: {result['rates']}")
    console.print(f"Bytes of the database a machine: {result['ratios']['bytes_per_machine']}")
    console.print(matrix.table("One host on PostgreSQL", result["matrix"]))
    for where, seen in result["wakes"].items():
        console.print(f"Woken by the 25th machine, {where}: {seen}")


def write(result: dict[str, Any]) -> None:
    """The part of docs/performance.md that is measured."""
    rates = ", ".join(f"{meaning} {result['rates'][name]:,.0f}" for name, meaning in RATES.items())
    system = result["system"]
    rounds = f"{result['rounds']} rounds of {result['seconds']:g} s a measurement"
    known = max(row["known"] for row in result["matrix"])
    paragraphs = [
        f"Seen on {system['cores']} cores, {system['day']}, with PostgreSQL {result['postgresql']}; medians of {rounds}:",
        _ratios(result["ratios"]),
        f"The rates behind them: {rates} a second. One host that knows {known:,} machines:",
        _cells([row for row in result["matrix"] if row["known"] == known]),
        "24 machines wait, 12 at either host, until the 25th comes to one of them:",
        _wakes(result["wakes"]),
    ]
    PAGE.write_text("\n\n".join(paragraphs) + "\n")


def _ratios(ratios: dict[str, float]) -> str:
    size = "`bytes_per_machine`: database bytes a known machine, indexes included, log excluded"
    rows = [(f"`{name}`: {meaning}", ratios[name]) for name, (_, _, meaning) in RATIOS.items()]
    return _table(("ratio", "measured"), [*rows, (size, ratios["bytes_per_machine"])])


def _cells(rows: list[dict[str, Any]]) -> str:
    lines: dict[str, list[str]] = {}
    for row in rows:
        who = "new machines" if row["new"] else "renewals"
        how = "keep-alive" if row["keep"] else "fresh connections"
        cell = f"{row['rate']:,.0f}, {row['p50_ms']:.1f} / {row['p99_ms']:.1f}"
        lines.setdefault(f"{who}, {how}", []).append(cell)
    head = ("a second, p50 / p99 ms", *(f"{count} at once" for count in matrix.CONNECTIONS))
    return _table(head, [(name, *cells) for name, cells in lines.items()])


def _wakes(wakes: dict[str, dict[str, float]]) -> str:
    rows = [(meaning, wakes[where]["p50_ms"], wakes[where]["p99_ms"]) for where, meaning in WOKEN.items()]
    return _table((f"of {wakes['other_host']['rounds']} rounds", "p50 ms", "p99 ms"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
