"""Issuing product keys: shown once, kept nowhere."""

from __future__ import annotations

from typing import Literal, TypeAlias
from uuid import UUID

import pytest

from simulators.authority import SimulatedAuthority
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.product_key import KeyType, parse
from tenure.publisher.key_records import list_keys, show_key
from tenure.publisher.keys import generic_key, issue_host_key, issue_machine_key
from tenure.publisher.memory import MemoryPublisherStore
from tenure.wire.keys import derived_pair

Machine: TypeAlias = Literal[KeyType.MAK, KeyType.RETAIL]


@pytest.fixture
def simulated() -> SimulatedAuthority:
    """A publisher with one product of each kind."""
    return SimulatedAuthority()


def test_of_a_host_key_only_the_public_half_and_five_characters_are_kept(
    simulated: SimulatedAuthority,
) -> None:
    """Whoever steals the store cannot make the key of it."""
    key, issued = issue_host_key(
        simulated.authority, pools=(), customer="Customer", agreement="A-1", trial=False
    )
    assert (key.type, key.covers_all_products) == (KeyType.HOST, True)
    assert issued.key_id == derived_pair(parse(key.text)).kid
    assert issued.partial == key.text[-5:]
    kept = repr(simulated.store)
    with simulated.store.reading() as rows:
        kept += repr(rows)
    assert key.text not in kept
    assert key.characters not in kept


def test_a_host_key_can_be_for_some_pools_only(simulated: SimulatedAuthority) -> None:
    """A pool that does not exist is refused by name."""
    _, issued = issue_host_key(
        simulated.authority, pools=["servers", "servers"], customer="", agreement="", trial=False
    )
    assert issued.pools == ("servers",)
    with pytest.raises(UsageError) as caught:
        issue_host_key(simulated.authority, pools=["nowhere"], customer="", agreement="", trial=False)
    assert "servers, workstations" in caught.value.cure


def test_keys_are_listed_and_shown_with_what_is_left(simulated: SimulatedAuthority) -> None:
    """A new key has all of its six places."""
    _, issued = issue_host_key(simulated.authority, pools=(), customer="Customer", agreement="", trial=True)
    assert [report.key for report in list_keys(simulated.authority)] == [issued]
    report = show_key(simulated.authority, issued.key_id)
    assert (report.used, report.left, list(report.holders)) == (0, 6, [])


def test_an_unknown_key_id_is_refused(simulated: SimulatedAuthority) -> None:
    """The cure names the command that lists them."""
    with pytest.raises(Refused) as caught:
        show_key(simulated.authority, "nothing")
    assert caught.value.code is Code.KEY_UNKNOWN


def test_a_generic_key_is_the_one_in_the_catalog(simulated: SimulatedAuthority) -> None:
    """It is public, so asking again gives the same."""
    product = simulated.products[0]
    assert generic_key(simulated.authority, product.product_id)[0] == product.generic_keys[0]
    with pytest.raises(Refused) as caught:
        generic_key(simulated.authority, UUID(int=999))
    assert caught.value.code is Code.PRODUCT_UNKNOWN


@pytest.mark.parametrize(
    ("type_", "activations"),
    [
        pytest.param(KeyType.MAK, 1, id="a-mak-of-one"),
        pytest.param(KeyType.MAK, 1_000_000, id="the-largest-mak"),
        pytest.param(KeyType.RETAIL, 1, id="retail"),
    ],
)
def test_a_machine_key_tells_its_type_and_product_offline(
    simulated: SimulatedAuthority, type_: Machine, activations: int
) -> None:
    """Of it too only the public half and five characters are kept."""
    server = simulated.products[1]
    key, issued = issue_machine_key(
        simulated.authority,
        type_,
        product_id=server.product_id,
        activations=activations,
        customer="Customer",
        agreement="A-1",
    )
    read = parse(key.text)
    assert (read.type, read.product_number) == (type_, server.number)
    assert (issued.limit, issued.pools, issued.trial) == (activations, None, False)
    report = show_key(simulated.authority, issued.key_id)
    assert (report.key, report.product, report.left) == (issued, server, activations)
    with simulated.store.reading() as rows:
        assert key.characters not in repr(rows)


@pytest.mark.parametrize(
    ("type_", "activations"),
    [
        pytest.param(KeyType.MAK, 0, id="a-mak-of-none"),
        pytest.param(KeyType.MAK, 1_000_001, id="one-too-many"),
        pytest.param(KeyType.RETAIL, 2, id="retail-for-two"),
    ],
)
def test_a_number_of_activations_that_no_key_has_is_refused(
    simulated: SimulatedAuthority, type_: Machine, activations: int
) -> None:
    """No key is issued then."""
    with pytest.raises(UsageError) as caught:
        issue_machine_key(
            simulated.authority,
            type_,
            product_id=simulated.products[0].product_id,
            activations=activations,
            customer="",
            agreement="",
        )
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert list_keys(simulated.authority) == []


def test_a_machine_key_needs_a_product_that_exists(simulated: SimulatedAuthority) -> None:
    """Its number must stand in the key."""
    with pytest.raises(Refused) as caught:
        issue_machine_key(
            simulated.authority,
            KeyType.MAK,
            product_id=UUID(int=999),
            activations=1,
            customer="",
            agreement="",
        )
    assert caught.value.code is Code.PRODUCT_UNKNOWN


@pytest.mark.parametrize(
    ("customer", "agreement"),
    [
        pytest.param("c" * 256, "", id="a-long-customer"),
        pytest.param("", "a" * 256, id="a-long-agreement"),
        pytest.param("two\nlines", "", id="a-customer-of-two-lines"),
    ],
)
def test_a_customer_that_no_certificate_can_name_gets_no_key(
    simulated: SimulatedAuthority, customer: str, agreement: str
) -> None:
    """Else its hosts would use up places for certificates that nobody can read."""
    with pytest.raises(UsageError) as caught:
        issue_host_key(simulated.authority, pools=(), customer=customer, agreement=agreement, trial=False)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert list_keys(simulated.authority) == []


def test_every_issue_leaves_an_audit_row_without_the_key() -> None:
    """Which key, by its id."""
    store = MemoryPublisherStore()
    simulated = SimulatedAuthority(store)
    key, issued = issue_host_key(simulated.authority, pools=(), customer="", agreement="", trial=False)
    event = store.rows.audited[-1].event
    assert (event.at, event.action, event.subject) == (simulated.now, "key issue", issued.key_id)
    assert key.partial not in repr(store.rows.audited)
