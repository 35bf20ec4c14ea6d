"""The command line in this process, and simulated hosts on real sockets for it to ask."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import msgspec

from simulators.publisher import SimulatedPublisher, seeded
from simulators.world import HOST_ID, GrantingHost
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.client.exchange import Call
from tenure.wire.catalog import CatalogList

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Cli:
    """The command line in this process, on a home of its own."""

    home: Path
    publisher: SimulatedPublisher = field(default_factory=lambda: SimulatedPublisher(opened=0))
    host: GrantingHost = field(init=False)
    url: str = ""

    def __post_init__(self) -> None:
        """The host is activated for trials, by the real clock."""
        self.host = GrantingHost(self.publisher, lambda: int(time.time()))
        self.certify(trial=True)

    def certify(self, *, trial: bool) -> None:
        """The host's certificate is new, and says so."""
        self.host.certificate = self.publisher.certify(
            seeded(3), HOST_ID, iat=int(time.time()) - 1000, trial=trial
        )

    def __call__(self, *arguments: str) -> int:
        """The exit code of `tenure ...`."""
        return run(command, list(arguments))

    @property
    def catalog_file(self) -> Path:
        """The publisher's catalog, in a file beside the home."""
        path = self.home.parent / "catalog.json"
        path.write_bytes(msgspec.json.encode(CatalogList((self.publisher.catalog_token,))))
        return path

    @property
    def key(self) -> str:
        """The workstation product's generic key."""
        return self.publisher.workstation.generic_keys[0]

    def install(self) -> None:
        """The workstation's key is installed and the host is set."""
        assert self("client", "install-key", self.key, "--catalog", str(self.catalog_file)) == 0
        assert self("client", "set-host", self.url) == 0


@contextmanager
def listening(host: GrantingHost, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL under which the host answers, on a port that the system chose; over TLS its name is `localhost`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass_on("GET", b"")

        def do_POST(self) -> None:
            self._pass_on("POST", self.rfile.read(int(self.headers["content-length"])))

        def _pass_on(self, method: str, body: bytes) -> None:
            prefer = self.headers.get("prefer", "wait=0").removeprefix("wait=")
            answer = host.answer(Call(method, self.path, body, int(prefer)))
            self.send_response(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_arguments: object) -> None:
            """Tests are silent."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        """A fleet connects all at once; the usual 5 would let some wait for a second."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        base = "http://127.0.0.1" if tls is None else "https://localhost"
        yield f"{base}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
