"""A network of its own on this machine: a server in a namespace, and peers with addresses that are not loopback's.

Needs util-linux's unshare and nsenter, iproute2's ip, and the right to make namespaces. Mark tests that use it `real`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER: Final = "192.0.2.1"
ONE: Final = "192.0.2.2"
OTHER: Final = "198.51.100.2"
SIX: Final = "2001:db8::2"
SERVER_SIX: Final = "2001:db8::1"
PORT: Final = 1688
_ADDRESSES: Final = (f"{SERVER}/24", f"{ONE}/24", "198.51.100.1/24", f"{OTHER}/24")
_ADDRESSES_SIX: Final = (f"{SERVER_SIX}/64", f"{SIX}/64")
_SETUP: Final = " && ".join(
    [
        "ip link set lo up",
        *(f"ip address add {address} dev lo" for address in _ADDRESSES),
        *(f"ip address add {address} dev lo nodad" for address in _ADDRESSES_SIX),
        'exec "$@"',
    ]
)
_UNSHARE: Final = ("unshare", "--user", "--map-root-user", "--net", "sh", "-c", _SETUP, "sh")


def needs_network() -> None:
    """The test is skipped where no network of its own can be made."""
    if not _possible():
        pytest.skip("needs unshare, nsenter and ip, and the right to make user and network namespaces")


@cache
def _possible() -> bool:
    if not all(map(shutil.which, ("unshare", "nsenter", "ip"))):
        return False
    return subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False, timeout=30).returncode == 0


@dataclass(frozen=True)
class Heard:
    """What a peer heard."""

    status: int
    code: str | None
    retry_after: str | None


@dataclass(frozen=True)
class Network:
    """A network in which `tenure host serve` listens on every address, port 1688."""

    process: subprocess.Popen[str]
    log: Path

    def ask(self, source: str, bodies: list[str], *, server: str = SERVER) -> list[Heard]:
        """What the peer at `source` hears to these requests, one after the other."""
        told = self._run("ask", source, server, *bodies)
        return [Heard(*answer) for answer in json.loads(told)]

    def hold(self, source: str, connections: int, left: int) -> None:
        """The peer at `source` opened so many connections, and lost all but `left` of them to the server."""
        self._run("hold", source, SERVER, str(connections), str(left))

    def _run(self, *arguments: str) -> str:
        peer = Path(__file__).with_name("network_peer.py")
        namespace = ("nsenter", "--user", "--net", "--preserve-credentials", f"--target={self.process.pid}")
        done = subprocess.run(
            [*namespace, sys.executable, str(peer), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout


@contextmanager
def network(home: Path) -> Iterator[Network]:
    """A host of this home in a network of its own."""
    log = home / "host.log"
    command = [sys.executable, "-m", "tenure", "host", "serve", "--host", "::", "--port", str(PORT)]
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*_UNSHARE, *command],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "TENURE_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        )
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), log.read_text()
        yield Network(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
