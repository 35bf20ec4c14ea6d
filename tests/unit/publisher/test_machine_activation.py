"""Activating a machine: from its request to its grant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from simulators.authority import MACHINE_ID, SeededKeys, SimulatedAuthority, host_request, machine_request
from simulators.publisher import NOW, seeded
from tenure.core.enrolment import Installation
from tenure.core.errors import Code, Refused, TenureError, Untrusted
from tenure.core.policy import DAY
from tenure.core.product_key import KeyType, make, parse
from tenure.publisher.audit import Actor
from tenure.publisher.key_records import show_key
from tenure.publisher.keys import issue_host_key, issue_machine_key
from tenure.publisher.machine_activation import activate_machine
from tenure.publisher.memory import MemoryPublisherStore
from tenure.wire.grant import grant_of
from tenure.wire.jws import Typ, read
from tenure.wire.keys import derived_pair

if TYPE_CHECKING:
    from tenure.core.grant import Grant
    from tenure.wire.enrolment import MachineActivated
    from tenure.wire.keys import SigningKey


@pytest.fixture
def simulated() -> SimulatedAuthority:
    """A publisher with one product of each kind."""
    return SimulatedAuthority()


@pytest.fixture
def key(simulated: SimulatedAuthority) -> str:
    """A MAK of three for its first product."""
    return simulated.mak(3)


def ask(simulated: SimulatedAuthority, key: str, number: int = 1, **changes: Any) -> str:
    """A request of the machine with this number."""
    known: dict[str, Any] = {
        "machine_id": UUID(int=number),
        "fingerprint": f"machine-fingerprint-{number}",
        "request_id": f"request-{number}",
    }
    return machine_request(key, product_id=simulated.products[0].product_id, **known | changes)


def grant_in(answer: MachineActivated) -> Grant:
    """The grant, verified with the publisher's key."""
    return grant_of(read(answer.grant, Typ.GRANT).verify(seeded(2).public))


def refusal(simulated: SimulatedAuthority, request: str) -> TenureError:
    """The error that a request meets."""
    with pytest.raises(TenureError) as caught:
        activate_machine(simulated.authority, request)
    return caught.value


def key_id(key: str) -> str:
    """Under which the publisher knows it."""
    return derived_pair(parse(key)).kid


def test_a_grant_says_who_may_run_what_with_which_key(simulated: SimulatedAuthority, key: str) -> None:
    """Machine, product, installation, key and request; its id is the activation's, which holders are told by."""
    product = simulated.products[0].product_id
    answer = activate_machine(simulated.authority, machine_request(key, product_id=product))
    grant = grant_in(answer)
    assert (grant.publisher_id, grant.machine_id, grant.product_id) == (
        simulated.publisher_id,
        MACHINE_ID,
        product,
    )
    assert (grant.fingerprint, grant.key_id) == ("machine-fingerprint-1", key_id(key))
    assert (grant.nonce, grant.iat) == ("request-1", NOW)
    assert (answer.used, answer.limit) == (1, 3)
    (holder,) = show_key(simulated.authority, key_id(key)).holders
    assert (str(holder.activation_id), holder.sub, holder.at) == (grant.grant_id, MACHINE_ID, NOW)


def test_a_mak_of_three_activates_three_machines_and_no_fourth(
    simulated: SimulatedAuthority, key: str
) -> None:
    """0xC004C020; those that hold a place activate again for free, also then."""
    for number in (1, 2, 3):
        assert activate_machine(simulated.authority, ask(simulated, key, number)).used == number
    refused = refusal(simulated, ask(simulated, key, 4))
    assert (refused.code, refused.hresult) == (Code.KEY_LIMIT, "0xC004C020")
    again = activate_machine(simulated.authority, ask(simulated, key, 2, request_id="again"))
    assert (again.used, again.limit) == (3, 3)


def test_a_retail_key_is_for_one_machine(simulated: SimulatedAuthority) -> None:
    """0xC004C008 for a second one."""
    key, _ = issue_machine_key(
        simulated.authority,
        KeyType.RETAIL,
        product_id=simulated.products[0].product_id,
        activations=1,
        customer="",
        agreement="",
    )
    assert activate_machine(simulated.authority, ask(simulated, key.text, 1)).limit == 1
    refused = refusal(simulated, ask(simulated, key.text, 2))
    assert (refused.code, refused.hresult) == (Code.KEY_LIMIT, "0xC004C008")


def test_the_same_installation_with_a_new_machine_id_is_free(simulated: SimulatedAuthority, key: str) -> None:
    """It keeps its activation, and so the id of its grant; the holder has the new machine id, and the new time."""
    first = activate_machine(simulated.authority, ask(simulated, key))
    simulated.now += DAY
    again = activate_machine(
        simulated.authority,
        ask(simulated, key, machine_id=UUID(int=9), request_id="again", now=simulated.now),
    )
    assert again.used == 1
    assert grant_in(again).grant_id == grant_in(first).grant_id
    assert grant_in(again).machine_id == UUID(int=9)
    (holder,) = show_key(simulated.authority, key_id(key)).holders
    assert (holder.seat, holder.at) == (Installation(UUID(int=9), "machine-fingerprint-1"), NOW + DAY)


def test_another_installation_with_a_known_machine_id_is_counted(
    simulated: SimulatedAuthority, key: str
) -> None:
    """A copy is a machine of its own, whatever id it says it has."""
    activate_machine(simulated.authority, ask(simulated, key))
    copy = ask(simulated, key, fingerprint="fingerprint-of-the-copy", request_id="copy")
    assert activate_machine(simulated.authority, copy).used == 2


def test_the_same_installation_on_two_keys_is_counted_on_both(
    simulated: SimulatedAuthority, key: str
) -> None:
    """Each key has places of its own."""
    activate_machine(simulated.authority, ask(simulated, key))
    other = simulated.mak(1)
    assert activate_machine(simulated.authority, ask(simulated, other, request_id="other")).used == 1
    assert show_key(simulated.authority, key_id(key)).used == 1


def test_the_same_request_again_gets_the_same_grant_and_counts_nothing(
    simulated: SimulatedAuthority, key: str
) -> None:
    """A lost answer costs nobody a place, and is not made anew: byte for byte, with the numbers of then."""
    request = ask(simulated, key)
    first = activate_machine(simulated.authority, request)
    simulated.now += DAY
    assert activate_machine(simulated.authority, ask(simulated, key, 2)).used == 2
    assert activate_machine(simulated.authority, request) == first


def test_every_activation_leaves_an_audit_row(simulated: SimulatedAuthority, key: str) -> None:
    """One for each grant that was made; a repeated answer makes none."""
    store = simulated.store
    assert isinstance(store, MemoryPublisherStore)
    before = len(store.rows.audited)
    for _ in range(2):
        activate_machine(simulated.authority, ask(simulated, key))
    (row,) = store.rows.audited[before:]
    event = row.event
    assert (event.at, event.action, event.actor) == (
        NOW,
        "machine activate",
        Actor(f"machine {UUID(int=1)}"),
    )
    assert event.subject == key_id(key)
    assert parse(key).partial not in repr(event)


@pytest.mark.parametrize("request_", ["", "a.b.c", "x" * 20_000], ids=["nothing", "no-document", "too-long"])
def test_what_is_no_request_is_refused(simulated: SimulatedAuthority, request_: str) -> None:
    """In words, and before anything is asked of the store."""
    assert refusal(simulated, request_).code is Code.DOCUMENT_MALFORMED


def test_a_request_that_was_altered_is_refused(simulated: SimulatedAuthority, key: str) -> None:
    """Its signature is the asker's own; a place is not taken."""
    one, other = ask(simulated, key, 1), ask(simulated, key, 2)
    altered = ".".join([*other.split(".")[:2], one.split(".")[2]])
    assert refusal(simulated, altered).code is Code.SIGNATURE_INVALID
    assert show_key(simulated.authority, key_id(key)).used == 0


def test_other_content_under_a_known_request_id_is_refused(simulated: SimulatedAuthority, key: str) -> None:
    """A request id stands for one request, of a machine as of a host."""
    activate_machine(simulated.authority, ask(simulated, key))
    changed = ask(simulated, key, 2, request_id="request-1")
    assert refusal(simulated, changed).code is Code.REQUEST_CHANGED


def test_a_key_that_was_never_issued_is_unknown(simulated: SimulatedAuthority) -> None:
    """A well-formed key is not yet an issued one."""
    stranger = make(KeyType.MAK, 0, 4711).text
    assert refusal(simulated, ask(simulated, stranger)).code is Code.KEY_UNKNOWN


def test_knowing_a_key_id_is_not_holding_the_key(simulated: SimulatedAuthority, key: str) -> None:
    """A proof by another pair is told as an unknown key."""
    with simulated.store.transaction() as rows:
        ((issued, _),) = rows.issued_keys()
        rows.add_key(replace(issued, public_x=seeded(9).public.x))
    assert refusal(simulated, ask(simulated, key)).code is Code.KEY_UNKNOWN


def test_a_blocked_key_activates_nobody(simulated: SimulatedAuthority, key: str) -> None:
    """0xC004C003."""
    with simulated.store.transaction() as rows:
        ((issued, _),) = rows.issued_keys()
        rows.add_key(replace(issued, blocked=True))
    refused = refusal(simulated, ask(simulated, key))
    assert (refused.code, refused.hresult) == (Code.KEY_BLOCKED, "0xC004C003")


def test_a_host_key_activates_no_machine(simulated: SimulatedAuthority) -> None:
    """0xC004F050."""
    key, _ = issue_host_key(simulated.authority, pools=(), customer="", agreement="", trial=False)
    refused = refusal(simulated, ask(simulated, key.text))
    assert (refused.code, refused.hresult) == (Code.KEY_TYPE, "0xC004F050")


def test_a_mak_activates_its_own_product_alone(simulated: SimulatedAuthority, key: str) -> None:
    """The number in the key is the product's that is asked for."""
    request = machine_request(key, product_id=simulated.products[1].product_id)
    refused = refusal(simulated, request)
    assert (refused.code, refused.hresult) == (Code.KEY_TYPE, "0xC004F050")
    assert "Render Server" in refused.detail


def test_a_request_for_a_product_of_nobody_is_refused(simulated: SimulatedAuthority, key: str) -> None:
    """Another publisher's, most likely; and a host's request is none of a machine's."""
    assert refusal(simulated, machine_request(key, product_id=UUID(int=5))).code is Code.PUBLISHER_MISMATCH
    host = host_request(key, audience=simulated.publisher_id)
    assert refusal(simulated, host).code is Code.PUBLISHER_MISMATCH


@pytest.mark.parametrize(
    ("made", "code"),
    [
        pytest.param(NOW - 30 * DAY + 1, None, id="the-last-second-of-30-days"),
        pytest.param(NOW - 30 * DAY, Code.REQUEST_EXPIRED, id="30-days"),
        pytest.param(NOW + 4 * 3600, None, id="4h-ahead"),
        pytest.param(NOW + 4 * 3600 + 1, Code.REQUEST_EXPIRED, id="4h1s-ahead"),
    ],
)
def test_a_request_lives_30_days(
    simulated: SimulatedAuthority, key: str, made: int, code: Code | None
) -> None:
    """Long enough for paper, and four hours of clock difference are forgiven."""
    request = ask(simulated, key, now=made)
    if code is None:
        assert activate_machine(simulated.authority, request).used == 1
    else:
        assert refusal(simulated, request).code is code


class OtherKeys(SeededKeys):
    """A signing key file that is not the publisher's."""

    def signing_key(self) -> SigningKey:
        """The key of somebody else."""
        return seeded(8)


def test_a_wrong_signing_key_costs_no_machine_its_place(simulated: SimulatedAuthority, key: str) -> None:
    """A grant that nobody could verify is not made; with the right key the same request is served."""
    request = ask(simulated, key)
    with pytest.raises(Untrusted) as caught:
        activate_machine(replace(simulated.authority, keys=OtherKeys()), request)
    assert caught.value.code is Code.STATE_DAMAGED
    assert activate_machine(simulated.authority, request).used == 1


def test_a_refusal_is_of_a_rule(simulated: SimulatedAuthority, key: str) -> None:
    """Its branch is `Refused`, so that commands exit with 3."""
    for number in (1, 2, 3):
        activate_machine(simulated.authority, ask(simulated, key, number))
    assert isinstance(refusal(simulated, ask(simulated, key, 4)), Refused)
