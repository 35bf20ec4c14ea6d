"""A network that nothing leaves, and machines in it: namespaces of Linux, gone with the process that holds them open.

The network is a loopback interface of its own with the addresses that the test names, so ports may be the real ones.
A machine has its own host name, and in /etc its own machine-id, resolv.conf and nsswitch.conf; all else is shared.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from uuid import NAMESPACE_DNS, uuid5

import pytest

from simulators.other_machines import namespace, needs_machines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# There from its first line on, until its standard input ends.
_HOLD = 'ip link set lo up && for a; do ip address add "$a/32" dev lo || exit; done && echo ready && exec cat'
_BECOME = """
for file in machine-id resolv.conf nsswitch.conf; do mount --bind "$0/$file" "/etc/$file" || exit; done
hostname "$1" && shift && exec "$@"
"""


def needs_own_network() -> None:
    """The test is skipped where no network of its own can be made."""
    needs_machines()
    if not _can_be_made():
        pytest.skip("needs iproute2, and the right to make a network namespace: run as root")


@dataclass(frozen=True)
class OwnNetwork:
    """A network; `enter` is what runs a command in it."""

    enter: tuple[str, ...]

    def machine(self, folder: Path, *, name: str, domain: str, dns: str) -> tuple[str, ...]:
        """What runs a command on the machine of this name; `folder` keeps its part of /etc.

        All that it knows of the network is its DNS domain and server.
        """
        folder.mkdir(parents=True)
        (folder / "machine-id").write_text(f"{uuid5(NAMESPACE_DNS, name).hex}\n")
        (folder / "resolv.conf").write_text(f"search {domain}\nnameserver {dns}\n")
        (folder / "nsswitch.conf").write_text("hosts: files dns\n")
        return (*self.enter, "unshare", "--mount", "--uts", "sh", "-c", _BECOME, str(folder), name)


@contextmanager
def own_network(addresses: Sequence[str]) -> Iterator[OwnNetwork]:
    """A network with 127.0.0.0/8 and these addresses, until the end of the block."""
    made = namespace()
    command = [*made, "--net", "sh", "-c", _HOLD, "sh", *addresses]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n", "no network of its own could be made"
        as_whom = ("--user", "--preserve-credentials") if "--user" in made else ()
        yield OwnNetwork(("nsenter", f"--target={holder.pid}", *as_whom, "--net"))


@cache
def _can_be_made() -> bool:
    command = [*namespace(), "--net", "ip", "link", "set", "lo", "up"]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0
    except OSError:
        return False
