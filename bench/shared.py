"""Several hosts on one PostgreSQL: `python bench/shared.py`, and a part of `make bench`.

A real PostgreSQL that flushes each commit runs beside its hosts, on the same machine. What counts are the ratios: to a
host that records in its own SQLite, measured in rounds that take turns, and to the bare database, which records the same
rows, 64 a commit, and decides nothing. Then how soon those who wait at one host hear of the other.

By itself it writes `bench/results/shared.json`; both ways it writes the figures of docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import home as bench_home
import matrix
import postgres
import served
import shared_page
import waking
from quick import RESULTS
from rich.console import Console
from rich.progress import Progress

from tenure.adapters.os.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

MILLION, THOUSAND = 1_000_000, 1_000
ROUNDS, SECONDS, WAKES = 5, 2.0, 50
CONNECTIONS = 64


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
        "postgresql": version.split()[0],
        "system": {"cores": os.cpu_count(), "day": f"{datetime.now(tz=UTC):%Y-%m-%d}"},
        "rounds": rounds,
        "seconds": seconds,
        "rates": rates,
        "ratios": {
            **{
                name: round(rates[above] / rates[below], 3)
                for name, (above, below, _) in shared_page.RATIOS.items()
            },
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


def main() -> None:
    """Measure, show, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--wakes", type=int, default=WAKES)
    parser.add_argument(
        "--no-page", action="store_true", help="leave the figures of docs/performance.md as they are"
    )
    arguments = parser.parse_args()
    postgres.require()
    console = Console(stderr=True)
    result = measure(console, seconds=arguments.seconds, rounds=arguments.rounds, wakes=arguments.wakes)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "shared.json").write_text(json.dumps(result, indent=2) + "\n")
    shared_page.show(Console(), result)
    if not arguments.no_page:
        shared_page.write(result)


if __name__ == "__main__":
    main()
