"""Clients as their users start them: Tenure's own command line, and one that shares no code and no language with it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from simulators.processes import unmeasured
from tenure.conformance.answer_cases import TIMES
from tenure.conformance.cases import CASES

EXAMPLES = Path(__file__).parents[2] / "examples"


def failures(*options: str, client: list[str]) -> tuple[int, list[object]]:
    """How many cases a client passes, and what the runner says of the others."""
    command = [sys.executable, "-m", "tenure.cli.testhost", "run", "--json", *options]
    done = subprocess.run(
        [*command, "--client", shlex.join(client)],
        capture_output=True,
        text=True,
        check=False,
        env=unmeasured(os.environ),
    )
    said = json.loads(done.stdout)
    assert done.returncode == (3 if said["failed"] else 0)
    return said["passed"], [case for case in said["cases"] if not case["passed"]]


def test_tenures_own_client_passes() -> None:
    """A process for each step; tests/integration/conformance has every case, without the processes."""
    client = [sys.executable, str(EXAMPLES / "conformance_client.py")]
    assert failures("--case", "wrong-nonce", "--seconds", "30", client=client) == (1, [])


@pytest.mark.real
@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed (make components)")
def test_a_client_in_another_language_passes() -> None:
    """Node's standard library and docs/protocol.md, nothing else: every case, and a process for each step of one."""
    client = [shutil.which("node") or "node", str(EXAMPLES / "independent_client.mjs")]
    assert failures("--case", "granted", "--seconds", "30", client=client) == (1, [])
    timed = [name for case in TIMES for name in ("--case", case.name)]
    others = [name for case in CASES if case not in TIMES for name in ("--case", case.name)]
    with ThreadPoolExecutor(2) as both:
        stays = partial(failures, "--stay", "--jobs", "4", "--seconds", client=[*client, "--stay"])
        slow, quick = both.submit(stays, "2", *timed), both.submit(stays, "30", *others)
    assert slow.result() == (len(TIMES), [])
    assert quick.result() == (len(CASES) - len(TIMES), [])
