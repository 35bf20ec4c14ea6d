"""A listener that records every byte which somebody sends, and says nothing itself, or one thing only."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Recording:
    """What came so far; whole once the block of `recording` was left."""

    address: str
    port: int
    received: list[bytes] = field(default_factory=list)
    """One entry a connection: all that its peer sent until it hung up."""


@contextmanager
def recording(
    address: str = "127.0.0.1", port: int = 0, *, answer: bytes | None = None
) -> Iterator[Recording]:
    """Listen until the end of the block, on a port that the system chooses; then read all connections to their end.

    An `answer` is sent after the first piece that comes, and nothing after it; what comes later is recorded too.
    """
    with socket.create_server((address, port), backlog=64) as server:
        heard = Recording(address, server.getsockname()[1])
        # The peer whose connection ends it all. Connections queue in order, so all before it are read to their end.
        last = socket.socket(server.family)
        last.bind((address, 0))
        last_name = last.getsockname()

        def serve() -> None:
            while True:
                connection, peer = server.accept()
                with connection:
                    if peer == last_name:
                        return
                    connection.settimeout(20)
                    said = b""
                    # A peer that does not read the answer to its end resets the connection.
                    with suppress(ConnectionResetError):
                        while part := connection.recv(4096):
                            first, said = not said, said + part
                            if first and answer is not None:
                                with suppress(OSError):
                                    connection.sendall(answer)
                                    connection.shutdown(socket.SHUT_WR)
                    heard.received.append(said)

        thread = threading.Thread(target=serve, name="recording-listener")
        thread.start()
        try:
            yield heard
        finally:
            with last:
                last.connect((address, heard.port))
                thread.join()
