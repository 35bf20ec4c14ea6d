"""Catalogs: what may not contradict itself, which key may sign when, and what replaces what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest

from tenure.core.catalog import MAX_PRODUCTS, Catalog, KeyEntry, Product, check_successor
from tenure.core.errors import Code, Untrusted, UsageError
from tenure.core.policy import DEFAULT_POLICIES, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

OPENS: Final = 1_800_000_000
CLOSES: Final = 1_900_000_000
HOST: Final = "tenure-host+jwt"
GRANT: Final = "tenure-grant+jwt"

ROOT: Final = KeyEntry("root", "x-of-root", frozenset({"tenure-catalog+jwt"}), OPENS)
CLOSED: Final = KeyEntry("closed", "x-of-closed", frozenset({HOST, GRANT}), OPENS, CLOSES)
OPEN: Final = KeyEntry("open", "x-of-open", frozenset({HOST}), CLOSES)

STUDIO: Final = Product(
    product_id=UUID(int=10), number=0, name="Draft Studio", kind=Kind.WORKSTATION, pool="workstations"
)
SERVER: Final = Product(
    product_id=UUID(int=11), number=1, name="Render Server", kind=Kind.SERVER, pool="servers"
)
CATALOG: Final = Catalog(
    publisher_id=UUID(int=1),
    seq=7,
    iat=OPENS,
    name="Example Software",
    roots=(ROOT,),
    keys=(CLOSED, OPEN),
    pools={"workstations": DEFAULT_POLICIES[Kind.WORKSTATION], "servers": DEFAULT_POLICIES[Kind.SERVER]},
    products=(STUDIO, SERVER),
)


# What may not contradict itself


@pytest.mark.parametrize(
    ("product", "words"),
    [
        (replace(SERVER, pool="gone"), "'Render Server' counts in pool 'gone', which does not exist"),
        (replace(SERVER, number=-1), "has number -1; 0 to 1,022 exist"),
        (replace(SERVER, number=1023), "has number 1023; 0 to 1,022 exist"),
        (replace(SERVER, product_id=STUDIO.product_id), f"has the product_id {STUDIO.product_id}"),
        (replace(SERVER, number=0), "has the number 0"),
        (replace(SERVER, name="Draft Studio"), "has the name Draft Studio"),
    ],
    ids=["no such pool", "number -1", "number 1,023", "an id twice", "a number twice", "a name twice"],
)
def test_products_that_contradict_the_catalog_are_refused(product: Product, words: str) -> None:
    """Each product has a pool that exists, and an id, a number of 0 to 1,022 and a name of its own."""
    with pytest.raises(UsageError) as caught:
        replace(CATALOG, products=(STUDIO, product))
    assert caught.value.code is Code.CATALOG_INVALID
    assert words in caught.value.detail


@pytest.mark.parametrize("number", [0, 1022], ids=str)
def test_product_numbers_reach_from_0_to_1022(number: int) -> None:
    """Both ends are products; 1,023 stands for all of them in a key."""
    catalog = replace(CATALOG, products=(replace(STUDIO, number=number),))
    assert catalog.product_numbered(number) == catalog.products[0]
    assert MAX_PRODUCTS == 1023


@pytest.mark.parametrize("where", ["roots", "keys"])
def test_a_key_that_stands_twice_is_refused(where: str) -> None:
    """Of two entries for one key, closed and open again, neither may decide by standing first."""
    again = (CLOSED, replace(CLOSED, opens=CLOSES, closes=None))
    with pytest.raises(UsageError) as caught:
        replace(CATALOG, roots=again) if where == "roots" else replace(CATALOG, keys=again)
    assert caught.value.code is Code.CATALOG_INVALID
    assert caught.value.detail == f"Key closed stands more than once among {where}."


def test_one_key_may_be_root_and_signing_key() -> None:
    """A small publisher's single key may stand once in each list."""
    catalog = replace(CATALOG, roots=(OPEN,), keys=(OPEN,))
    assert catalog.root("open") == catalog.key_at_rest("open", HOST, CLOSES)


def test_a_new_publisher_has_a_catalog_without_products() -> None:
    """No products, pools or signing keys yet: nothing contradicts itself."""
    catalog = replace(CATALOG, products=(), pools={}, keys=())
    assert catalog.product_numbered(0) is None


# What it tells


def test_a_product_is_found_by_id_and_by_the_number_in_a_key() -> None:
    """What this publisher has is found either way; what it does not have is None."""
    assert CATALOG.product(SERVER.product_id) is SERVER
    assert CATALOG.product(UUID(int=99)) is None
    assert CATALOG.product_numbered(1) is SERVER
    assert CATALOG.product_numbered(2) is None
    assert CATALOG.product_numbered(1023) is None


def test_a_product_has_its_pools_policy() -> None:
    """25 for the workstation product, 5 for the server product."""
    assert CATALOG.policy_of(STUDIO).threshold == 25
    assert CATALOG.policy_of(SERVER).threshold == 5


def test_a_root_is_found_by_its_thumbprint() -> None:
    """Roots and signing keys are apart: a signing key is no root."""
    assert CATALOG.root("root") is ROOT
    assert CATALOG.root("open") is None


# Which key may sign when


@pytest.mark.parametrize(
    ("at", "is_open"),
    [(OPENS - 1, False), (OPENS, True), (OPENS + 1, True), (CLOSES - 1, True), (CLOSES, False)],
    ids=["1 s before", "at its opening", "1 s after", "1 s before its close", "at its close"],
)
@pytest.mark.parametrize(
    ("find", "when"),
    [(Catalog.key_at_receipt, "now"), (Catalog.key_at_rest, "when the document was signed")],
    ids=["at receipt", "at rest"],
)
def test_a_key_is_open_from_its_opening_until_just_before_its_close(
    find: Callable[[Catalog, str, str, int], KeyEntry], when: str, at: int, *, is_open: bool
) -> None:
    """[from, until), by the time of arrival at receipt and by the document's `iat` at rest."""
    assert CLOSED.was_open(at) is is_open
    if is_open:
        assert find(CATALOG, "closed", HOST, at) is CLOSED
        return
    with pytest.raises(Untrusted) as caught:
        find(CATALOG, "closed", HOST, at)
    assert (caught.value.code, caught.value.detail) == (
        Code.CHAIN_BROKEN,
        f"Key closed was not open {when}.",
    )


def test_a_key_that_was_not_closed_stays_open() -> None:
    """`until` null is for ever."""
    assert not OPEN.was_open(CLOSES - 1)
    assert OPEN.was_open(2**53)


@pytest.mark.parametrize(
    ("kid", "typ", "words"),
    [
        ("stranger", HOST, "key stranger, which the catalog (seq 7) does not name"),
        ("root", HOST, "key root, which the catalog (seq 7) does not name"),
        ("open", GRANT, "may sign tenure-host+jwt, but not tenure-grant+jwt"),
        ("closed", "tenure-catalog+jwt", "may sign tenure-grant+jwt, tenure-host+jwt, but not"),
    ],
    ids=["unknown key", "a root", "another document", "a catalog"],
)
@pytest.mark.parametrize("find", [Catalog.key_at_receipt, Catalog.key_at_rest], ids=["at receipt", "at rest"])
def test_a_key_signs_only_what_it_may(
    find: Callable[[Catalog, str, str, int], KeyEntry], kid: str, typ: str, words: str
) -> None:
    """A key that the catalog does not name, and a document that a key may not sign, break the chain."""
    with pytest.raises(Untrusted) as caught:
        find(CATALOG, kid, typ, CLOSES)
    assert caught.value.code is Code.CHAIN_BROKEN
    assert words in caught.value.detail


# What replaces what


@pytest.mark.parametrize("seq", [8, 9, 2**53], ids=str)
def test_a_higher_seq_replaces(seq: int) -> None:
    """The next one, and any later one: a machine may have missed some."""
    check_successor(CATALOG, replace(CATALOG, seq=seq))


@pytest.mark.parametrize("seq", [7, 6, 1], ids=["equal", "one lower", "the first"])
def test_no_old_catalog_is_taken_back(seq: int) -> None:
    """A seq that is known already, or lower, is `catalog_rolled_back`, whatever its `iat`."""
    with pytest.raises(Untrusted) as caught:
        check_successor(CATALOG, replace(CATALOG, seq=seq, iat=CATALOG.iat + 1))
    assert caught.value.code is Code.CATALOG_ROLLED_BACK
    assert f"has seq {seq}, but seq 7 is known" in caught.value.detail


@pytest.mark.parametrize("seq", [8, 7], ids=["higher seq", "equal seq"])
def test_another_publishers_catalog_replaces_nothing(seq: int) -> None:
    """Another `publisher_id` breaks the chain, and is said before anything about its seq."""
    with pytest.raises(Untrusted) as caught:
        check_successor(CATALOG, replace(CATALOG, seq=seq, publisher_id=UUID(int=2)))
    assert caught.value.code is Code.CHAIN_BROKEN
    assert f"is of publisher {UUID(int=2)}; {UUID(int=1)} was expected" in caught.value.detail
