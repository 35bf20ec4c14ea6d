"""How a machine hears of what was revoked, from whichever host, and what it does then."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from simulators.publisher import NOW, SimulatedPublisher, seeded
from simulators.world import HOST_ID, SHORT, GrantingHost, World
from tenure.client.activation import Activated, StillShort
from tenure.client.exchange import Answer
from tenure.client.passed_over import PassedOver
from tenure.client.revocations import follow_revocations, revocations_of
from tenure.core.errors import Code, TenureError, Untrusted
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY
from tenure.core.revocation import Revocable, Revocation
from tenure.wire.keys import derived_pair

PUBLISHER = SimulatedPublisher()
OTHER_HOST_ID = UUID("33333333-3333-4333-8333-333333333333")
STOLEN = Revocation(kind=Revocable.HOST, subject=str(HOST_ID), since=NOW, reason="stolen")
LEAKED = Revocation(kind=Revocable.KEY, subject=derived_pair(PUBLISHER.host_key).kid, since=NOW)


def two_hosts() -> tuple[World, GrantingHost, GrantingHost]:
    """A machine that asks a.example and then b.example, and the two hosts."""
    world = World()
    first = world.install(["a.example", "b.example"])
    second = world.hosts["b.example"] = GrantingHost(
        world.publisher, world.clock, host_id=OTHER_HOST_ID, key=seeded(4)
    )
    second.certificate = world.publisher.certify(seeded(4), OTHER_HOST_ID)
    return world, first, second


def paths(world: World) -> list[tuple[str, str]]:
    """What was asked of whom."""
    return [(name, call.path.rpartition("/")[2]) for name, call in world.calls]


def known_seq(world: World) -> int:
    """The seq of the list that the machine knows; 0: none."""
    known = revocations_of(world.store.load(), PUBLISHER.publisher_id)
    return known.seq if known else 0


def test_a_list_is_fetched_when_a_host_tells_of_a_newer_one() -> None:
    """Once, and kept; the next answer of the same seq costs no second question."""
    world = World()
    world.install().revocations = PUBLISHER.revocations(replace(STOLEN, subject=str(UUID(int=5))), seq=4)
    for _ in range(2):
        assert isinstance(world.activation.activate(world.product_id), Activated)
    assert [path for _, path in paths(world)] == ["activations", "revocations", "activations"]
    assert known_seq(world) == 4


def test_a_machine_that_waits_hears_of_it_too() -> None:
    """A 202 tells the seq as a 200 does."""
    world = World()
    host = world.install()
    host.revocations = PUBLISHER.revocations(STOLEN)
    host.script.append(SHORT)
    assert isinstance(world.activation.activate(world.product_id), StillShort)
    assert known_seq(world) == 1


@pytest.mark.parametrize("entry", [STOLEN, LEAKED], ids=["the host", "the key that it was certified with"])
def test_a_lease_of_a_host_that_hands_on_its_own_revocation_is_refused(entry: Revocation) -> None:
    """The list is judged before the lease that came with it."""
    world = World()
    world.install().revocations = PUBLISHER.revocations(entry)
    with pytest.raises(Untrusted) as caught:
        world.activation.activate(world.product_id)
    assert caught.value.code is Code.HOST_REVOKED
    assert world.store.load().leases == {}


def test_a_machine_that_hears_of_it_from_another_host_refuses_the_revoked_one() -> None:
    """The revoked host says nothing of the list, and its chain holds: the machine knows better."""
    world, first, second = two_hosts()
    world.dead.add("a.example")
    second.revocations = PUBLISHER.revocations(STOLEN)
    assert isinstance(world.activation.activate(world.product_id), Activated)
    world.dead.clear()
    outcome = world.activation.activate(world.product_id)
    assert isinstance(outcome, Activated)
    assert outcome.host.name == "b.example"
    assert len(first.bodies) == 1
    passed_over = [told for told in world.told if isinstance(told, PassedOver)]
    assert passed_over[-1].error.code is Code.HOST_REVOKED


def test_an_earlier_lease_of_a_revoked_host_runs_out() -> None:
    """It was granted a day before `from`: it counts to its end, and not a second longer."""
    world, _, _ = two_hosts()
    world.now = NOW - DAY
    world.activation.activate(world.product_id)
    world.now = NOW
    world.store.update(
        lambda state: follow_revocations(
            state, PUBLISHER.publisher_id, PUBLISHER.revocations(STOLEN), now=NOW
        )
    )
    assert world.status.license_status is LicenseStatus.LICENSED
    world.now = NOW + 179 * DAY - 1
    assert world.status.license_status is LicenseStatus.LICENSED
    world.now += 1
    assert (world.status.license_status, world.status.reason) == ("notification", "lease_expired")


def test_a_later_lease_of_a_revoked_host_counts_as_none() -> None:
    """It was granted before the machine heard of the revocation; the reason says so, and another host cures it."""
    world, _, second = two_hosts()
    world.activation.activate(world.product_id)
    assert world.status.license_status is LicenseStatus.LICENSED
    world.store.update(
        lambda state: follow_revocations(
            state, PUBLISHER.publisher_id, PUBLISHER.revocations(STOLEN), now=NOW
        )
    )
    assert (world.status.license_status, world.status.reason) == ("notification", "host_revoked")
    assert world.status.problem is not None
    assert "stolen" in world.status.problem.detail
    world.dead.add("a.example")
    second.revocations = PUBLISHER.revocations(STOLEN)
    world.activation.activate(world.product_id)
    assert world.status.license_status is LicenseStatus.LICENSED


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("list", id="no list"),
        pytest.param(
            SimulatedPublisher(signing_key=seeded(60)).revocations(STOLEN, seq=9), id="signed by a stranger"
        ),
        pytest.param(
            SimulatedPublisher(publisher_id=UUID(int=5)).revocations(STOLEN, seq=9), id="another publisher's"
        ),
    ],
)
def test_a_list_that_does_not_verify_does_nothing(token: str) -> None:
    """A host that forges a list against its neighbors wins nothing; its own lease is judged without it."""
    world = World()
    host = world.install()
    host.revocations, host.revocation_seq = token, 9
    assert isinstance(world.activation.activate(world.product_id), Activated)
    assert world.store.load().revocations == {}
    assert world.status.license_status is LicenseStatus.LICENSED


def test_an_old_list_never_takes_the_place_of_a_newer_one() -> None:
    """A host that serves yesterday's list under tomorrow's number frees no revoked host."""
    world, first, second = two_hosts()
    first.script.append(TenureError(Code.HOST_REVOKED, "Revoked."))
    second.revocations = PUBLISHER.revocations(STOLEN, seq=5)
    world.activation.activate(world.product_id)
    second.revocations, second.revocation_seq = PUBLISHER.revocations(seq=4), 6
    world.activation.activate(world.product_id)
    assert known_seq(world) == 5
    with pytest.raises(Untrusted) as caught:
        follow_revocations(world.store.load(), PUBLISHER.publisher_id, PUBLISHER.revocations(seq=4), now=NOW)
    assert caught.value.code is Code.REVOCATION_ROLLED_BACK


@pytest.mark.parametrize(
    "answer",
    [None, Answer(404, b""), Answer(200, b"{}"), Answer(200, b"\xff")],
    ids=["none", "not found", "another body", "no text"],
)
def test_a_host_that_cannot_give_its_list_has_still_answered(answer: Answer | None) -> None:
    """Its lease is judged by what is known."""
    world = World()
    host = world.install()
    host.revocation_seq = 3
    if answer is not None:
        host.on_the_way = lambda given: given if given.body.startswith(b'{"lease"') else answer
    assert isinstance(world.activation.activate(world.product_id), Activated)
    assert known_seq(world) == 0


def test_no_list_is_believed_without_a_catalog() -> None:
    """Nothing from the network is ever the first."""
    with pytest.raises(Untrusted) as caught:
        follow_revocations(
            World().store.load(), PUBLISHER.publisher_id, PUBLISHER.revocations(STOLEN), now=NOW
        )
    assert caught.value.code is Code.CHAIN_BROKEN


def test_the_newest_catalog_comes_before_the_list_that_it_verifies() -> None:
    """A list by a new signing key is believed in the contact that brings the catalog which names the key."""
    world = World()
    host = world.install()
    newer = SimulatedPublisher(seq=2, signing_key=seeded(60))
    host.catalogs, host.catalog_seq = [newer.catalog_token], 2
    host.certificate = newer.certify(host.key, HOST_ID)
    host.revocations = newer.revocations(replace(STOLEN, subject=str(UUID(int=5))), seq=7)
    assert isinstance(world.activation.activate(world.product_id), Activated)
    assert [path for _, path in paths(world)] == ["activations", "catalogs?after=1", "revocations"]
    assert known_seq(world) == 7
