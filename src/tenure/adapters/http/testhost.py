"""A host that misbehaves on request, over the standard library's HTTP: it must be able to break off in mid-sentence."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from tenure.wire.activation import MAX_BODY, decode_activation
from tenure.wire.catalog import seq_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.conformance.answers import Answer, Reply
    from tenure.conformance.site import Site
    from tenure.core.clock import Clock

_PIECE: Final = 64 * 1024


class TestHost:
    """What the host of a case answers at this moment."""

    __test__ = False  # pytest would take the name for a test

    def __init__(self, site: Site, clock: Clock) -> None:
        """Nothing is answered before `answer` is set."""
        self.site = site
        self.clock = clock
        self.answer: Answer | None = None
        self.asked = 0
        """How many activation requests came."""


@contextmanager
def serving(host: TestHost) -> Iterator[str]:
    """The URL of the host, on a free port of the loopback interface, until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"host": host}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    host: TestHost

    def do_POST(self) -> None:
        """`/v1/activations`: as the case says."""
        length = self.headers.get("content-length", "")
        size = int(length) if length.isascii() and length.isdigit() and len(length) < 9 else MAX_BODY + 1  # noqa: PLR2004 - far over any body
        if self.path != "/v1/activations" or self.host.answer is None or size > MAX_BODY:
            self._send_json(404, {"code": "not_found"})
            return
        request = decode_activation(self.rfile.read(size))
        self.host.asked += 1
        self._send(self.host.answer(self.host.site, request, self.host.clock()))

    def do_GET(self) -> None:
        """The publisher's catalogs, and what it revoked."""
        path = urlsplit(self.path)
        site = self.host.site
        if site.revocations and path.path == f"/v1/publishers/{site.publisher_id}/revocations":
            self._send_json(200, {"revocations": site.revocations})
            return
        if path.path != f"/v1/publishers/{site.publisher_id}/catalogs":
            self._send_json(404, {"code": "not_found"})
            return
        after = parse_qs(path.query).get("after", ["0"])[0]
        since = int(after) if after.isascii() and after.isdigit() and len(after) < 17 else 0  # noqa: PLR2004 - 2^53 has 16 digits
        self._send_json(200, {"catalogs": [t for t in site.catalogs if seq_of(t) > since]})

    def log_message(self, *_: object) -> None:
        """Nothing: the runner tells what matters."""

    def _send_json(self, status: int, value: dict[str, object]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.after)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        body = reply.body if reply.sent is None else reply.body[: reply.sent]
        try:
            for start in range(0, len(body), _PIECE):
                self.wfile.write(body[start : start + _PIECE])
        except OSError:
            # The client has had enough, which some cases want of it.
            self.close_connection = True
