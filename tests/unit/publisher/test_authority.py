"""Making a publisher and the editions of its catalog."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from simulators.authority import SimulatedAuthority
from tenure.core.errors import Code, Refused, TenureError, UsageError
from tenure.core.policy import DEFAULT_POLICIES, Kind, Policy
from tenure.core.product_key import KeyType, parse
from tenure.publisher.authority import NewProduct
from tenure.wire.trust import first_catalogs


@pytest.fixture
def simulated() -> SimulatedAuthority:
    """A publisher with one product of each kind."""
    return SimulatedAuthority()


def test_a_home_holds_one_publisher(simulated: SimulatedAuthority) -> None:
    """A second `init` is refused, and the first publisher stays."""
    with pytest.raises(UsageError) as caught:
        simulated.authority.init(name="Another", contact="", publisher_url=None)
    assert caught.value.code is Code.SET_UP_ALREADY
    assert simulated.authority.catalogs().newest.name == "Example Software"


def test_workstations_and_servers_count_in_pools_of_their_own(simulated: SimulatedAuthority) -> None:
    """By default one pool a kind, with the thresholds 25 and 5."""
    catalog = simulated.authority.catalogs().newest
    assert {product.kind: product.pool for product in catalog.products} == {
        Kind.WORKSTATION: "workstations",
        Kind.SERVER: "servers",
    }
    assert {pool: policy.threshold for pool, policy in catalog.pools.items()} == {
        "workstations": 25,
        "servers": 5,
    }


def test_each_product_has_a_number_and_a_generic_key_that_tells_it(simulated: SimulatedAuthority) -> None:
    """Numbers are the lowest that are free; the key says type and number offline."""
    keys = [parse(product.generic_keys[0]) for product in simulated.products]
    assert [(key.type, key.product_number) for key in keys] == [(KeyType.GENERIC, 0), (KeyType.GENERIC, 1)]


def test_every_change_is_a_new_edition_that_follows_the_one_before(simulated: SimulatedAuthority) -> None:
    """The list that travels verifies from its first catalog on, and holds the first and the newest."""
    simulated.authority.move("https://activation.example")
    chain = simulated.authority.catalogs()
    assert (chain.newest.seq, chain.newest.publisher_url) == (3, "https://activation.example")
    assert len(chain.tokens) == 2
    assert first_catalogs(chain.tokens).newest == chain.newest


def test_a_clock_that_went_back_makes_no_catalog_older_than_its_predecessor(
    simulated: SimulatedAuthority,
) -> None:
    """`iat` never falls along the chain."""
    before = simulated.authority.catalogs().newest
    simulated.now -= 1_000_000
    assert simulated.authority.move("https://activation.example").iat == before.iat


@pytest.mark.parametrize(
    "product",
    [
        pytest.param(NewProduct(name="Draft Studio", kind=Kind.SERVER), id="a-name-twice"),
        pytest.param(NewProduct(name="Other", kind=Kind.SERVER, number=0), id="a-number-twice"),
        pytest.param(NewProduct(name="Other", kind=Kind.SERVER, number=1023), id="the-number-of-all"),
    ],
)
def test_a_catalog_that_contradicts_itself_is_not_made(
    simulated: SimulatedAuthority, product: NewProduct
) -> None:
    """The product is refused and the catalog stays as it was."""
    before = simulated.authority.catalogs()
    with pytest.raises(UsageError):
        simulated.authority.add_products([product])
    assert simulated.authority.catalogs() == before


def test_of_several_products_all_are_added_or_none(simulated: SimulatedAuthority) -> None:
    """One bad entry in a file leaves the catalog alone."""
    before = simulated.authority.catalogs()
    good, bad = NewProduct(name="New", kind=Kind.SERVER), NewProduct(name="New", kind=Kind.SERVER)
    with pytest.raises(UsageError):
        simulated.authority.add_products([good, bad])
    assert simulated.authority.catalogs() == before


def test_a_pool_keeps_the_terms_that_were_signed(simulated: SimulatedAuthority) -> None:
    """The same terms again are fine; others are refused."""
    product = NewProduct(name="New", kind=Kind.SERVER)
    same = {"servers": DEFAULT_POLICIES[Kind.SERVER]}
    simulated.authority.add_products([product], policies=same)
    with pytest.raises(Refused):
        simulated.authority.add_products(
            [replace(product, name="Newer")], policies={"servers": Policy(threshold=6)}
        )


def test_a_foreign_product_id_may_be_refused(simulated: SimulatedAuthority) -> None:
    """The check is handed in; nothing is added when it raises."""

    def refuse(product_id: UUID) -> None:
        raise Refused(Code.PRODUCT_TAKEN, f"{product_id} is not yours")

    product = NewProduct(name="New", kind=Kind.SERVER, product_id=UUID(int=5))
    with pytest.raises(TenureError):
        simulated.authority.add_products([product], refuse_foreign=refuse)
    assert simulated.authority.catalogs().newest.product(UUID(int=5)) is None
