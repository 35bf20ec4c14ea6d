"""A network with a switch: machines with addresses of their own, and cables that can be pulled. Nothing leaves it.

What runs on a machine runs in its network namespace (Linux). The caller stands in one itself, with the switch.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SWITCH: Final = "switch"
OWN_ADDRESS: Final = "10.0.0.254"
"""The caller's."""
# There from its first line on, until its standard input ends.
_HOLD: Final = ("unshare", "--net", "sh", "-c", "ip link set lo up && echo ready && exec cat")


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine on the switch; `enter` is what runs a command on it."""

    address: str
    enter: tuple[str, ...]
    _cable: str

    def unplug(self) -> None:
        """What is sent to it or by it is lost, and nobody is told."""
        _ip("link", "set", self._cable, "nomaster")

    def plug(self) -> None:
        """It is on the network."""
        _ip("link", "set", self._cable, "master", SWITCH)


class Network:
    """The switch, and the machines that hang on it."""

    def __init__(self) -> None:
        """Nobody is there but the caller."""
        _ip("link", "set", "lo", "up")
        _ip("link", "add", SWITCH, "type", "bridge")
        _ip("address", "add", f"{OWN_ADDRESS}/24", "dev", SWITCH)
        _ip("link", "set", SWITCH, "up")

    @contextmanager
    def machine(self, address: str) -> Iterator[Machine]:
        """A machine with this address, until the end of the block."""
        with subprocess.Popen(_HOLD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "ready\n", "no network namespace could be made"
            cable = "to-" + address.rpartition(".")[2]
            enter = ("nsenter", f"--target={holder.pid}", "--net")
            _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
            found = Machine(address, enter, cable)
            found.plug()
            _ip("link", "set", cable, "up")
            for what in (("address", "add", f"{address}/24", "dev", "eth0"), ("link", "set", "eth0", "up")):
                subprocess.run([*enter, "ip", *what], check=True)
            yield found


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
