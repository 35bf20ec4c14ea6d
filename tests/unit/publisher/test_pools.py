"""Pools are made with their terms and keep them."""

from __future__ import annotations

from uuid import UUID

import pytest

from tenure.core.errors import Code, Refused, UsageError
from tenure.core.policy import BOUNDS, DEFAULT_POLICIES, Kind, Policy
from tenure.publisher.authority import NewProduct
from tenure.publisher.pools import pools_with

WORKSTATION = NewProduct(name="Draft Studio", kind=Kind.WORKSTATION, product_id=UUID(int=1))
SERVER = NewProduct(name="Render Server", kind=Kind.SERVER, product_id=UUID(int=2))
IN_RACK = NewProduct(name="Rack Server", kind=Kind.SERVER, pool="rack")
DESK_IN_RACK = NewProduct(name="Rack Desk", kind=Kind.WORKSTATION, pool="rack")


def test_products_bring_the_default_pool_of_their_kind() -> None:
    """Only the pools that are needed, with the default terms."""
    assert pools_with({}, [SERVER], {}) == {"servers": DEFAULT_POLICIES[Kind.SERVER]}
    assert set(pools_with({}, [SERVER, WORKSTATION], {})) == {"servers", "workstations"}


def test_a_default_pool_has_the_terms_of_its_own_kind_whatever_joins_it_first() -> None:
    """A workstation that counts among the servers does not make their threshold 25."""
    joining = NewProduct(name="Console", kind=Kind.WORKSTATION, pool="servers")
    assert pools_with({}, [joining], {}) == {"servers": DEFAULT_POLICIES[Kind.SERVER]}


@pytest.mark.parametrize(
    ("products", "name", "threshold"),
    [
        pytest.param([IN_RACK], "rack", 5, id="only-servers-in-it"),
        pytest.param([DESK_IN_RACK], "rack", 25, id="only-workstations-in-it"),
        pytest.param([WORKSTATION], "servers", 5, id="a-default-pool-by-its-name"),
    ],
)
def test_terms_that_are_left_out_are_the_defaults_of_the_pools_kind(
    products: list[NewProduct], name: str, threshold: int
) -> None:
    """A pool of servers has the threshold of servers."""
    made = pools_with({}, products, {name: {"lease_days": 40}})[name]
    assert (made.threshold, made.lease_days, made.window_days) == (threshold, 40, 30)


@pytest.mark.parametrize(
    "products",
    [
        pytest.param([WORKSTATION], id="no-product-in-it"),
        pytest.param([IN_RACK, DESK_IN_RACK], id="products-of-both-kinds"),
    ],
)
def test_a_pool_whose_kind_nobody_tells_needs_a_threshold(products: list[NewProduct]) -> None:
    """A threshold is never guessed; given, it makes the pool."""
    with pytest.raises(UsageError) as caught:
        pools_with({}, products, {"rack": {"lease_days": 40}})
    assert caught.value.code is Code.CATALOG_INVALID
    assert pools_with({}, products, {"rack": {"threshold": 9}})["rack"].threshold == 9


def test_a_pool_that_does_not_exist_is_not_made_by_naming_it() -> None:
    """A typing error would count machines apart for good; the cure names the pools that there are."""
    with pytest.raises(UsageError) as caught:
        pools_with({"lab": Policy(threshold=3)}, [IN_RACK], {})
    assert caught.value.code is Code.CATALOG_INVALID
    assert "lab, servers, workstations" in caught.value.cure


def test_a_product_joins_a_pool_that_exists() -> None:
    """Its terms stay as they were signed."""
    pools = {"rack": Policy(threshold=3)}
    assert pools_with(pools, [IN_RACK], {}) == pools


def test_terms_that_agree_with_an_existing_pool_change_nothing() -> None:
    """Also when they name only some of its fields."""
    pools = {"rack": Policy(threshold=3, lease_days=90)}
    assert pools_with(pools, [IN_RACK], {"rack": {"lease_days": 90}}) == pools


def test_other_terms_for_an_existing_pool_are_refused_by_field() -> None:
    """What was signed, what was given."""
    with pytest.raises(Refused) as caught:
        pools_with({"rack": Policy(threshold=3)}, [IN_RACK], {"rack": {"threshold": 4, "lease_days": 180}})
    assert caught.value.code is Code.PRODUCT_TAKEN
    assert "threshold is 3, 4 was given" in caught.value.detail
    assert "lease_days" not in caught.value.detail


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(field, bad, id=f"{field}-{where}")
        for field, (low, high) in BOUNDS.items()
        for where, bad in (("below", low - 1), ("above", high + 1))
    ],
)
def test_terms_out_of_bounds_are_refused_with_the_pools_name(field: str, value: int) -> None:
    """In a file with many pools the name is what one looks for."""
    with pytest.raises(UsageError) as caught:
        pools_with({}, [IN_RACK], {"rack": {field: value}})
    assert caught.value.code is Code.POLICY_OUT_OF_BOUNDS
    assert caught.value.detail.startswith(f"Pool 'rack': {field}")


@pytest.mark.parametrize("name", ["", "Rack", "-rack", "a b", "r" * 64, "rack\n"])
def test_a_pools_name_is_plain(name: str) -> None:
    """It stands in certificates, leases and reports."""
    with pytest.raises(UsageError) as caught:
        pools_with({}, [WORKSTATION], {name: {"threshold": 3}})
    assert caught.value.code is Code.CATALOG_INVALID
