"""Two clients that share no code pass every conformance case: Tenure's own, and one in another language."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.processes import unmeasured
from tenure.conformance.cases import CASES

EXAMPLES = Path(__file__).parents[2] / "examples"


def passed(*client: str) -> set[str]:
    """The cases that a client passes, by the runner's own account."""
    command = [
        sys.executable,
        "-m",
        "tenure.cli.testhost",
        "run",
        "--jobs",
        "3",
        "--json",
        "--client",
        shlex.join(client),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=unmeasured(os.environ))
    return {case["name"] for case in json.loads(done.stdout)["cases"] if case["fault"] is None}


@pytest.mark.timeout(300)
def test_tenures_own_client_passes() -> None:
    """The command line, as an administrator uses it."""
    assert passed(sys.executable, str(EXAMPLES / "conformance_client.py")) == {case.name for case in CASES}


@pytest.mark.real
@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed (make components)")
@pytest.mark.timeout(300)
def test_a_client_in_another_language_passes() -> None:
    """Node's standard library and docs/protocol.md, nothing else."""
    node = shutil.which("node") or "node"
    assert passed(node, str(EXAMPLES / "independent_client.mjs")) == {case.name for case in CASES}
