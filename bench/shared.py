"""Several hosts on one PostgreSQL: `python bench/shared.py`, and a part of `make bench`.

A real PostgreSQL that flushes each commit runs beside its hosts, on the same machine. What counts are the ratios: to a
host that records in its own SQLite, measured in rounds that take turns, and to the bare database, which records the same
rows, 64 a commit, and decides nothing. Then how soon those who wait at one host hear of the other.

By itself it writes `bench/results/shared.json`; both ways it writes the figures of docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import home as bench_home
import matrix
import page
import postgres
import served
import waking
from quick import RESULTS
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tenure.adapters.os.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

MILLION, THOUSAND = 1_000_000, 1_000
ROUNDS, SECONDS, WAKES = 5, 2.0, 50
CONNECTIONS = 64
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


def measure(
    console: Console,
    *,
    seconds: float = SECONDS,
    rounds: int = ROUNDS,
    wakes: int = WAKES,
) -> dict[str, Any]:
    """Ratios, rates, latencies and wakings of hosts on a PostgreSQL of their own, which is installed."""
    with (
        postgres.server() as server,
        tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder,
        Progress(console=console) as progress,
    ):
        large = postgres.activated_pair(Path(folder) / "large", server)
        small = postgres.activated_pair(Path(folder) / "small", server)
        alone = Home(Path(folder) / "alone")
        large.publisher.activate(alone)
        bytes_per_machine = postgres.know(large.url, MILLION)
        postgres.know(small.url, THOUSAND)
        bench_home.know(alone, MILLION)
        turns = progress.track(range(rounds), description="PostgreSQL and SQLite, in turns")
        rates = _rates(large, small, alone, seconds=seconds, turns=turns)
        rows = []
        for pair, machines in ((small, THOUSAND), (large, MILLION)):
            task = progress.add_task(f"PostgreSQL, {machines:,} known machines", total=len(matrix.CELLS))
            with served.host(pair.homes[0].root) as host:
                rows += matrix.measure(host, pair.product, machines, seconds, partial(progress.advance, task))
        waiting = postgres.activated_pair(Path(folder) / "waiting", server, threshold=waking.THRESHOLD)
        with served.host(waiting.homes[0].root) as a, served.host(waiting.homes[1].root) as b:
            woken = waking.rounds(a, b, waiting.product, waiting.url, wakes)
        version = server.execute("SHOW server_version")[0][0]
    return {
        "postgresql": version,
        "rates": rates,
        "ratios": {
            **{name: round(rates[above] / rates[below], 3) for name, (above, below, _) in RATIOS.items()},
            "bytes_per_machine": round(bytes_per_machine, 1),
        },
        "matrix": rows,
        "wakes": {where: _percentiles(times) for where, times in woken.items()},
    }


@dataclass(frozen=True)
class _Asked:
    """A host that is asked for leases of its product, for some seconds each time."""

    host: served.Served
    product: UUID
    seconds: float

    def rate(self, *, machines: int, first: int = 1, at_once: int = CONNECTIONS) -> float:
        """Answers a second to so many known machines, from the first one on; to new ones where `machines` is 0."""
        seen = self.host.load(
            *("--seconds", str(self.seconds), "--requests", str(int(12_000 * self.seconds))),
            *("--product", str(self.product), "--connections", str(at_once)),
            *("--known", str(machines), "--first", str(first)),
        )
        return float(seen["rate"])


def _half(asked: _Asked, first: int) -> float:
    """The rate to half of the machines over half of the connections."""
    return asked.rate(machines=MILLION // 2, first=first, at_once=CONNECTIONS // 2)


def _rates(
    large: postgres.Pair, small: postgres.Pair, alone: Home, *, seconds: float, turns: Iterable[object]
) -> dict[str, float]:
    """The median of each rate over rounds that take turns; `alone` is of the publisher of `large`."""
    seen: dict[str, list[float]] = {}
    with ExitStack() as opened:

        def serve(home: Home, product: UUID) -> _Asked:
            return _Asked(opened.enter_context(served.host(home.root)), product, seconds)

        one, other = (serve(home, large.product) for home in large.homes)
        of_thousand = serve(small.homes[0], small.product)
        embedded = serve(alone, large.product)
        together = opened.enter_context(ThreadPoolExecutor())
        for _ in turns:
            for name, rate in (
                ("embedded", embedded.rate(machines=MILLION)),
                ("shared", one.rate(machines=MILLION)),
                ("two", sum(together.map(_half, (one, other), (1, 1 + MILLION // 2)))),
                ("thousand", of_thousand.rate(machines=THOUSAND)),
                ("new", one.rate(machines=0)),
                ("embedded_one", embedded.rate(machines=MILLION, at_once=1)),
                ("one", one.rate(machines=MILLION, at_once=1)),
                ("store", postgres.store_rate(large.url, seconds, MILLION)),
            ):
                seen.setdefault(name, []).append(rate)
    return {name: round(statistics.median(values), 1) for name, values in seen.items()}


def _percentiles(milliseconds: list[float]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    at = {"p50_ms": 0.50, "p99_ms": 0.99}
    last = len(ordered) - 1
    return {
        "rounds": len(ordered),
        **{name: round(ordered[min(last, int(len(ordered) * share))], 1) for name, share in at.items()},
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


def write_page(result: dict[str, Any]) -> None:
    """The figures stand in docs/performance.md."""
    rates = ", ".join(f"{meaning} {result['rates'][name]:,.0f}" for name, meaning in RATES.items())
    version = result["postgresql"].split()[0]
    page.write(
        "shared",
        [
            _ratios(result["ratios"]),
            f"PostgreSQL {version}. The rates behind them: {rates} a second. One host that knows a million machines:",
            _cells([row for row in result["matrix"] if row["known"] == MILLION]),
            "24 machines wait, 12 at either host, until the 25th comes to one of them:",
            _wakes(result["wakes"]),
        ],
    )


def _ratios(ratios: dict[str, float]) -> str:
    size = "`bytes_per_machine`: database bytes a known machine, indexes included, log excluded"
    rows = [(f"`{name}`: {meaning}", ratios[name]) for name, (_, _, meaning) in RATIOS.items()]
    return page.table(("ratio", "measured"), [*rows, (size, ratios["bytes_per_machine"])])


def _cells(rows: list[dict[str, Any]]) -> str:
    lines: dict[str, list[str]] = {}
    for row in rows:
        who = "new machines" if row["new"] else "renewals"
        how = "keep-alive" if row["keep"] else "fresh connections"
        cell = f"{row['rate']:,.0f}, {row['p50_ms']:.1f} / {row['p99_ms']:.1f}"
        lines.setdefault(f"{who}, {how}", []).append(cell)
    head = ("a second, p50 / p99 ms", *(f"{count} at once" for count in matrix.CONNECTIONS))
    return page.table(head, [(name, *cells) for name, cells in lines.items()])


def _wakes(wakes: dict[str, dict[str, float]]) -> str:
    rows = [(meaning, wakes[where]["p50_ms"], wakes[where]["p99_ms"]) for where, meaning in WOKEN.items()]
    return page.table((f"of {wakes['other_host']['rounds']} rounds", "p50 ms", "p99 ms"), rows)


def main() -> None:
    """Measure, show, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--wakes", type=int, default=WAKES)
    parser.add_argument(
        "--no-page", action="store_true", help="leave docs/performance.md as it is: for trying this script"
    )
    arguments = parser.parse_args()
    postgres.require()
    console = Console(stderr=True)
    result = measure(console, seconds=arguments.seconds, rounds=arguments.rounds, wakes=arguments.wakes)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "shared.json").write_text(json.dumps(result, indent=2) + "\n")
    show(Console(), result)
    if not arguments.no_page:
        write_page(result)


if __name__ == "__main__":
    main()
