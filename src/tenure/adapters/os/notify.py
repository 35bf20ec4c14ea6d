"""Telling systemd how a service fares: sd_notify(3), sd_watchdog_enabled(3).

One datagram of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names. That is the whole protocol, and stable by
systemd's promise; the known packages for it are unmaintained, or bindings that need systemd's C headers to build.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Final = 5.0
"""How long the manager may keep a message waiting, its queue being full, before it is dropped."""

log = logging.getLogger("tenure.service")


class Notifier:
    """The service manager that started this process; where there is none, nothing is told to anybody.

    No method raises: a manager that does not listen must not end the service.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Read what the manager gave: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`."""
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self.watchdog_seconds = _watchdog_seconds(environment) if self._address else None
        """The manager restarts the service when it hears nothing for so long; None: it does not watch."""

    def ready(self, status: str) -> None:
        """The service has started, or reloaded, and does its work; `status` is one line for `systemctl status`."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """A reload has begun, which `ready` will end."""
        # The time tells this reload from an earlier one: Type=notify-reload of systemd 253 asks for it.
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1_000}")

    def stopping(self, status: str) -> None:
        """The service is on its way to its end."""
        self._send("STOPPING=1", f"STATUS={status}")

    def alive(self) -> None:
        """The service is well; to be told at least once in `watchdog_seconds`."""
        self._send("WATCHDOG=1")

    def status(self, status: str) -> None:
        """The one line for `systemctl status` is this."""
        self._send(f"STATUS={status}")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
                connection.settimeout(_SECONDS)
                connection.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.warning("the service manager could not be told %s: %s", lines[0], error)


def _address(given: str) -> str | None:
    """The address of a unix socket; "@" stands for the zero byte of an abstract one. None for any other."""
    if given.startswith("@"):
        return "\0" + given[1:]
    return given if given.startswith("/") else None


def _watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    """`WATCHDOG_USEC`, unless it was meant for another process of the service."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 1_000_000 if microseconds.isdecimal() and int(microseconds) else None
