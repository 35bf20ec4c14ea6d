"""A service manager as systemd is to a service: a socket on which it is told things, and the environment that names it."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Message = dict[str, str]


class ServiceManager:
    """What a service told, in order."""

    def __init__(self, connection: socket.socket, environment: dict[str, str]) -> None:
        """`environment` is for the service."""
        self._connection = connection
        self.environment = environment

    def heard(self, *, within: float = 30.0) -> Message:
        """The next message, which comes within so many seconds."""
        self._connection.settimeout(within)
        lines = self._connection.recv(4096).decode().split("\n")
        return dict(line.split("=", 1) for line in lines)

    def heard_of(self, name: str, *, within: float = 30.0) -> Message:
        """The next message with this name; those before it are let go."""
        while name not in (message := self.heard(within=within)):
            pass
        return message

    def heard_already(self) -> Message | None:
        """The next message that was told before now, None when there is none."""
        try:
            return self.heard(within=0)
        except BlockingIOError:
            return None


@contextmanager
def service_manager(folder: Path | None, *, watchdog: float | None = None) -> Iterator[ServiceManager]:
    """A manager whose socket lies in `folder`, or is abstract; `watchdog` is its patience in seconds."""
    name = f"@tenure-test-{os.getpid()}-{secrets.token_hex(8)}" if folder is None else str(folder / "notify")
    environment = {"NOTIFY_SOCKET": name}
    if watchdog is not None:
        environment["WATCHDOG_USEC"] = str(int(watchdog * 1_000_000))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        connection.bind("\0" + name[1:] if name.startswith("@") else name)
        yield ServiceManager(connection, environment)
