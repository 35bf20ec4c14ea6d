"""`examples/web_service.py`: what it answers through a license's life."""

from __future__ import annotations

import json
import threading
import urllib.request
from io import BytesIO
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.util import setup_testing_defaults

import pytest
from web_service import Licensed, drawings

from simulators.publisher import NOW
from tenure.core.policy import DAY

if TYPE_CHECKING:
    from simulators.licensed import LicensedMachine


def answer(service: Licensed, method: str, path: str) -> tuple[str, dict[str, str], bytes]:
    """Status, headers and body of one request."""
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": BytesIO()}
    setup_testing_defaults(environ)
    started: list[tuple[str, dict[str, str]]] = []

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> Any:
        started.append((status, dict(headers)))

    body = b"".join(service(environ, start))
    return *started[0], body


@pytest.mark.parametrize(
    ("day", "notice", "answered"),
    [
        (0, None, ["read", "save", "export"]),
        (170, "licensed; reason=activated; days-left=10", ["read", "save", "export"]),
        (180, "notification; reason=lease_expired; days-left=70", ["read", "save"]),
        (250, "reduced_functionality; reason=lease_expired", ["read"]),
    ],
)
def test_requests_are_answered_as_the_license_allows(
    machine: LicensedMachine, day: int, notice: str | None, answered: list[str]
) -> None:
    """Every answer carries the notice, and a refusal the reason and the cure."""
    machine.activate()
    service = Licensed(drawings, machine.license())
    machine.world.now = NOW + day * DAY
    requests = {"read": ("GET", "/1"), "save": ("PUT", "/1"), "export": ("GET", "/export/1")}
    found = {name: answer(service, *request) for name, request in requests.items()}
    assert [name for name, (status, _, _) in found.items() if status == "200 OK"] == answered
    assert {headers.get("License-Notice") for _, headers, _ in found.values()} == {notice}
    for name in found.keys() - set(answered):
        status, headers, body = found[name]
        assert (status, headers["Content-Type"]) == ("403 Forbidden", "application/problem+json")
        assert json.loads(body)["reason"] == "lease_expired"
        assert "tenure client activate" in json.loads(body)["cure"]


class _Silent(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Tests are silent."""


def test_it_serves_over_a_socket(machine: LicensedMachine) -> None:
    """The middleware keeps to WSGI as a real server wants it."""
    machine.activate()
    machine.world.now = NOW + 180 * DAY
    service = Licensed(drawings, machine.license())
    with make_server("127.0.0.1", 0, service, handler_class=_Silent) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/1", timeout=10) as response:
            assert response.read() == b"GET /1 is done.\n"
            assert response.headers["License-Notice"].startswith("notification")
        thread.join()
