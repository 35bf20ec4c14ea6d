"""`make bench`: everything, in at most 40 minutes: ratios, rates, latencies, storm, PostgreSQL, start-up, footprint, plots.

Writes `bench/results/full.json`, the plots of docs/performance.md and its figures of several hosts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import home as bench_home
import matrix
import microsoft
import plots
import postgres
import quick
import served
import shared
import shared_page
from rich.console import Console
from rich.progress import Progress

from tenure.adapters.os.home import Home

if TYPE_CHECKING:
    from uuid import UUID

KNOWN = (1_000, 10_000, 100_000, 1_000_000)
STORMS = ((1_667, 600), (5_000, 200))
"""Requests a second, and for how many seconds."""


def storm(home: Home, product: UUID, known: int, rate: int, seconds: float) -> dict[str, Any]:
    """Known machines renew at a fixed rate, a fresh connection each, whether or not the host keeps up."""
    with served.host(home.root) as host:
        seen = host.load(
            *("--seconds", str(seconds), "--rate", str(rate), "--product", str(product)),
            *("--requests", str(int(rate * seconds)), "--known", str(known)),
        )
        return {"offered": rate, "peak_bytes": host.peak_bytes(), **seen}


def footprint() -> dict[str, Any]:
    """Bytes of the installed environment without Python: what requirements/run.txt brings, and Tenure."""
    packages = Path(subprocess.__file__).parent
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    wanted = _run_packages()
    total = sum(_size(site / name) for name in wanted if (site / name).exists())
    return {"python": str(packages.name), "packages": len(wanted), "bytes": total}


def main() -> None:
    """Measure all of it, show it, keep it, draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each cell of the matrix")
    parser.add_argument(
        "--storm", type=float, default=1.0, help="share of the storms' length, for trying this script"
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="of the event log that is imported")
    arguments = parser.parse_args()
    postgres.require()
    console = Console()
    result = quick.measure(console, rounds=5, seconds=2.0)
    quick.show(console, result)
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder, Progress(console=console) as progress:
        result["matrix"] = []
        for known in KNOWN:
            home = Home(Path(folder) / str(known))
            product = bench_home.activated_home(home)
            bench_home.know(home, known)
            task = progress.add_task(f"{known:,} known machines", total=len(matrix.CELLS))
            with served.host(home.root) as host:
                advance = partial(progress.advance, task)
                result["matrix"] += matrix.measure(host, product, known, arguments.seconds, advance)
        task = progress.add_task("Storms", total=len(STORMS))
        result["storms"] = []
        for rate, seconds in STORMS:
            result["storms"].append(storm(home, product, KNOWN[-1], rate, seconds * arguments.storm))
            progress.advance(task)
    result["shared"] = shared.measure(console, seconds=arguments.seconds)
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        result["event_log"] = microsoft.run(arguments.events, 20_000, None, Path(folder))
    result["footprint"] = footprint()
    _show(console, result)
    quick.RESULTS.mkdir(exist_ok=True)
    (quick.RESULTS / "full.json").write_text(json.dumps(result, indent=2) + "\n")
    plots.draw(result)
    shared_page.write(result["shared"])


def _show(console: Console, result: dict[str, Any]) -> None:
    console.print(matrix.table("Rates and latencies", result["matrix"]))
    shared_page.show(console, result["shared"])
    for seen in result["storms"]:
        console.print(
            f"Storm of {seen['offered']:,} a second: {seen['requests']:,} answered, {seen['errors']} errors, "
            f"{seen['unanswered']} unanswered, p50 {seen['p50_ms']} ms, p99 {seen['p99_ms']} ms, "
            f"peak memory {seen['peak_bytes'] / 2**20:,.0f} MiB, generator {seen['generator_busy']:.0%} of a core"
        )
    for name, seen in result["event_log"].items():
        console.print(
            f"Event log, {name}: {seen['records']:,} records in {seen['seconds']} s, {seen['memory_mb']} MB"
        )
    console.print(f"Start with a million machines to the first answer: {result['start_seconds']} s")
    console.print(f"Installed environment without Python: {result['footprint']['bytes'] / 1e6:,.0f} MB")


def _run_packages() -> set[str]:
    """Top-level folders and modules of every package that requirements/run.txt names, but for build tools."""
    from importlib.metadata import PackageNotFoundError, files  # noqa: PLC0415 - used here alone

    names: set[str] = set()
    for line in (Path(__file__).parents[1] / "requirements" / "run.txt").read_text().splitlines():
        name = line.split("==")[0].strip()
        if "==" not in line or name in {
            "hatchling",
            "editables",
            "pathspec",
            "pluggy",
            "trove-classifiers",
            "packaging",
        }:
            continue
        try:
            names |= {
                Path(str(file)).parts[0] for file in files(name) or () if not str(file).startswith("..")
            }
        except PackageNotFoundError:
            continue
    return names


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(
        file.stat().st_size for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    )


if __name__ == "__main__":
    main()
