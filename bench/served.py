"""Servers in processes of their own, and loads against them from another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Served:
    """A server that answers."""

    pid: int
    port: int
    start_seconds: float
    """From being started to its first answer."""

    def peak_bytes(self) -> int:
        """The most memory that its processes ever held, each at its own peak (VmHWM), added up."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(map(_peak_bytes, [self.pid, *map(int, children)]))

    def load(self, *arguments: str) -> dict[str, Any]:
        """What `load.py` saw with these arguments."""
        done = subprocess.run(
            [sys.executable, str(HERE / "load.py"), "--port", str(self.port), *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen


def _peak_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


@contextmanager
def host(home: Path) -> Iterator[Served]:
    """The real host, by its own command, on a free port."""
    command = [sys.executable, "-m", "tenure", "host", "serve", "--host", "127.0.0.1", "--port", "0"]
    with _running(command, {"TENURE_HOME": str(home)}) as served:
        yield served


@contextmanager
def hello() -> Iterator[Served]:
    """The same server and frame, answering a constant body of a lease's size."""
    with _running([sys.executable, str(HERE / "hello.py")], {}) as served:
        yield served


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[Served]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
    )
    try:
        said = process.stdout.readline() if process.stdout else ""
        seconds = time.perf_counter() - started
        yield Served(
            process.pid, int(said.split("http://")[1].split()[0].rstrip(".").rpartition(":")[2]), seconds
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
