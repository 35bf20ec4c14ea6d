from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from simulators.publisher import NOW, SimulatedPublisher
from simulators.world import MAK, World
from tenure.client.activation import with_granted
from tenure.client.host_address import parse_host
from tenure.client.lifecycle import Rearmed, RemovedKey, rearm, remove_key
from tenure.core.errors import Code, Untrusted, UsageError
from tenure.core.lease import Pending
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY, DEFAULT_POLICIES, Kind
from tenure.wire.activation import Granted, decode_answer

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.client.exchange import Answer


def activated() -> World:
    """A machine that holds a lease."""
    world = World()
    world.install()
    world.activation.activate(world.product_id)
    return world


def rearmed(world: World) -> Rearmed:
    """What `rearm` did to it."""
    return rearm(store=world.store, clock=world.clock, new_uuid=world.new_uuid)


def removed(world: World, product_id: UUID | None = None) -> RemovedKey:
    """What `remove_key` did to it."""
    return remove_key(product_id, store=world.store, clock=world.clock)


def machine_id(world: World) -> UUID:
    """The machine's id now."""
    machine = world.store.load().machine
    assert machine is not None
    return machine.machine_id


def test_rearm_gives_a_new_id_and_drops_every_lease() -> None:
    """The status is that of a machine that was never activated, and the id is the one that was told."""
    world = activated()
    before = machine_id(world)
    done = rearmed(world)
    assert done == Rearmed(machine_id(world), 1)
    assert done.machine_id != before
    assert world.store.load().leases == {}
    assert (world.status.license_status, world.status.reason) == (LicenseStatus.NOTIFICATION, "not_activated")


def test_rearm_keeps_keys_catalogs_hosts_epochs_and_the_highest_time_seen() -> None:
    """Only the id, its fingerprints and the leases are gone."""
    world = activated()
    world.now += DAY
    world.store.update(lambda state: state.at(world.now))
    before = world.store.load()
    world.now -= DAY
    rearmed(world)
    after = world.store.load()
    assert before.machine is not None
    assert after == replace(
        before,
        leases={},
        machine=replace(before.machine, machine_id=machine_id(world), fingerprints={}),
    )


@pytest.mark.parametrize(
    ("day", "status"),
    [
        pytest.param(0, LicenseStatus.INITIAL_GRACE, id="in-grace"),
        pytest.param(30, LicenseStatus.NOTIFICATION, id="after-grace"),
        pytest.param(100, LicenseStatus.REDUCED_FUNCTIONALITY, id="after-70-days-more"),
    ],
)
def test_rearm_wins_no_day(day: int, status: LicenseStatus) -> None:
    """Grace and the 70 days after it count from the first key, however often the machine is rearmed."""
    policies = {"workstations": replace(DEFAULT_POLICIES[Kind.WORKSTATION], grace_days=30)}
    policies["servers"] = DEFAULT_POLICIES[Kind.SERVER]
    world = World(publisher=SimulatedPublisher(policies=policies))
    world.install()
    world.now += day * DAY
    for _ in range(3):
        rearmed(world)
    assert world.status.license_status is status


def test_a_rearmed_machine_activates_as_a_new_one() -> None:
    """The host sees the new id, and one contact makes it licensed."""
    world = activated()
    rearmed(world)
    world.activation.activate(world.product_id)
    bodies = world.hosts["host.example"].bodies
    assert bodies[-1].machine_id == machine_id(world)
    assert bodies[0].machine_id != bodies[-1].machine_id
    assert bodies[0].fingerprint == bodies[-1].fingerprint
    assert world.status.license_status is LicenseStatus.LICENSED


def test_rearm_needs_something_to_rearm() -> None:
    """An empty machine is told so, with the HRESULT of a missing key, and stays empty."""
    world = World()
    with pytest.raises(UsageError) as caught:
        rearmed(world)
    assert (caught.value.code, caught.value.hresult) == (Code.NOT_SET_UP, "0xC004F014")
    assert world.store.load().machine is None


def test_a_removed_key_takes_its_lease_along() -> None:
    """The product is unlicensed, and what was removed is told."""
    world = activated()
    key = world.publisher.workstation.generic_keys[0]
    assert removed(world) == RemovedKey(
        world.product_id, "Draft Studio", key[-5:], had_lease=True, had_grant=False
    )
    state = world.store.load()
    assert (state.products, state.leases) == ({}, {})
    assert (world.status.license_status, world.status.reason) == (LicenseStatus.UNLICENSED, "no_key")
    assert len(state.catalogs) == 1


def test_rearm_and_remove_key_drop_a_grant_as_they_drop_a_lease() -> None:
    """The key stays with rearm, and one contact makes the machine licensed again; a removed key is gone for good."""
    world = World()
    world.install_key_of(MAK.text)
    world.grants.activate(world.product_id)
    assert rearmed(world).leases_dropped == 1
    assert (world.status.license_status, world.status.reason) == (LicenseStatus.NOTIFICATION, "not_activated")
    world.grants.activate(world.product_id)
    assert world.status.for_good
    assert removed(world) == RemovedKey(
        world.product_id, "Draft Studio", MAK.partial, had_lease=False, had_grant=True
    )
    state = world.store.load()
    assert (state.products, state.secret_keys, state.grants) == ({}, {}, {})


def test_removing_one_key_leaves_the_others() -> None:
    """The other product stays licensed, and the machine its id."""
    world = activated()
    server = world.publisher.server
    world.install_key_of(server.generic_keys[0])
    before = machine_id(world)
    assert removed(world, server.product_id).had_lease is False
    assert list(world.store.load().products) == [world.product_id]
    assert machine_id(world) == before
    assert world.status.license_status is LicenseStatus.LICENSED


def test_the_same_key_again_begins_no_new_grace() -> None:
    """When the first key was installed is remembered over its removal."""
    world = activated()
    removed(world)
    world.now += 100 * DAY
    world.install_key_of(world.publisher.workstation.generic_keys[0])
    assert world.store.load().products[world.product_id].key_installed_at == NOW
    assert world.status.license_status is LicenseStatus.REDUCED_FUNCTIONALITY


def test_a_key_that_is_not_there_cannot_be_removed() -> None:
    """Neither the only one of none, nor one that is named; nothing changes."""
    world = activated()
    before = world.store.load()
    with pytest.raises(UsageError) as caught:
        removed(world, world.publisher.server.product_id)
    assert (caught.value.code, caught.value.hresult) == (Code.NOT_SET_UP, "0xC004F014")
    assert world.store.load() == before
    with pytest.raises(UsageError, match="No product key"):
        removed(World())


def test_of_several_keys_one_must_be_named() -> None:
    """The error lists them, so that one can be copied."""
    world = activated()
    server = world.publisher.server
    world.install_key_of(server.generic_keys[0])
    with pytest.raises(UsageError) as caught:
        removed(world)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert str(server.product_id) in caught.value.detail
    assert str(world.product_id) in caught.value.detail
    assert len(world.store.load().products) == 2


def test_a_product_without_a_catalog_is_named_by_its_id() -> None:
    """Also a machine that lost its catalogs can get rid of a key."""
    world = activated()
    world.store.update(lambda state: replace(state, catalogs={}))
    assert removed(world).product == str(world.product_id)


@pytest.mark.parametrize("change", ["rearm", "remove-key"])
def test_a_lease_that_was_under_way_is_not_taken(change: str) -> None:
    """What another program changed while the host was answering holds: the lease is for what was."""
    world = activated()
    host = world.hosts["host.example"]
    captured: list[Granted] = []

    def keep(answer: Answer) -> Answer:
        granted = decode_answer(answer.status, answer.body)
        assert isinstance(granted, Granted)
        captured.append(granted)
        return answer

    host.on_the_way = keep
    world.activation.activate(world.product_id)
    body = host.bodies[-1]
    pending = Pending(
        machine_id=body.machine_id,
        product_id=body.product_id,
        request_id=body.request_id,
        fingerprint=body.fingerprint,
    )
    if change == "rearm":
        rearmed(world)
    else:
        removed(world)
    with pytest.raises(Untrusted) as caught:
        with_granted(
            world.store.load(),
            captured[0],
            pending,
            publisher_id=world.publisher.publisher_id,
            host=parse_host("host.example"),
            draw=0.0,
            now=world.now,
        )
    assert caught.value.code is Code.LEASE_INVALID
