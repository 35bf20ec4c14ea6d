"""Issuing product keys: shown once, kept nowhere."""

from __future__ import annotations

from uuid import UUID

import pytest

from simulators.authority import SimulatedAuthority
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.product_key import KeyType, parse
from tenure.publisher.keys import generic_key, issue_host_key, list_keys, show_key
from tenure.wire.keys import derived_pair


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
