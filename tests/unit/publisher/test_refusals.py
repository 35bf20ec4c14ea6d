"""Refused attempts that an auditor wants to see."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.authority import MACHINE_ID, SimulatedAuthority, host_request, machine_request
from simulators.publisher import NOW
from tenure.core.errors import Code, Refused
from tenure.core.product_key import KeyType, make, parse
from tenure.publisher.activation import activate_host
from tenure.publisher.audit import Actor
from tenure.publisher.keys import issue_host_key
from tenure.publisher.machine_activation import activate_machine
from tenure.publisher.memory import MemoryPublisherStore
from tenure.publisher.revocations import revoke_key
from tenure.wire.keys import derived_pair

if TYPE_CHECKING:
    from tenure.publisher.audit import AuditEvent


@pytest.fixture
def simulated() -> SimulatedAuthority:
    """A publisher with one product of each kind."""
    return SimulatedAuthority()


def ask(simulated: SimulatedAuthority, key: str, number: int, *, request: int | None = None) -> Code | None:
    """What became of the request of the machine with this number: why it was refused."""
    document = machine_request(
        key,
        product_id=simulated.products[0].product_id,
        machine_id=UUID(int=number),
        fingerprint=f"machine-fingerprint-{number}",
        request_id=f"request-{number if request is None else request}",
    )
    try:
        activate_machine(simulated.authority, document)
    except Refused as error:
        return error.code
    return None


def refusals(simulated: SimulatedAuthority) -> list[AuditEvent]:
    """The refusals in the audit."""
    assert isinstance(simulated.store, MemoryPublisherStore)
    events = [row.event for row in simulated.store.rows.audited]
    return [event for event in events if event.action.startswith("refused")]


def test_a_key_that_is_used_up_is_audited_with_who_asked(simulated: SimulatedAuthority) -> None:
    """By key, of which the publisher issued so many and no more; the place is nobody's."""
    key = simulated.mak(1)
    assert (ask(simulated, key, 1), ask(simulated, key, 2)) == (None, Code.KEY_LIMIT)
    (event,) = refusals(simulated)
    assert (event.at, event.action, event.subject) == (NOW, "refused key_limit", derived_pair(parse(key)).kid)
    assert event.actor == Actor(f"machine {UUID(int=2)}")


def test_a_host_s_refusal_is_audited_too(simulated: SimulatedAuthority) -> None:
    """A revoked key, say."""
    key, issued = issue_host_key(simulated.authority, pools=(), customer="", agreement="", trial=False)
    revoke_key(simulated.authority, issued.key_id, reason="", since=None)
    with pytest.raises(Refused):
        activate_host(simulated.authority, host_request(key.text, audience=simulated.publisher_id))
    (event,) = refusals(simulated)
    assert (event.action, event.subject) == ("refused key_blocked", issued.key_id)


def test_a_request_that_was_changed_is_audited_under_the_key_that_was_answered(
    simulated: SimulatedAuthority,
) -> None:
    """Not under the one that it names: that may be any."""
    key = simulated.mak(2)
    other = make(KeyType.MAK, 0, 4711).text
    assert ask(simulated, key, 1) is None
    assert ask(simulated, other, 2, request=1) is Code.REQUEST_CHANGED
    (event,) = refusals(simulated)
    assert (event.action, event.subject) == ("refused request_changed", derived_pair(parse(key)).kid)


def test_what_anybody_can_bring_about_is_not_audited(simulated: SimulatedAuthority) -> None:
    """A key that was never issued: there are as many as one likes to invent."""
    assert ask(simulated, make(KeyType.MAK, 0, 4711).text, 1) is Code.KEY_UNKNOWN
    assert refusals(simulated) == []


def test_a_flood_of_refusals_is_folded(simulated: SimulatedAuthority) -> None:
    """Twenty attempts are two rows: the first and the tenth."""
    key = simulated.mak(1)
    assert ask(simulated, key, int(MACHINE_ID)) is None
    assert {ask(simulated, key, number) for number in range(20)} == {Code.KEY_LIMIT}
    assert [event.detail for event in refusals(simulated)] == ["", "10 times within the hour"]
