"""How a machine with a grant hears what its publisher revoked, without anybody else to tell it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from uuid import UUID

import pytest

from simulators.agent import SimulatedAgent
from simulators.publisher import NOW, SimulatedPublisher, seeded
from simulators.world import World
from tenure.client.news import EARLIEST, Informed, news_due
from tenure.client.revocations import revocations_of
from tenure.core.errors import Code, TenureError, Unavailable, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY
from tenure.core.product_key import KeyType, make
from tenure.core.revocation import Revocable, Revocation
from tenure.wire.keys import derived_pair
from unit.wire.example import GRANT, REVOCATIONS

MAK = make(KeyType.MAK, 0, 4711)
LEAKED = Revocation(kind=Revocable.KEY, subject=derived_pair(MAK).kid, since=NOW + DAY, reason="leaked")


def activated() -> World:
    """A machine with a grant, whose publisher has signed no list yet."""
    world = World()
    world.install_key_of(MAK.text)
    world.any_activation.activate(world.product_id)
    return world


def known_seq(world: World) -> int:
    """The seq of the list that the machine knows; 0: none."""
    known = revocations_of(world.store.load(), world.publisher.publisher_id)
    return known.seq if known else 0


@pytest.mark.parametrize(
    ("number", "place"), [(0, 0), (2 * DAY - 1, 2 * DAY - 1), (2 * DAY, 0), (2 * DAY + 5, 5)]
)
def test_each_machine_has_its_place_within_two_days(number: int, place: int) -> None:
    """Five to seven days after the list was signed; without any list, after the grant."""
    machine_id = UUID(int=number)
    assert news_due(REVOCATIONS, GRANT, machine_id) == REVOCATIONS.iat + EARLIEST + place
    assert news_due(None, GRANT, machine_id) == GRANT.iat + EARLIEST + place


def test_activation_brings_the_list_with_it() -> None:
    """The publisher is being asked anyway."""
    world = World()
    world.install_key_of(MAK.text)
    world.authority.listed = world.publisher.revocations(LEAKED, seq=3)
    world.any_activation.activate(world.product_id)
    assert known_seq(world) == 3


def test_a_key_that_was_revoked_meanwhile_activates_nothing() -> None:
    """The list that comes with the answer is judged before the grant."""
    world = World()
    world.install_key_of(MAK.text)
    world.authority.listed = world.publisher.revocations(replace(LEAKED, since=NOW))
    with pytest.raises(TenureError) as caught:
        world.any_activation.activate(world.product_id)
    assert caught.value.code is Code.GRANT_REVOKED
    assert world.store.load().grants == {}


def test_a_grant_is_void_from_the_second_of_its_revocation_on() -> None:
    """Until then it counts; the reason says what was revoked, and why."""
    world = activated()
    world.authority.listed = world.publisher.revocations(LEAKED)
    assert isinstance(world.any_activation.hear(world.product_id), Informed)
    world.now = LEAKED.since - 1
    assert world.status.license_status is LicenseStatus.LICENSED
    world.now = LEAKED.since
    assert (world.status.license_status, world.status.reason) == ("notification", "grant_revoked")
    assert world.status.problem is not None
    assert "leaked" in world.status.problem.detail


def test_a_clock_set_back_brings_no_revoked_grant_back() -> None:
    """The latest time that the machine has seen counts."""
    world = activated()
    world.authority.listed = world.publisher.revocations(LEAKED)
    world.any_activation.hear(world.product_id)
    world.store.update(lambda state: state.at(LEAKED.since))
    world.now = NOW
    assert world.status.reason == "grant_revoked"


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        pytest.param(
            SimulatedPublisher(signing_key=seeded(60)).revocations(LEAKED), Code.CHAIN_BROKEN, id="forged"
        ),
        pytest.param(
            Unavailable(Code.PUBLISHER_UNREACHABLE, "It is gone."), Code.PUBLISHER_UNREACHABLE, id="none"
        ),
    ],
)
def test_what_cannot_be_heard_or_believed_changes_nothing(listed: str | TenureError, code: Code) -> None:
    """The grant counts, and why nothing was learned is told."""
    world = activated()
    world.authority.listed = listed
    with pytest.raises(TenureError) as caught:
        world.any_activation.hear(world.product_id)
    assert caught.value.code is code
    assert known_seq(world) == 0
    assert world.status.license_status is LicenseStatus.LICENSED


def test_without_a_catalog_there_is_nobody_to_ask() -> None:
    """And how to get one is told."""
    with pytest.raises(UsageError, match="install-key"):
        World().any_activation.hear(UUID(int=5))


def test_the_agent_asks_once_a_week_and_tells_of_a_revocation() -> None:
    """Of a list a week old it hears within the next; nothing else is asked of the publisher."""
    it = SimulatedAgent()
    it.world.install_key_of(MAK.text)
    it.world.authority.listed = it.world.publisher.revocations(seq=1, iat=NOW)
    it.live(4 * DAY, late=3_600)
    assert len(it.asks) == 1
    it.world.authority.listed = it.world.publisher.revocations(LEAKED, seq=2, iat=NOW + 4 * DAY)
    it.live(3 * DAY, late=3_600)
    assert [ask.news for _, ask in it.asks][:2] == [False, True]
    assert known_seq(it.world) == 2
    assert it.world.status.reason == "grant_revoked"
    assert "grant revoked" in it.said


def test_the_agent_tries_again_in_a_day_when_the_publisher_is_away() -> None:
    """It says so once, as no warning: the grant counts."""
    it = SimulatedAgent()
    it.world.install_key_of(MAK.text)
    it.live(60)
    it.world.authority.listed = Unavailable(Code.PUBLISHER_UNREACHABLE, "It is gone.")
    it.live(9 * DAY, late=3_600)
    asked = [at for at, ask in it.asks if ask.news]
    assert 2 <= len(asked) <= 4
    assert min(later - earlier for earlier, later in itertools.pairwise(asked)) >= 0.9 * DAY
    assert "could not be learned" in it.said
    assert it.world.status.license_status is LicenseStatus.LICENSED
