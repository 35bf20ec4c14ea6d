from __future__ import annotations

import pytest

from simulators.world import World
from tenure.client.lookup_domain import parse_domain, set_lookup_domain
from tenure.core.errors import Code, UsageError


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        pytest.param("corp.example", "corp.example", id="plain"),
        pytest.param(" Corp.EXAMPLE. ", "corp.example", id="any-case-and-a-final-dot"),
        pytest.param("lan", "lan", id="one-label"),
    ],
)
def test_a_domain_is_taken_as_typed(typed: str, domain: str) -> None:
    """Lower case, without the final dot."""
    assert parse_domain(typed) == domain


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="nothing"),
        pytest.param("corp.example:1688", id="a-port"),
        pytest.param("http://corp.example", id="a-url"),
        pytest.param("10.0.0.1", id="an-address"),
        pytest.param("[::1]", id="an-ipv6-address"),
        pytest.param("_tenure._tcp.corp.example", id="a-record"),
        pytest.param("corp..example", id="an-empty-label"),
        pytest.param("a" * 400, id="too-long"),
        pytest.param("corp\x1b.example", id="a-control-character"),
    ],
)
def test_what_is_no_domain_is_refused(typed: str) -> None:
    """In words, whatever it is."""
    with pytest.raises(UsageError) as caught:
        parse_domain(typed)
    assert caught.value.code is Code.INVALID_ARGUMENT


def test_the_domain_is_kept_and_forgotten() -> None:
    """Also on a machine that has nothing yet; an empty one is none."""
    world = World()
    for domain in ("corp.example", ""):
        set_lookup_domain(domain, store=world.store, clock=world.clock, new_uuid=world.new_uuid)
        machine = world.store.load().machine
        assert machine is not None
        assert machine.lookup_domain == domain
