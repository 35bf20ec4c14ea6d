"""The agent on a real disk that runs full and becomes read-only: a small file system in a mount namespace of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulators.other_machines import namespace, needs_machines
from simulators.world import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulators.command_line import Cli

ON_A_SMALL_DISK = 'mount -t tmpfs -o size=400k none "$1" && cp -R "$0"/. "$1" && shift && exec "$@"'


class AgentOnDisk:
    """An agent whose home lies on a disk that only it, and who looks through its process, can see."""

    def __init__(self, process: subprocess.Popen[str], disk: Path) -> None:
        """The agent has started."""
        self._process = process
        self._disk = disk
        self._seen = Path(f"/proc/{process.pid}/root") / disk.relative_to("/")

    def until(self, text: str) -> None:
        """The log says this; it is waited for."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if text in line:
                return
        pytest.fail(f"the agent ended without {text!r}")

    def fill(self) -> None:
        """Not a byte is free."""
        with (self._seen / "filler").open("wb", buffering=0) as filler:
            try:
                for block in repeat(bytes(512)):
                    filler.write(block)
            except OSError:
                return

    def empty(self) -> None:
        """There is space again."""
        (self._seen / "filler").unlink()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command that sees the agent's disk."""
        user = () if os.geteuid() == 0 else ("--user",)
        inside = ("nsenter", f"--target={self._process.pid}", *user, "--mount")
        return subprocess.run([*inside, *command], capture_output=True, text=True, check=False, timeout=30)


@contextmanager
def agent_on_disk(home: Path, disk: Path) -> Iterator[AgentOnDisk]:
    """An agent of a copy of the home."""
    disk.mkdir()
    command = [sys.executable, "-m", "tenure", "client", "run", "--home", str(disk)]
    with subprocess.Popen(
        [*namespace(), "sh", "-c", ON_A_SMALL_DISK, str(home), str(disk), *command],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            yield AgentOnDisk(process, disk)
        finally:
            process.terminate()
            assert process.stdout is not None
            rest = process.stdout.read()
    assert process.returncode == 0
    assert "The agent has stopped" in rest


@pytest.mark.real
def test_a_disk_that_runs_full_and_a_disk_that_becomes_read_only(cli: Cli, tmp_path: Path) -> None:
    """Full: a lease that cannot be kept is named, and taken when there is space. Read-only: it still counts."""
    needs_machines()
    cli.install()
    cli.host.script.extend([SHORT] * 1000)
    disk = tmp_path / "disk"
    with agent_on_disk(cli.home, disk) as agent:
        agent.until("waits at")
        agent.fill()
        agent.until("No space left on device")
        cli.host.script.clear()
        agent.empty()
        agent.until("has a lease until")
        assert agent.run("mount", "-o", "remount,ro", str(disk)).returncode == 0
        tenure = (sys.executable, "-m", "tenure", "client")
        told = agent.run(*tenure, "status", "--home", str(disk))
        assert "Draft Studio: licensed" in told.stdout
