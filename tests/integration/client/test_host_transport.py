"""Calls to a host over real sockets."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from simulators.command_line import listening
from simulators.listener import recording
from simulators.publisher import NOW, SimulatedPublisher
from simulators.world import SHORT, GrantingHost
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.host_transport import HttpHostTransport
from tenure.client.exchange import Answer, Call
from tenure.client.host_address import parse_host
from tenure.core.errors import Code, Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def transport() -> Iterator[HttpHostTransport]:
    """Over a client that is closed afterwards."""
    http = HttpClient()
    yield HttpHostTransport(http)
    http.close()


@pytest.fixture
def host() -> GrantingHost:
    """A host that was not asked yet."""
    return GrantingHost(SimulatedPublisher(), lambda: NOW)


def test_an_answer_comes_whole(transport: HttpHostTransport, host: GrantingHost) -> None:
    """Status, headers in lower case, and the body as it was sent."""
    host.catalogs_answer = Answer(418, b"\x00\xff" * 1000, {"X-Odd": "Yes"})
    with listening(host) as url:
        answer = transport.ask(parse_host(url), Call("GET", "/v1/somewhere"))
    assert (answer.status, answer.body, answer.headers["x-odd"]) == (418, b"\x00\xff" * 1000, "Yes")


@pytest.mark.parametrize("wait", [0, 60])
def test_the_host_is_asked_to_hold_a_request(
    transport: HttpHostTransport, host: GrantingHost, wait: int
) -> None:
    """`Prefer: wait=N`; without a wish to wait no such header."""
    host.script.append(SHORT)
    body = (
        b'{"machine_id":"00000000-0000-4000-8000-000000000001","product_id":"00000000-0000-4000-8000-000000000002",'
        b'"request_id":"00000000-0000-4000-8000-000000000003","hostname":"pc","fingerprint":"0123456789abcdef",'
        b'"virtual":false,"license_status":"unlicensed","minutes_remaining":0,"client_time":0}'
    )
    with listening(host) as url:
        assert transport.ask(parse_host(url), Call("POST", "/v1/activations", body, wait)).status == 202
    assert host.waits == [wait]


def test_a_host_that_is_gone_is_named_with_the_reason(
    transport: HttpHostTransport, host: GrantingHost
) -> None:
    """Nothing listens any more: refused at once, and told as that."""
    with listening(host) as url:
        address = parse_host(url)
    with pytest.raises(Unavailable, match="connection refused") as caught:
        transport.ask(address, Call("GET", "/v1/health"))
    assert caught.value.code is Code.HOST_UNREACHABLE
    assert address.text in caught.value.detail


def test_a_redirect_is_not_followed(transport: HttpHostTransport, host: GrantingHost) -> None:
    """A captive network cannot send a request elsewhere."""
    host.catalogs_answer = Answer(302, b"", {"location": "http://elsewhere.example/"})
    with listening(host) as url:
        assert transport.ask(parse_host(url), Call("GET", "/v1/somewhere")).status == 302


def test_a_name_is_looked_up_where_it_was_said(host: GrantingHost) -> None:
    """The connection goes to the address that was found; the first that takes one answers."""
    found = {"kms.corp.test": ["127.0.0.2", "127.0.0.1"]}
    http = HttpClient()
    with listening(host) as url:
        port = parse_host(url).port
        transport = HttpHostTransport(http, lambda name: found[name])
        assert transport.ask(parse_host(f"kms.corp.test:{port}"), Call("GET", "/v1/catalogs")).status == 200
    with pytest.raises(Unavailable, match="connection refused") as caught:
        transport.ask(parse_host(f"kms.corp.test:{port}"), Call("GET", "/v1/catalogs"))
    http.close()
    assert f"kms.corp.test:{port}" in caught.value.detail


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_server_is_called_by_its_name_not_by_its_address(scheme: str) -> None:
    """In `Host`, and in the name that TLS asks for: a host may serve several."""
    http = HttpClient()
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as asking:
        server.settimeout(20)
        port = server.getsockname()[1]
        transport = HttpHostTransport(http, lambda _name: ["127.0.0.1"])
        address = parse_host(f"{scheme}://kms.corp.test:{port}")
        asked = asking.submit(transport.ask, address, Call("GET", "/v1/health"))
        connection, _ = server.accept()
        with connection:
            said = connection.recv(4096)
        with pytest.raises(Unavailable):
            asked.result()
    http.close()
    assert b"kms.corp.test" in said
    assert (f"host: kms.corp.test:{port}".encode() in said.lower()) is (scheme == "http")


def test_a_name_that_nobody_knows_is_told() -> None:
    """Nothing is connected to."""

    def unknown(name: str) -> list[str]:
        raise Unavailable(Code.DNS_NO_RECORD, f"Nobody knows {name}.")

    http = HttpClient()
    with pytest.raises(Unavailable, match="Nobody knows kms") as caught:
        HttpHostTransport(http, unknown).ask(parse_host("kms.corp.test"), Call("GET", "/v1/health"))
    http.close()
    assert caught.value.code is Code.DNS_NO_RECORD


def test_a_plain_host_that_hangs_up_may_speak_tls(transport: HttpHostTransport) -> None:
    """A TLS server that hangs up in the middle of a request often gets no word through: the cure names the way."""
    with (
        recording(answer=b"") as listener,
        pytest.raises(Unavailable, match="broke the connection off") as caught,
    ):
        transport.ask(parse_host(f"{listener.address}:{listener.port}"), Call("GET", "/v1/health"))
    assert "https://" in caught.value.cure


def test_a_machine_that_demands_tls_has_no_way_to_a_plain_host() -> None:
    """The last door: whoever asks, a host that was named with `http://` is not even connected to."""
    http = HttpClient()
    with recording() as listener, pytest.raises(Refused) as caught:
        HttpHostTransport(http, tls_required=True).ask(
            parse_host(f"http://{listener.address}:{listener.port}"), Call("GET", "/v1/health")
        )
    assert caught.value.code is Code.TLS_REQUIRED
    assert listener.received == []
