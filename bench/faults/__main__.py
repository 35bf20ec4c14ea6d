"""`make faults`: breaks a real site in every way that is known to happen, and counts what was lost.

Needs Linux, root (for networks, a small disk and another machine's clock of its own; nothing of this machine is touched),
iproute2, BIND, PostgreSQL and faketime: `make components`. Exit code 1: something was lost, somebody lost a license, or
was not served again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from faults.evidence import Answered, Evidence, lost
from faults.kinds import BRIEFLY, FAULTS
from faults.page import PAGE, show, write_page
from faults.rows import Bench, Row
from faults.site import Site, site

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS: Final = Path(__file__).parents[1] / "results" / "faults.json"
_INSIDE: Final = "TENURE_FAULTS_INSIDE"
# Mounts, network and processes of its own: whatever happens, all of it is gone with its first process. That one is a
# shell, which reaps what killed servers leave behind.
_OWN_WORLD: Final = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
_FIRST: Final = ("sh", "-c", '"$@"; exit $?', "sh")


def main() -> int:
    """Break everything, show what came of it; the exit code."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="every fault for a moment, in a minute and a half"
    )
    parser.add_argument("--machines", type=int, default=120, help="real agents [default: 120]")
    parser.add_argument("--rounds", type=int, help="of kill -9 [default: 1,000; with --quick 6]")
    parser.add_argument("--only", default="", help="faults whose name has this in it, and no kill -9 loop")
    arguments = parser.parse_args()
    if os.environ.get(_INSIDE) is None:
        return _enter()
    console = Console()
    rows = _measure(arguments, console)
    show(console, rows)
    if not arguments.quick and not arguments.only:
        RESULTS.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
        write_page(rows)
        console.print(f"Written: {RESULTS.name} and {PAGE.name}")
    return 0 if all(row.passed for row in rows) else 1


def _enter() -> int:
    """The same command again, in a world of its own."""
    if os.geteuid() != 0:
        sys.exit("The fault bench makes networks and a disk of its own: run it as root.")
    again = [*_OWN_WORLD, *_FIRST, sys.executable, "-m", "faults", *sys.argv[1:]]
    return subprocess.run(again, check=False, env={**os.environ, _INSIDE: "yes"}).returncode


def _measure(arguments: argparse.Namespace, console: Console) -> list[Row]:
    faults = [fault for fault in FAULTS if arguments.only in fault.name]
    rounds = arguments.rounds if arguments.rounds is not None else 6 if arguments.quick else 1_000
    if arguments.only:
        rounds = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory(prefix="tenure-faults-") as folder,
        Progress(*columns, console=console) as progress,
    ):
        task = progress.add_task("A site is set up", total=len(faults) + rounds)
        with _in_use(Path(folder), arguments.machines) as bench:
            rows = []
            for fault in faults:
                progress.update(task, description=fault.name)
                rows.append(
                    bench.strike(fault, min(fault.seconds, BRIEFLY) if arguments.quick else fault.seconds)
                )
                progress.advance(task)
            if rounds:
                progress.update(task, description="kill -9")
                rows.append(bench.kill_over_and_over(rounds, lambda: progress.advance(task)))
    return rows


@contextmanager
def _in_use(folder: Path, machines: int) -> Iterator[Bench]:
    """A site whose machines all have their first lease, until the end of the block."""
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own
    _have_no_installation_id(folder)
    with site(folder) as running:
        names = {name: one.name for one in running.hosts.values() for name in (one.host_id, one.url)}
        evidence = Evidence(names)
        processes = running.processes(machines)
        readers = [threading.Thread(target=evidence.hear, args=(one,)) for one in processes]
        for reader in readers:
            reader.start()
        try:
            with evidence.news:
                if not evidence.news.wait_for(lambda: evidence.served_since(0) == machines, 120):
                    silent = evidence.words_of_unserved(machines)
                    raise AssertionError(f"nothing is broken, and some were not licensed: {silent}")
            _see_that_it_could_fail(running, evidence, machines)
            yield Bench(running, evidence, machines)
        finally:
            _end(processes)
            for reader in readers:
                reader.join()


def _see_that_it_could_fail(running: Site, evidence: Evidence, machines: int) -> None:
    """What was never asked counts as lost at each host, and the products were not licensed before their agents asked."""
    never = [Answered(0, name, str(uuid4())) for name in running.hosts]
    assert lost(running, never) == never
    fewest, _ = evidence.licensed_between(0, time.monotonic())
    assert fewest < machines


def _have_no_installation_id(folder: Path) -> None:
    """Every home is an installation of its own, as in containers: one machine plays many."""
    file = folder / "machine-id"
    file.write_text("uninitialized\n")
    subprocess.run(["mount", "--bind", str(file), "/etc/machine-id"], check=True)


def _end(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        if process.stdin is not None:
            process.stdin.close()
    for process in processes:
        process.wait(60)


if __name__ == "__main__":
    sys.exit(main())
