"""A host that misbehaves on request, over the standard library's HTTP: it must be able to break off in mid-sentence."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from tenure.conformance.answer_cases import DETOUR
from tenure.conformance.answers import JSON, Pace, granted, problem, reply
from tenure.core.errors import Code, Refused, Unavailable
from tenure.wire.activation import MAX_BODY, decode_activation
from tenure.wire.catalog import seq_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.conformance.answers import Answer, Reply
    from tenure.conformance.site import Site
    from tenure.core.clock import Clock
    from tenure.wire.activation import ActivationBody

ACTIVATIONS: Final = "/v1/activations"
_PIECE: Final = 64 * 1024
_DIGITS: Final = 8
"""Of a length: far over any body."""
_DROPS: Final = 30
"""In how many pieces an answer drips."""
_TOO_LATE: Final = 3.0
"""In shares of the client's patience, as `Pace` has it."""


@dataclass(kw_only=True)
class TestHost:
    """What the host of a case answers at this moment, and what it heard so far."""

    __test__ = False  # pytest would take the name for a test

    site: Site
    clock: Clock
    patience: float
    """Seconds that the client waits for a whole answer."""
    answer: Answer
    requests: list[ActivationBody] = field(default_factory=list)
    misunderstood: list[str] = field(default_factory=list)
    """Why what came was no request."""
    over: threading.Event = field(default_factory=threading.Event)
    """Nobody waits any more for what is late."""


@contextmanager
def serving(host: TestHost, port: int = 0) -> Iterator[str]:
    """The URL of the host, on the loopback interface, until the block ends; port 0 is a free one."""
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"host": host}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        host.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    host: TestHost

    def do_POST(self) -> None:
        """`/v1/activations`: as the case says. What no host would understand is told as a host would tell it."""
        host = self.host
        try:
            request = self._request()
        except Refused as refusal:
            host.misunderstood.append(str(refusal))
            self._send(problem(refusal))
            return
        if self.path == DETOUR:
            answer = granted()
        else:
            host.requests.append(request)
            answer = host.answer
        self._send(answer(host.site, request, host.clock()))

    def do_GET(self) -> None:
        """The publisher's catalogs, and what it revoked."""
        path = urlsplit(self.path)
        site = self.host.site
        of_publisher = f"/v1/publishers/{site.publisher_id}/"
        if site.withholds:
            self._send(problem(Unavailable(Code.OVERLOADED, "The host cannot now.")))
        elif path.path == of_publisher + "revocations" and site.revocations:
            self._send_json({"revocations": site.revocations})
        elif path.path == of_publisher + "catalogs":
            after = parse_qs(path.query).get("after", ["0"])[0]
            since = int(after) if after.isascii() and after.isdigit() and len(after) < 17 else 0  # noqa: PLR2004 - 2^53 has 16 digits
            told = [t for t in site.catalogs if site.hands_on_all or seq_of(t) > since]
            self._send_json({"catalogs": told})
        else:
            self._send(problem(Refused(Code.NOT_FOUND, f"There is nothing at {path.path[:200]}.")))

    def log_message(self, *_: object) -> None:
        """Nothing: the runner tells what matters."""

    def _request(self) -> ActivationBody:
        """The activation request that came.

        Raises:
            Refused: it is none, and why.
        """
        if self.path not in {ACTIVATIONS, DETOUR}:
            raise Refused(Code.NOT_FOUND, f"POST {self.path[:200]} was asked; there is {ACTIVATIONS}.")
        content_type = self.headers.get_content_type()
        if content_type != JSON:
            raise Refused(Code.INVALID_REQUEST, f"Content-Type {JSON} was expected; it is {content_type}.")
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused(Code.INVALID_REQUEST, "Content-Length was expected; it is missing.")
        if len(length) > _DIGITS or int(length) > MAX_BODY:
            raise Refused(
                Code.TOO_LARGE, f"A request has at most {MAX_BODY:,} bytes; this one has {length[:20]}."
            )
        return decode_activation(self.rfile.read(int(length)))

    def _send_json(self, value: dict[str, object]) -> None:
        self._send(reply(200, json.dumps(value).encode()))

    def _send(self, what: Reply) -> None:
        """All of it, at its pace, or as much as the client lets through."""
        patience = self.host.patience
        # A client that has had enough hangs up, which some cases want of it.
        with suppress(OSError):
            match what.pace:
                case Pace.AT_ONCE:
                    self._write(what.head + what.body)
                case Pace.LATE:
                    self.host.over.wait(patience / 2)
                    self._write(what.head + what.body)
                case Pace.TOO_LATE:
                    self.host.over.wait(patience * _TOO_LATE)
                    self._write(what.head + what.body)
                case Pace.DRIPPED:
                    self._write(what.head)
                    self._drip(what.body, patience * _TOO_LATE)

    def _drip(self, data: bytes, seconds: float) -> None:
        size = len(data) // _DROPS + 1
        for start in range(0, len(data), size):
            if self.host.over.wait(seconds / _DROPS):
                return
            self._write(data[start : start + size])

    def _write(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            self.wfile.write(data[start : start + _PIECE])
