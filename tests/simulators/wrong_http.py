"""HTTP/1.1 over a bare socket, as somebody writes it who does right, but for one thing."""

from __future__ import annotations

import socket
import time
import zlib
from urllib.parse import urlsplit

LONGEST = 8 * 1024 * 1024


class RefusedError(Exception):
    """Exit 3."""


class UnavailableError(Exception):
    """Exit 4."""


class UntrustedError(Exception):
    """Exit 5."""


class WrongHttp:
    """Asks one server, and waits so many seconds for each whole answer; `flaw` is the one thing."""

    def __init__(self, url: str, seconds: float, flaw: str | None) -> None:
        """Without a flaw, or with one of something else, it does right."""
        self._url = url
        self._seconds = seconds
        self._flaw = flaw

    def answer(self, method: str, path: str, body: str = "") -> tuple[int, dict[str, str], bytes]:
        """Status, header in lower case, and body.

        Raises:
            UnavailableError: there was no whole answer.
        """
        address = urlsplit(self._url)
        assert address.hostname is not None
        assert address.port is not None
        try:
            with socket.create_connection((address.hostname, address.port)) as connection:
                head = f"{method} {path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n"
                head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall((head + body).encode())
                data = self._received(connection)
        except OSError as error:
            raise UnavailableError(str(error)) from error
        try:
            status, header, content = self._parsed(data)
        except (ValueError, LookupError, zlib.error) as error:
            if self._has("takes what is no HTTP for a forgery"):
                raise UntrustedError("no HTTP") from error
            raise UnavailableError(f"no HTTP: {error}") from error
        if 300 <= status < 400 and self._has("follows redirects"):
            return self.answer(method, header["location"], body)
        return status, header, content

    def _received(self, connection: socket.socket) -> bytes:
        seconds = self._seconds
        if self._has("gives up early"):
            seconds /= 4
        whole = not self._has("gives each piece the whole time")
        end = time.monotonic() + seconds
        data = bytearray()
        while True:
            if not self._has("waits for ever"):
                left = end - time.monotonic() if whole else seconds
                if left <= 0:
                    raise TimeoutError("the time is over")
                connection.settimeout(left)
            piece = connection.recv(1 << 20)
            if not piece:
                return bytes(data)
            data += piece
            if len(data) > LONGEST and not self._has("reads on and on"):
                raise OSError("far too long")

    def _parsed(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        head, end, body = data.partition(b"\r\n\r\n")
        if not end:
            raise ValueError("the header breaks off")
        first, *lines = head.decode("latin-1").split("\r\n")
        protocol, code, *_ = first.split(" ")
        if not protocol.startswith("HTTP/1."):
            raise ValueError("another protocol")
        header = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        if header.get("transfer-encoding") == "chunked" and not self._has("knows no chunks"):
            body = self._dechunked(body)
        length = int(header.get("content-length", len(body)))
        if len(body) < length and not self._has("takes what came for all of it"):
            raise ValueError("the body breaks off")
        if not self._has("reads to the end of the connection"):
            body = body[:length]
        if header.get("content-encoding") == "gzip":
            unpack = zlib.decompressobj(31)
            body = unpack.decompress(body, 0 if self._has("reads on and on") else LONGEST)
            if unpack.unconsumed_tail:
                raise ValueError("unpacks to far too much")
        return int(code), header, body

    def _dechunked(self, data: bytes) -> bytes:
        body = b""
        while data:
            size, _, data = data.partition(b"\r\n")
            if int(size, 16) == 0:
                return body
            body, data = body + data[: int(size, 16)], data[int(size, 16) + 2 :]
        if self._has("takes what came for all of it"):
            return body
        raise ValueError("the last chunk is missing")

    def _has(self, flaw: str) -> bool:
        return self._flaw == flaw
