from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulators.world import World
from tenure.client.discovery_settings import DiscoveryChange, change_discovery, parse_domain
from tenure.client.host_address import parse_host
from tenure.client.state import FoundHost, Machine
from tenure.core.errors import Code, UsageError


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        pytest.param("corp.example", "corp.example", id="plain"),
        pytest.param(" Corp.EXAMPLE. ", "corp.example", id="any-case-and-a-final-dot"),
        pytest.param("lan", "lan", id="one-label"),
        pytest.param("b\u00fccher.example", "xn--bcher-kva.example", id="other-letters"),
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


def change(world: World, **wanted: Any) -> Machine:
    """The machine after this was set."""
    return change_discovery(
        DiscoveryChange(**wanted), store=world.store, clock=world.clock, new_uuid=world.new_uuid
    )


def test_the_domain_is_kept_and_forgotten() -> None:
    """Also on a machine that has nothing yet; an empty one is none."""
    world = World()
    for domain in ("corp.example", ""):
        assert change(world, domain=domain).lookup_domain == domain
        machine = world.store.load().machine
        assert machine is not None
        assert machine.lookup_domain == domain


def test_what_is_not_named_stays() -> None:
    """Each setting is set for itself."""
    world = World()
    change(world, domain="corp.example", label="_own", dns_server="10.0.0.2:53", host_caching=False)
    machine = change(world)
    assert (machine.lookup_domain, machine.srv_label, machine.dns_server, machine.host_caching) == (
        "corp.example",
        "_own",
        "10.0.0.2:53",
        False,
    )
    machine = change(world, dns_server="", host_caching=True)
    assert (machine.lookup_domain, machine.dns_server, machine.host_caching) == ("corp.example", "", True)


@pytest.mark.parametrize(
    ("wanted", "forgotten"),
    [
        pytest.param({"domain": "other.example"}, True, id="another domain"),
        pytest.param({"label": "_own"}, True, id="another label"),
        pytest.param({"dns_server": "10.0.0.2:53"}, True, id="another server"),
        pytest.param({"host_caching": False}, True, id="no host caching"),
        pytest.param({"host_caching": True}, False, id="what is set already"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_what_changes_forgets_the_host_that_answered_last(wanted: dict[str, Any], *, forgotten: bool) -> None:
    """It was found by other rules."""
    world = World()
    found = FoundHost(host=parse_host("kms.example"), domain="corp.example", priority=0)
    machine = change(world)
    world.store.update(lambda state: state.with_machine(replace(machine, found_host=found)))
    assert (change(world, **wanted).found_host is None) is forgotten
