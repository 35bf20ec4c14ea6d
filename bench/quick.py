"""`make bench-quick`: the ratios of the request path to this machine's limits, in under a minute.

Every figure is measured in the same run, in rounds that take turns, so that a machine whose speed drifts moves them all;
the median of the rounds counts.
"""

from __future__ import annotations

import json
import platform
import sqlite3
import statistics
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import home as bench_home
import limits
import served
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tenure.adapters.os.home import Home

RESULTS = Path(__file__).parent / "results"
MILLION, THOUSAND = 1_000_000, 1_000
ROUNDS, SECONDS = 3, 1.3
TARGETS = {
    "full_over_hello": 0.25,
    "full_over_signing": 0.15,
    "full_over_store": 0.40,
    "million_over_thousand": 0.80,
    "new_over_renewal": 0.70,
    "one_over_many": 0.15,
    "bytes_per_machine": 300,
}
"""What must be reached; `bytes_per_machine` must not be exceeded."""


def measure(console: Console, *, rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """All rates and ratios of one interleaved run."""
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        large, small = Home(Path(folder) / "large"), Home(Path(folder) / "small")
        products = {home.root: bench_home.activated_home(home) for home in (large, small)}
        console.print(f"A host that knows {MILLION:,} machines is made, and one that knows {THOUSAND:,}.")
        per_machine = bench_home.know(large, MILLION)
        bench_home.know(small, THOUSAND)
        seen: dict[str, list[float]] = {}
        with (
            served.host(large.root) as of_million,
            served.host(small.root) as of_thousand,
            served.hello() as constant,
        ):
            time_ = ("--seconds", str(seconds))

            def asking(home: Home, *more: str) -> tuple[str, ...]:
                return (*time_, "--product", str(products[home.root]), "--requests", "40000", *more)

            for _ in track(range(rounds), "Measuring", console=console):
                for name, rate in (
                    ("hello", constant.load(*time_, "--get", "/")["rate"]),
                    ("full", of_million.load(*asking(large, "--known", str(MILLION)))["rate"]),
                    ("thousand", of_thousand.load(*asking(small, "--known", str(THOUSAND)))["rate"]),
                    ("new", of_million.load(*asking(large))["rate"]),
                    (
                        "one",
                        of_million.load(*asking(large, "--known", str(MILLION), "--connections", "1"))[
                            "rate"
                        ],
                    ),
                    ("signing", limits.signing_rate(seconds / 2)),
                ):
                    seen.setdefault(name, []).append(rate)
            peak = of_million.peak_bytes()
            start = of_million.start_seconds
        for _ in range(rounds):
            seen.setdefault("store", []).append(limits.store_rate(large.host_database, seconds / 2, MILLION))
    rates = {name: round(statistics.median(values), 1) for name, values in seen.items()}
    return {
        "machine": {"processor": platform.processor() or platform.machine(), "system": platform.platform()},
        "versions": {
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            **{name: version(name) for name in ("tenure", "granian", "msgspec", "pynacl")},
        },
        "rates": rates,
        "peak_bytes": peak,
        "start_seconds": round(start, 3),
        "ratios": {
            "full_over_hello": round(rates["full"] / rates["hello"], 3),
            "full_over_signing": round(rates["full"] / rates["signing"], 3),
            "full_over_store": round(rates["full"] / rates["store"], 3),
            "million_over_thousand": round(rates["full"] / rates["thousand"], 3),
            "new_over_renewal": round(rates["new"] / rates["full"], 3),
            "one_over_many": round(rates["one"] / rates["full"], 3),
            "bytes_per_machine": round(per_machine, 1),
        },
    }


def show(console: Console, result: dict[str, Any]) -> None:
    """The ratios beside what must be reached."""
    table = Table(title="Ratios", title_justify="left")
    for column in ("ratio", "measured", "must be", ""):
        table.add_column(column)
    for name, target in TARGETS.items():
        measured = result["ratios"][name]
        smaller = name == "bytes_per_machine"
        reached = measured <= target if smaller else measured >= target
        table.add_row(
            name,
            str(measured),
            f"{'at most' if smaller else 'at least'} {target}",
            "reached" if reached else "missed",
        )
    console.print(table)
    console.print(f"Rates a second: {result['rates']}")


def main() -> None:
    """Measure, show, and keep the result."""
    console = Console(stderr=True)
    result = measure(console)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "quick.json").write_text(json.dumps(result, indent=2) + "\n")
    show(Console(), result)


if __name__ == "__main__":
    main()
