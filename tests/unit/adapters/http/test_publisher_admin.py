"""The administration over a network that anybody can read: refused before its token is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from simulators.authority import SimulatedAuthority
from tenure.adapters.http.publisher_admin import OPERATIONS, AdminEndpoints
from tenure.adapters.http.rsgi import Request
from tenure.core.errors import Code, Refused
from tenure.publisher.access import Access


@dataclass
class PlainScope:
    """What granian tells of a request without TLS; that its headers were read is noted."""

    scheme: str = "http"
    query_string: str = ""
    looked: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The headers, with a token in them."""
        self.looked = True
        return {"authorization": "Bearer tenure_right", "x-forwarded-proto": "https"}


def test_every_operation_that_is_described_is_served() -> None:
    """And none beside them."""
    served = AdminEndpoints(Access(SimulatedAuthority().authority, salt="")).routes()
    described = {f"{one.method} {one.path}" for one in OPERATIONS}
    for name in ("{key_id}", "{activation_id}"):
        described = {route.replace(name, "*") for route in described}
    assert set(served) == described


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "2001:db8::7", "fe80::1"])
def test_over_a_plain_network_the_token_is_not_even_looked_at(address: str) -> None:
    """On no route: `insecure_connection`, with what to do about a token that was sent."""
    served = AdminEndpoints(Access(SimulatedAuthority().authority, salt="")).routes()
    for endpoint in served.values():
        scope: Any = PlainScope()
        protocol: Any = None
        coroutine: Any = endpoint(Request(scope, protocol, ("x",), address))
        with pytest.raises(Refused) as caught:
            coroutine.send(None)
        assert caught.value.code is Code.INSECURE_CONNECTION
        assert "remove it, and make another" in caught.value.cure
        assert not scope.looked
