"""Where the processor's time goes: `python bench/threads.py` prints it by thread of the host, for one renewal.

A real host with a million known machines answers 64 connections, a fresh one for each request; each of its threads is read
from /proc before and after (Linux). What is not used by them is the load generator's, the disk's wait, or idle.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import home as bench_home
import served
from rich.console import Console
from rich.table import Table

from tenure.adapters.os.home import Home

MILLION = 1_000_000
_TICKS_A_SECOND = 100
"""Of the times in /proc/*/stat: Linux's USER_HZ, wherever it runs."""


@dataclass(frozen=True)
class Spent:
    """Seconds of the processor that a thread has used."""

    total: float
    kernel: float

    def since(self, before: Spent) -> Spent:
        """What it used between two looks."""
        return Spent(self.total - before.total, self.kernel - before.kernel)


def threads_of(pid: int) -> dict[tuple[int, int], Spent]:
    """The threads of a process and of those that it started, by process and thread id."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found: dict[tuple[int, int], Spent] = {}
    for process in (pid, *map(int, children)):
        for thread in Path(f"/proc/{process}/task").iterdir():
            user, kernel = (thread / "stat").read_text().rsplit(")", 1)[1].split()[11:13]
            total = (int(user) + int(kernel)) / _TICKS_A_SECOND
            found[process, int(thread.name)] = Spent(total, int(kernel) / _TICKS_A_SECOND)
    return found


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        home = Home(Path(folder))
        product = bench_home.activated_home(home)
        bench_home.know(home, MILLION)
        asked = ("--product", str(product), "--known", str(MILLION))
        with served.host(home.root) as host:
            host.load("--seconds", "2", "--requests", "30000", *asked)
            before = threads_of(host.pid)
            requests = int(12_000 * arguments.seconds)
            seen = host.load("--seconds", str(arguments.seconds), "--requests", str(requests), *asked)
            after = threads_of(host.pid)
    table = Table(
        title=f"Microseconds of the processor for one of {seen['requests']:,} renewals", title_justify="left"
    )
    for column in ("process", "thread", "all", "in the kernel"):
        table.add_column(column, justify="right")
    spent = {key: used.since(before.get(key, Spent(0.0, 0.0))) for key, used in after.items()}
    for (process, thread), used in sorted(spent.items(), key=lambda item: -item[1].total):
        each = [f"{seconds / seen['requests'] * 1e6:,.1f}" for seconds in (used.total, used.kernel)]
        if used.total:
            role = "server" if process == host.pid else "recording"
            table.add_row(role, "main" if thread == process else str(thread), *each)
    console.print(table)
    console.print(
        f"{seen['rate']:,.0f} a second; the generator used {seen['generator_busy']:.0%} of a core beside it."
    )


if __name__ == "__main__":
    main()
