"""A TCP connect that sends nothing: whether a port answers, and how fast."""

from __future__ import annotations

import socket
import time
from typing import Final

from tenure.core.network import Connection, ConnectOutcome

SECONDS: Final = 3.0
"""Three tries of a SYN on most systems, and longer than Windows takes to tell a refusal (2 s)."""


class TcpProbe:
    """Connects and hangs up. Not a byte is written or read: the listener may be a genuine KMS host (ADR 0001)."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        """`seconds` is how long a handshake may take."""
        self._seconds = seconds

    def connect(self, address: str, port: int) -> Connection:
        """How a connect to an IP address ended; it never raises for what the network does."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        began = time.perf_counter()
        outcome, detail = ConnectOutcome.OPEN, ""
        try:
            with socket.socket(family, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._seconds)
                began = time.perf_counter()
                connection.connect((address, port))
                took = time.perf_counter() - began
        except ConnectionRefusedError as error:
            outcome, detail = ConnectOutcome.REFUSED, error.strerror or ""
        except TimeoutError:
            outcome, detail = ConnectOutcome.TIMED_OUT, f"no answer in {self._seconds:g} s"
        except OSError as error:
            outcome, detail = ConnectOutcome.UNREACHABLE, error.strerror or str(error)
        if outcome is not ConnectOutcome.OPEN:
            took = time.perf_counter() - began
        return Connection(outcome, took * 1000, detail)
