"""Clients that speak HTTP by hand, byte by byte, or something else altogether."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

GET: Final = b"GET /v1/health HTTP/1.1\r\nhost: x\r\n\r\n"
POST_HEAD: Final = b"POST /v1/activations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n"
RPC_BIND: Final = bytes.fromhex("05000b0310000000740000000100000000000000")
"""The first bytes of a DCE RPC bind, such as a misdirected client of another system sends."""
TLS_HELLO: Final = bytes.fromhex("16030100c8010000c40303") + bytes(193)
HTTP2_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)

NOT_HTTP: Final = {
    "rpc-bind": RPC_BIND,
    "tls-hello": TLS_HELLO,
    "zeros": bytes(4096),
    "every-byte": bytes(range(256)) * 16,
    "one-long-line": b"x" * 20_000,
    "smtp": b"EHLO example\r\n\r\n",
}


def connect(url: str) -> socket.socket:
    """A connection to the server of this URL; patient, so that a test hangs rather than flickers."""
    name, _, port = url.removeprefix("http://").rpartition(":")
    return socket.create_connection((name, int(port)), timeout=60)


@contextmanager
def connections(url: str, number: int, first: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections at a time, each of which has sent `first`."""
    with ExitStack() as opened:
        made = []
        for _ in range(number):
            connection = opened.enter_context(connect(url))
            connection.sendall(first)
            made.append(connection)
        yield made


def until_closed(connection: socket.socket) -> bytes:
    """Everything that the server sends until it ends the connection, in whatever way."""
    received = bytearray()
    with suppress(ConnectionError):
        while piece := connection.recv(65_536):
            received += piece
    return bytes(received)


def answer_to(url: str, data: bytes) -> bytes:
    """Everything that the server says to these bytes before it ends the connection."""
    with connect(url) as connection:
        with suppress(ConnectionError):  # it may have heard enough; what it said is still there
            connection.sendall(data)
        return until_closed(connection)
