"""Calls to a host over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.command_line import listening
from simulators.publisher import NOW, SimulatedPublisher
from simulators.world import SHORT, GrantingHost
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.host_transport import HttpHostTransport
from tenure.client.exchange import Answer, Call
from tenure.client.host_address import parse_host
from tenure.core.errors import Code, Unavailable

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
