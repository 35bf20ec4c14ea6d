"""Taking an activation back: the place is free, and what was signed for it is revoked."""

from __future__ import annotations

from uuid import UUID

import pytest

from simulators.authority import HOST_ID, SimulatedAuthority, host_request, machine_request
from simulators.publisher import NOW
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.product_key import parse
from tenure.core.revocation import Revocable, Revocation
from tenure.publisher.activation import activate_host
from tenure.publisher.key_records import show_key
from tenure.publisher.keys import issue_host_key
from tenure.publisher.machine_activation import activate_machine
from tenure.publisher.memory import MemoryPublisherStore
from tenure.publisher.release import release_activation
from tenure.publisher.revocations import current_list
from tenure.wire.keys import derived_pair


@pytest.fixture
def simulated() -> SimulatedAuthority:
    """A publisher with one product of each kind."""
    return SimulatedAuthority()


def activated(simulated: SimulatedAuthority, key: str, number: int = 1, *, request_id: str = "") -> UUID:
    """The activation of the machine with this number."""
    request = machine_request(
        key,
        product_id=simulated.products[0].product_id,
        machine_id=UUID(int=number),
        fingerprint=f"machine-fingerprint-{number}",
        request_id=request_id or f"request-{number}",
    )
    activate_machine(simulated.authority, request)
    holders = show_key(simulated.authority, derived_pair(parse(key)).kid).holders
    return next(h.activation_id for h in holders if h.sub == UUID(int=number))


def test_a_released_place_is_free_for_another_machine(simulated: SimulatedAuthority) -> None:
    """The fourth machine comes in after one of three is released."""
    key = simulated.mak(3)
    ids = [activated(simulated, key, number) for number in (1, 2, 3)]
    with pytest.raises(Refused):
        activated(simulated, key, 4)
    released = release_activation(simulated.authority, ids[1], reason="stolen")
    assert (released.holder.sub, released.used, released.key.limit) == (UUID(int=2), 2, 3)
    activated(simulated, key, 4, request_id="once more")
    holders = show_key(simulated.authority, derived_pair(parse(key)).kid).holders
    assert [h.sub for h in holders] == [UUID(int=1), UUID(int=3), UUID(int=4)]


def test_the_grant_is_revoked_by_its_id(simulated: SimulatedAuthority) -> None:
    """From now on, with the reason; it is kept for good, and the signed list says so at once."""
    activation_id = activated(simulated, simulated.mak(3))
    simulated.now += 60
    release_activation(simulated.authority, activation_id, reason="stolen")
    revoked = Revocation(kind=Revocable.GRANT, subject=str(activation_id), since=NOW + 60, reason="stolen")
    with simulated.store.reading() as rows:
        assert list(rows.revocations()) == [revoked]
    assert current_list(simulated.authority).newest.entries == (revoked,)


def test_a_released_installation_takes_a_new_place(simulated: SimulatedAuthority) -> None:
    """Under a new activation, so that its new grant is not the revoked one."""
    key = simulated.mak(1)
    before = activated(simulated, key)
    release_activation(simulated.authority, before, reason="")
    assert activated(simulated, key, request_id="again") != before


def test_a_host_that_is_released_is_revoked_by_its_host_id(simulated: SimulatedAuthority) -> None:
    """Its place on the host key is free, and its certificates are void."""
    key, issued = issue_host_key(simulated.authority, pools=(), customer="", agreement="", trial=False)
    activate_host(simulated.authority, host_request(key.text, audience=simulated.publisher_id))
    (holder,) = show_key(simulated.authority, issued.key_id).holders
    assert release_activation(simulated.authority, holder.activation_id, reason="").used == 0
    with simulated.store.reading() as rows:
        (revoked,) = rows.revocations()
    assert (revoked.kind, revoked.subject, revoked.reason) == (Revocable.HOST, str(HOST_ID), "")


def test_an_activation_is_released_once(simulated: SimulatedAuthority) -> None:
    """The second time there is none; one that never was is told alike."""
    activation_id = activated(simulated, simulated.mak(1))
    release_activation(simulated.authority, activation_id, reason="")
    for unknown in (activation_id, UUID(int=0)):
        with pytest.raises(Refused) as caught:
            release_activation(simulated.authority, unknown, reason="")
        assert caught.value.code is Code.ACTIVATION_UNKNOWN


@pytest.mark.parametrize("reason", ["x" * 121, "two\nlines"], ids=["too-long", "two-lines"])
def test_a_reason_must_be_a_line(simulated: SimulatedAuthority, reason: str) -> None:
    """It will stand in a signed list; nothing is released then."""
    key = simulated.mak(1)
    activation_id = activated(simulated, key)
    with pytest.raises(UsageError) as caught:
        release_activation(simulated.authority, activation_id, reason=reason)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert show_key(simulated.authority, derived_pair(parse(key)).kid).used == 1


def test_a_release_leaves_an_audit_row(simulated: SimulatedAuthority) -> None:
    """Which activation, whose, and why."""
    store = simulated.store
    assert isinstance(store, MemoryPublisherStore)
    activation_id = activated(simulated, simulated.mak(1))
    release_activation(simulated.authority, activation_id, reason="stolen")
    event = store.rows.audited[-1].event
    assert (event.at, event.action, event.subject) == (NOW, "activation release", str(activation_id))
    for told in (str(UUID(int=1)), "stolen"):
        assert told in event.detail
