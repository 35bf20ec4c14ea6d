"""A machine whose system has no installation id, and a product whose publisher wants one."""

from __future__ import annotations

import pytest

from simulators.publisher import SimulatedPublisher
from simulators.world import MAK, World
from tenure.client.activation import Activated
from tenure.core.errors import Code, Refused
from tenure.core.os_id import FROM_HOME, FROM_SYSTEM
from tenure.core.policy import DAY


def container(*, needs_os_id: bool = True) -> World:
    """A machine without an id, its product's key and a host."""
    world = World(publisher=SimulatedPublisher(needs_os_id=needs_os_id), fingerprint_source=FROM_HOME)
    world.install()
    return world


def test_no_host_is_asked() -> None:
    """The machine refuses by itself, since no host could tell; its status says why."""
    world = container()
    with pytest.raises(Refused) as caught:
        world.activation.activate(world.product_id, seconds=600)
    assert caught.value.code is Code.OS_ID_MISSING
    assert (world.calls, world.pauses) == ([], [])
    status = world.status
    assert (status.license_status, status.reason) == ("notification", "os_id_missing")
    assert str(status.refusal) == str(caught.value)


def test_no_publisher_is_asked_for_a_grant() -> None:
    """Online or carried, a MAK is not used up by machines that come and go."""
    world = container()
    world.install_key_of(MAK.text)
    with pytest.raises(Refused) as caught:
        world.grants.activate(world.product_id)
    assert caught.value.code is Code.OS_ID_MISSING
    assert world.authority.requests == []


def test_other_products_ask_as_ever() -> None:
    """The same machine, where the publisher wants nothing of the kind."""
    world = container(needs_os_id=False)
    assert isinstance(world.activation.activate(world.product_id), Activated)
    assert world.status.refusal is None


def test_with_an_id_the_machine_asks_at_once() -> None:
    """Whoever gave the system one need not install the key again."""
    world = container()
    world.fingerprint_source = FROM_SYSTEM
    assert isinstance(world.activation.activate(world.product_id), Activated)
    assert (world.status.reason, world.status.refusal) == ("activated", None)


def test_a_lease_that_is_held_runs_to_its_end() -> None:
    """The catalog that wants an id came later: nothing that was granted is taken back, and nothing new is asked for."""
    publisher = SimulatedPublisher()
    world = World(publisher=publisher, fingerprint_source=FROM_HOME)
    world.install()
    world.activation.activate(world.product_id)
    publisher.needs_os_id, publisher.seq = True, 2
    world.install_key_of(publisher.workstation.generic_keys[0])
    with pytest.raises(Refused):
        world.activation.renew(world.product_id)
    assert (world.status.license_status, world.status.reason) == ("licensed", "activated")
    assert world.status.refusal is not None
    world.now += 180 * DAY
    assert (world.status.license_status, world.status.reason) == ("notification", "lease_expired")
