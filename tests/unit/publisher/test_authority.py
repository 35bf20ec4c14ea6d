"""Making a publisher and the editions of its catalog."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from simulators.authority import SeededKeys, SimulatedAuthority
from simulators.publisher import NOW
from tenure.core.errors import Code, Refused, TenureError, Untrusted, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import Kind
from tenure.core.product_key import KeyType, parse
from tenure.publisher.audit import Actor
from tenure.publisher.authority import Authority, NewProduct
from tenure.publisher.key_records import list_keys, show_key
from tenure.publisher.keys import issue_host_key
from tenure.publisher.memory import MemoryPublisherStore
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


@pytest.mark.parametrize(
    ("name", "contact", "url"),
    [
        pytest.param("", "", None, id="no-name"),
        pytest.param("n" * 256, "", None, id="a-long-name"),
        pytest.param("Example", "two\nlines", None, id="a-contact-of-two-lines"),
        pytest.param("Example", "c" * 1_001, None, id="a-long-contact"),
        pytest.param("Example", "", "activation.example", id="an-address-without-scheme"),
    ],
)
def test_a_publisher_that_no_catalog_can_name_is_not_made(name: str, contact: str, url: str | None) -> None:
    """Nothing is stored, so that a second try can succeed."""
    store = MemoryPublisherStore()
    authority = Authority(store, SeededKeys(), lambda: NOW, uuid4, lambda _: 1, Actor("user alice"))
    with pytest.raises(UsageError) as caught:
        authority.init(name=name, contact=contact, publisher_url=url)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert store.rows.publisher_id() is None
    made = authority.init(name="Example", contact="", publisher_url="https://activation.example/")
    assert made.publisher_url == "https://activation.example"


def test_before_init_there_is_nobody(simulated: SimulatedAuthority) -> None:
    """Every use case says how to begin."""
    empty = replace(simulated.authority, store=MemoryPublisherStore())
    for use in (
        empty.catalogs,
        lambda: empty.move("https://activation.example"),
        lambda: empty.add_products([NewProduct(name="New", kind=Kind.SERVER)]),
        lambda: list_keys(empty),
        lambda: show_key(empty, "key"),
        lambda: issue_host_key(empty, pools=(), customer="", agreement="", trial=False),
    ):
        with pytest.raises(UsageError) as caught:
            use()
        assert caught.value.code is Code.NOT_SET_UP
        assert "publisher init" in caught.value.cure


def test_catalogs_that_do_not_verify_are_damage_and_nothing_is_signed_after_them(
    simulated: SimulatedAuthority,
) -> None:
    """A changed row is told as what it is."""
    with simulated.store.transaction() as rows:
        rows.save_catalogs([token[:-8] + "AAAAAAAA" for token in rows.catalogs()])
    with pytest.raises(Untrusted) as caught:
        simulated.authority.move("https://activation.example")
    assert caught.value.code is Code.STATE_DAMAGED


def test_every_edition_leaves_an_audit_row() -> None:
    """What was done, to what, and when."""
    store = MemoryPublisherStore()
    simulated = SimulatedAuthority(store)
    simulated.now += 60
    simulated.authority.move("https://activation.example")
    events = [row.event for row in store.rows.audited]
    assert {event.actor for event in events} == {Actor("user alice")}
    assert [(event.at, event.action, event.subject) for event in events] == [
        (NOW, "publisher init", str(simulated.publisher_id)),
        (NOW, "product add", "Draft Studio, Render Server"),
        (NOW + 60, "publisher move", "https://activation.example"),
    ]


def test_numbers_that_are_asked_for_are_kept_free_for_whoever_asks(simulated: SimulatedAuthority) -> None:
    """The order of the products in a file does not matter."""
    added = simulated.authority.add_products(
        [
            NewProduct(name="Any", kind=Kind.SERVER),
            NewProduct(name="Two", kind=Kind.SERVER, number=2),
            NewProduct(name="Last", kind=Kind.SERVER, number=1022),
        ]
    )
    assert [product.number for product in added] == [3, 2, 1022]


def test_a_catalog_has_1023_products_at_most(simulated: SimulatedAuthority) -> None:
    """All numbers are used then, and the one too many is refused in words."""
    products = [NewProduct(name=f"Edition {n}", kind=Kind.SERVER) for n in range(1021)]
    simulated.authority.add_products(products)
    with pytest.raises(UsageError) as caught:
        simulated.authority.add_products([NewProduct(name="One more", kind=Kind.SERVER)])
    assert "1,023" in caught.value.detail


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
        pytest.param(NewProduct(name="Other", kind=Kind.SERVER, number=-1), id="a-number-below-all"),
        pytest.param(NewProduct(name="", kind=Kind.SERVER), id="no-name"),
        pytest.param(NewProduct(name="a\x1b[2J", kind=Kind.SERVER), id="a-name-that-clears-screens"),
        pytest.param(NewProduct(name="Other", kind=Kind.SERVER, pool="nowhere"), id="an-unknown-pool"),
        pytest.param(
            NewProduct(name="Other", kind=Kind.SERVER, features={"": LicenseStatus.NOTIFICATION}),
            id="a-feature-without-a-name",
        ),
        pytest.param(
            NewProduct(name="Other", kind=Kind.SERVER, features={"export": LicenseStatus.LICENSED}),
            id="a-feature-that-stops-while-licensed",
        ),
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


def test_an_id_is_given_once(simulated: SimulatedAuthority) -> None:
    """The second product of the same id is refused."""
    again = NewProduct(name="Other", kind=Kind.SERVER, product_id=simulated.products[0].product_id)
    with pytest.raises(UsageError) as caught:
        simulated.authority.add_products([again])
    assert str(again.product_id) in caught.value.detail


def test_what_a_product_wants_of_machines_can_change(simulated: SimulatedAuthority) -> None:
    """In a new edition that differs in nothing else; the audit names the product."""
    before = simulated.authority.catalogs().newest
    first, second = before.products
    for required in (True, False):
        changed = simulated.authority.require_os_id(second.product_id, required=required)
        newest = simulated.authority.catalogs().newest
        assert newest.products == (first, changed) == (first, replace(second, needs_os_id=required))
    assert newest == replace(before, seq=before.seq + 2)
    with pytest.raises(Refused) as caught:
        simulated.authority.require_os_id(UUID(int=5), required=True)
    assert caught.value.code is Code.PRODUCT_UNKNOWN


def test_adding_nothing_is_a_mistake(simulated: SimulatedAuthority) -> None:
    """No edition is signed for it."""
    with pytest.raises(UsageError):
        simulated.authority.add_products([])
    assert simulated.authority.catalogs().newest.seq == 2


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
    same = {"servers": {"threshold": 5}}
    simulated.authority.add_products([product], terms=same)
    with pytest.raises(Refused):
        simulated.authority.add_products(
            [replace(product, name="Newer")], terms={"servers": {"threshold": 6}}
        )


def test_a_foreign_product_id_may_be_refused(simulated: SimulatedAuthority) -> None:
    """The check is handed in; nothing is added when it raises."""

    def refuse(product_id: UUID) -> None:
        raise Refused(Code.PRODUCT_TAKEN, f"{product_id} is not yours")

    product = NewProduct(name="New", kind=Kind.SERVER, product_id=UUID(int=5))
    with pytest.raises(TenureError):
        simulated.authority.add_products([product], refuse_foreign=refuse)
    assert simulated.authority.catalogs().newest.product(UUID(int=5)) is None
