"""Activating with a MAK or a retail key: what is asked, what is taken, and what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.publisher import NOW, SimulatedPublisher, seeded
from simulators.world import MAK, World
from tenure.client.activation import TryingAgain
from tenure.client.grant_activation import GrantActivation, accept_grant, draft_machine_activation
from tenure.client.lifecycle import rearm, remove_key
from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY
from tenure.core.product_key import KeyType, make
from tenure.wire.keys import derived_pair
from tenure.wire.request import open_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.client.grant_activation import MachineActivationDraft
    from tenure.core.grant import Grant
    from tenure.core.product_key import ProductKey

GONE = Unavailable(Code.PUBLISHER_UNREACHABLE, "Nobody is there.")
USED_UP = Refused(Code.KEY_LIMIT, "The mak key has activated 3 machines; 3 are allowed.", "", "0xC004C020")
ELSEWHERE = UUID("77777777-7777-4777-8777-777777777777")


@pytest.fixture
def world() -> World:
    """A machine with a MAK."""
    world = World()
    world.install_key_of(MAK.text)
    return world


def draft(world: World) -> MachineActivationDraft:
    """Its request."""
    return draft_machine_activation(
        world.product_id, store=world.store, here=world.surroundings, machine_key=lambda: seeded(6)
    )


@pytest.mark.parametrize("key", [MAK, make(KeyType.RETAIL, 0, 5)], ids=["mak", "retail"])
def test_a_grant_makes_the_product_licensed_for_good(world: World, key: ProductKey) -> None:
    """One request to the publisher, at any time afterwards licensed, and nothing that ends."""
    world.install_key_of(key.text)
    outcome = world.grants.activate(world.product_id)
    assert (outcome.used, outcome.limit) == (2, 3)
    for days in (0, 10_000):
        world.now = NOW + days * DAY
        status = world.status
        assert (status.license_status, status.reason) == (LicenseStatus.LICENSED, "activated")
        assert (status.for_good, status.activation_id) == (True, outcome.grant.grant_id)
        assert (status.minutes_remaining, status.lease_id, status.lease_expires) == (None, None, None)
        assert status.last_activation == NOW
    assert len(world.authority.requests) == 1


def test_the_request_proves_the_key_and_does_not_hold_it(world: World) -> None:
    """`iss` the machine, `aud` the product; signed by the machine's own key."""
    drafted = draft(world)
    request = open_request(drafted.token, now=NOW)
    machine = world.store.load().machine
    assert machine is not None
    assert (request.asker, request.audience) == (machine.machine_id, world.product_id)
    assert (request.fingerprint, request.asker_kid) == (world.fingerprint, seeded(6).kid)
    assert request.proves(derived_pair(MAK).public)
    assert MAK.text not in drafted.token
    assert (drafted.publisher_id, drafted.catalog_seq) == (world.publisher.publisher_id, 1)
    assert drafted.pending.key_id == derived_pair(MAK).kid


def test_the_catalog_says_where_the_publisher_is_unless_somebody_knows_better(world: World) -> None:
    """This publisher's catalog says nothing, so only the given address is tried."""
    for url in (None, "http://publisher.example"):
        GrantActivation(
            world.store, world.authority.connect, world.surroundings, lambda: seeded(6), url=url
        ).ask(world.product_id)
    assert world.authority.addresses == [None, "http://publisher.example"]


def test_a_product_is_activated_again_as_often_as_one_likes(world: World) -> None:
    """Each time a new request; the newest grant is the one that is kept."""
    ids = [world.grants.activate(world.product_id).grant.grant_id for _ in range(3)]
    assert len({request.request_id for request in world.authority.requests}) == 3
    assert world.status.activation_id == ids[-1]


# What is not taken


@pytest.mark.parametrize("error", [USED_UP, GONE], ids=["refused", "silent"])
def test_a_refusal_or_silence_changes_nothing(world: World, error: TenureError) -> None:
    """Before there is a grant, and when there is one."""
    for expected in (LicenseStatus.NOTIFICATION, LicenseStatus.LICENSED):
        before = world.store.load()
        world.authority.script.append(error)
        with pytest.raises(type(error)) as caught:
            world.grants.activate(world.product_id)
        assert caught.value is error
        after = world.store.load()
        assert (after.grants, after.products) == (before.grants, before.products)
        assert world.status.license_status is expected
        world.grants.activate(world.product_id)


WRONG: dict[str, Callable[[Grant], Grant]] = {
    "another request": lambda grant: replace(grant, nonce="other"),
    "another machine": lambda grant: replace(grant, machine_id=ELSEWHERE),
    "another product": lambda grant: replace(grant, product_id=ELSEWHERE),
    "another installation": lambda grant: replace(grant, fingerprint="fingerprint-of-another-machine"),
    "another key": lambda grant: replace(grant, key_id=seeded(9).kid),
    "another publisher": lambda grant: replace(grant, publisher_id=ELSEWHERE),
    "long ago": lambda grant: replace(grant, iat=grant.iat - 4 * 3600 - 1),
    "the future": lambda grant: replace(grant, iat=grant.iat + 4 * 3600 + 1),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_grant_for_something_else_is_not_taken(world: World, change: Callable[[Grant], Grant]) -> None:
    """Well signed, but no answer to what was asked: the machine stays what it was."""
    world.authority.script.append(change)
    with pytest.raises(Untrusted):
        world.grants.activate(world.product_id)
    assert world.store.load().grants == {}


def test_a_grant_by_a_key_that_the_catalog_does_not_name_is_not_taken(world: World) -> None:
    """Whoever answers in the publisher's place cannot sign in its name."""
    world.authority.signing_key = seeded(9)
    with pytest.raises(Untrusted) as caught:
        world.grants.activate(world.product_id)
    assert caught.value.code is Code.CHAIN_BROKEN
    assert world.status.license_status is LicenseStatus.NOTIFICATION


@pytest.mark.parametrize("change", ["rearm", "remove-key"])
def test_a_grant_that_was_under_way_is_not_taken(world: World, change: str) -> None:
    """What another program changed while the publisher was answering holds: the grant is for what was."""
    drafted = draft(world)
    answer = world.authority.activate_machine(drafted.token)
    if change == "rearm":
        rearm(store=world.store, clock=world.clock, new_uuid=world.new_uuid)
    else:
        remove_key(world.product_id, store=world.store, clock=world.clock)
    with pytest.raises(Untrusted) as caught:
        accept_grant(drafted.pending, answer.grant, (), store=world.store, clock=world.clock)
    assert caught.value.code is Code.GRANT_INVALID
    assert world.store.load().grants == {}


# In two steps, with days between


def test_a_request_may_be_carried_by_hand(world: World) -> None:
    """Drafted on one day, signed on another and brought back on a third: the pending part is all that must be kept."""
    drafted = draft(world)
    world.now += 3 * DAY
    answer = world.authority.activate_machine(drafted.token)
    world.now += 20 * DAY
    accept_grant(drafted.pending, answer.grant, (), store=world.store, clock=world.clock)
    assert world.status.for_good
    # Taking it a second time changes nothing.
    accept_grant(drafted.pending, answer.grant, (), store=world.store, clock=world.clock)
    assert world.status.for_good


def test_a_fresh_grant_sets_a_wrong_highest_time_right(world: World) -> None:
    """A machine that once showed a far year has no host to set its time back; the publisher's signature does."""
    world.store.update(lambda state: state.at(NOW + 1_000 * DAY))
    assert world.status.clock_moved_back
    world.grants.activate(world.product_id)
    assert not world.status.clock_moved_back


def test_a_grant_that_was_underway_for_days_sets_no_time_back(world: World) -> None:
    """It says what the time was, not what it is."""
    drafted = draft(world)
    answer = world.authority.activate_machine(drafted.token)
    world.now += DAY
    world.store.update(lambda state: state.at(NOW + 1_000 * DAY))
    accept_grant(drafted.pending, answer.grant, (), store=world.store, clock=world.clock)
    assert world.status.clock_moved_back


# Catalogs


def test_a_grant_by_a_new_signing_key_is_taken_with_the_catalog_that_names_it(world: World) -> None:
    """A machine that was off while the publisher changed its key catches up in one contact."""
    newer = SimulatedPublisher(signing_key=seeded(7), seq=2)
    world.authority.signing_key = seeded(7)
    world.authority.newer = (newer.catalog_token,)
    world.grants.activate(world.product_id)
    assert world.status.for_good
    assert world.store.load().catalogs[newer.publisher_id].newest.seq == 2


def test_a_publisher_that_has_no_catalogs_has_answered_all_the_same(world: World) -> None:
    """The grant is judged by what is known."""
    world.authority.newer = GONE
    world.grants.activate(world.product_id)
    assert world.status.for_good


def test_catalogs_that_do_not_follow_are_why_a_grant_is_not_taken(world: World) -> None:
    """The error tells of the catalogs, which are the reason; nothing of them is kept."""
    world.authority.signing_key = seeded(7)
    world.authority.newer = (SimulatedPublisher(root=seeded(8), signing_key=seeded(7), seq=2).catalog_token,)
    with pytest.raises(Untrusted, match="no root pinned here"):
        world.grants.activate(world.product_id)
    assert world.store.load().catalogs[world.publisher.publisher_id].newest.seq == 1


# Keys, leases and machines


def test_a_grant_takes_the_place_of_a_lease_and_a_lease_that_of_a_grant() -> None:
    """Until then what is held counts, whatever key is installed."""
    world = World()
    world.install()
    world.activation.activate(world.product_id)
    world.install_key_of(MAK.text)
    assert (world.status.license_status, world.status.for_good) == (LicenseStatus.LICENSED, False)
    world.any_activation.activate(world.product_id)
    assert (world.status.for_good, world.store.load().leases) == (True, {})
    world.install()
    assert world.status.for_good
    world.any_activation.activate(world.product_id)
    assert (world.status.license_status, world.status.for_good) == (LicenseStatus.LICENSED, False)
    assert world.store.load().grants == {}


def test_a_generic_key_is_nothing_to_ask_a_publisher_with() -> None:
    """The cure says what is."""
    world = World()
    world.install()
    with pytest.raises(UsageError) as caught:
        draft(world)
    assert caught.value.code is Code.KEY_TYPE


def test_without_a_key_there_is_nothing_to_ask_with() -> None:
    """As at hosts: 0xC004F014."""
    with pytest.raises(UsageError) as caught:
        World().grants.activate(ELSEWHERE)
    assert (caught.value.code, caught.value.hresult) == (Code.NOT_SET_UP, "0xC004F014")


def test_a_user_who_may_not_read_the_key_is_told(world: World) -> None:
    """And how it can be done all the same."""
    world.store.update(lambda state: replace(state, secret_keys={}))
    with pytest.raises(UsageError, match="the user who installed the key") as caught:
        world.grants.activate(world.product_id)
    assert caught.value.code is Code.NOT_SET_UP


def test_a_machine_that_lost_its_catalog_asks_nobody(world: World) -> None:
    """It could not verify the answer."""
    world.store.update(lambda state: replace(state, catalogs={}))
    with pytest.raises(UsageError, match="catalog"):
        world.grants.activate(world.product_id)
    assert world.authority.requests == []


def test_a_copied_machine_activates_under_an_id_of_its_own(world: World) -> None:
    """The copy is not licensed by its original's grant; it asks as a new machine, and is."""
    world.grants.activate(world.product_id)
    world.fingerprint = "fingerprint-of-the-copy"
    assert (world.status.license_status, world.status.reason) == ("notification", "machine_changed")
    world.grants.activate(world.product_id)
    original, copy = world.authority.requests
    assert original.asker != copy.asker
    assert copy.fingerprint == world.fingerprint
    assert world.status.for_good


# Waiting


def test_while_there_is_time_a_silent_publisher_is_asked_again(world: World) -> None:
    """With pauses that double; each is told."""
    world.authority.script.extend([GONE, GONE])
    world.grants.activate(world.product_id, seconds=60)
    assert world.pauses == [1, 2]
    assert all(isinstance(progress, TryingAgain) for progress in world.told)
    assert world.status.for_good


@pytest.mark.parametrize(("error", "asked"), [(GONE, 3), (USED_UP, 1)], ids=["silent", "refused"])
def test_what_waiting_does_not_cure_is_told_at_once(world: World, error: TenureError, asked: int) -> None:
    """A refusal the first time, silence when the time is over: after 0, 1 and 3 of 5 seconds."""
    world.authority.script.extend([error] * 10)
    with pytest.raises(type(error)):
        world.grants.activate(world.product_id, seconds=5)
    assert len(world.authority.requests) == asked
