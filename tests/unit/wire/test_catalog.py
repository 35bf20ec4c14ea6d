"""`tenure-catalog+jwt`: what a catalog says comes back, and what no publisher may say is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.core.catalog import Catalog, KeyEntry, Product
from tenure.core.errors import Code, Untrusted
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import BOUNDS, Kind, Policy
from tenure.wire.base64url import encode
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, CatalogList, catalog_of, seq_of, sign_catalog
from tenure.wire.jws import Typ, read
from tenure.wire.keys import PublicKey, SigningKey
from unit.wire.example import (
    CATALOG,
    CATALOG_TOKEN,
    CERTIFICATE_TOKEN,
    OTHER_ID,
    ROOT,
    SIGNING,
    WORKSTATION_ID,
)
from unit.wire.forgery import payload_of, value_at, with_value, without

PAYLOAD = payload_of(CATALOG_TOKEN)
PRODUCT = PAYLOAD["products"][0]
ENTRY = PAYLOAD["roots"][0]


def refusal(payload: dict[str, Any]) -> Untrusted:
    """The error that this payload leads to."""
    with pytest.raises(Untrusted) as caught:
        catalog_of(payload)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value


def products(number: int) -> list[dict[str, Any]]:
    """So many products that differ in id, number and name."""
    return [
        {**PRODUCT, "product_id": str(UUID(int=n)), "number": n, "name": f"Product {n}"}
        for n in range(number)
    ]


def entries(number: int) -> list[dict[str, Any]]:
    """So many entries of different keys."""
    return [{**ENTRY, "jwk": PublicKey(encode(n.to_bytes(32, "big"))).jwk} for n in range(number)]


def test_a_signing_key_never_signs_catalogs_and_a_root_nothing_else() -> None:
    """What stands in `may` when a publisher makes its catalog."""
    assert sorted(SIGNED_BY_PUBLISHER) == sorted([Typ.HOST, Typ.GRANT, Typ.DIRECTORY, Typ.REVOCATION])
    assert [ENTRY["may"], PAYLOAD["keys"][0]["may"]] == [[Typ.CATALOG], sorted(SIGNED_BY_PUBLISHER)]


def test_the_payload_has_the_members_of_the_design() -> None:
    """All of them, in the order that golden bytes pin; `iss` and `sub` are the publisher."""
    assert list(PAYLOAD) == [
        *("ver", "iss", "sub", "jti", "iat", "seq", "name", "roots", "keys", "pools", "products"),
        *("contact", "publisher_url"),
    ]
    assert PAYLOAD["iss"] == PAYLOAD["sub"] == str(CATALOG.publisher_id)
    assert PAYLOAD["roots"] == [
        {"jwk": ROOT.public.jwk, "may": [Typ.CATALOG], "from": CATALOG.iat, "until": None}
    ]
    assert set(PAYLOAD["pools"]["workstations"]) == set(BOUNDS)
    assert PRODUCT["features"] == {"export": "reduced_functionality", "print": "notification"}


seconds = st.integers(0, 2**53)
names = st.text(min_size=1, max_size=255)
pool_names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
signing_keys = st.binary(min_size=32, max_size=32).map(SigningKey)
key_entries = st.builds(
    lambda key, may, opens, closes: KeyEntry(key.kid, key.public.x, may, opens, closes),
    signing_keys,
    st.frozensets(st.sampled_from([typ.value for typ in Typ]), max_size=3),
    seconds,
    st.none() | seconds,
)
policies = st.builds(Policy, **{name: st.integers(low, high) for name, (low, high) in BOUNDS.items()})


def by_kid(entry: KeyEntry) -> str:
    """What an entry is known by."""
    return entry.kid


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """A catalog that contradicts nothing."""
    pools = draw(st.dictionaries(pool_names, policies, min_size=1, max_size=3))
    numbers = draw(st.lists(st.integers(0, 1022), unique=True, max_size=3))
    features = st.dictionaries(
        st.text(min_size=1, max_size=64),
        st.sampled_from([LicenseStatus.NOTIFICATION, LicenseStatus.REDUCED_FUNCTIONALITY]),
        max_size=2,
    )
    return Catalog(
        publisher_id=draw(st.uuids()),
        seq=draw(st.integers(1, 2**53)),
        iat=draw(seconds),
        name=draw(names),
        roots=tuple(draw(st.lists(key_entries, min_size=1, max_size=3, unique_by=by_kid))),
        keys=tuple(draw(st.lists(key_entries, max_size=3, unique_by=by_kid))),
        pools=pools,
        products=tuple(
            Product(
                product_id=UUID(int=number),
                number=number,
                name=f"{number} {draw(st.text(max_size=200))}",
                kind=draw(st.sampled_from(Kind)),
                pool=draw(st.sampled_from(sorted(pools))),
                generic_keys=tuple(draw(st.lists(st.text(max_size=29), max_size=2))),
                features=draw(features),
                needs_os_id=draw(st.booleans()),
            )
            for number in numbers
        ),
        contact=draw(st.text(max_size=1000)),
        publisher_url=draw(st.none() | st.text(max_size=2000)),
    )


@settings(max_examples=60)
@given(catalogs())
def test_a_catalog_comes_back_as_it_was_signed(catalog: Catalog) -> None:
    """Signing and reading lose and change nothing."""
    token = sign_catalog(catalog, document_id="catalog", root=ROOT)
    assert catalog_of(read(token, Typ.CATALOG).verify(ROOT.public)) == catalog


@pytest.mark.parametrize("member", [m for m in PAYLOAD if m not in {"contact", "publisher_url"}])
def test_a_missing_member_is_named(member: str) -> None:
    """Only contact and publisher address may be left out."""
    assert f"`{member}`" in refusal(without(PAYLOAD, member)).detail


def test_what_may_be_left_out_has_its_meaning() -> None:
    """No contact, no address, no generic keys, no features; any machine may ask; a key without `until` is open."""
    bare = without(without(PAYLOAD, "contact"), "publisher_url")
    bare["products"] = [without(without(PRODUCT, "generic_keys"), "features")]
    bare["roots"] = [without(ENTRY, "until")]
    catalog = catalog_of(bare)
    assert (catalog.contact, catalog.publisher_url) == ("", None)
    assert (catalog.products[0].generic_keys, catalog.products[0].features) == ((), {})
    assert catalog.products[0].needs_os_id is False
    assert catalog.roots[0].closes is None


def test_what_is_wanted_of_machines_is_only_said_where_something_is() -> None:
    """So a catalog that wants nothing has the bytes that it always had."""
    assert "needs_os_id" not in PRODUCT
    wanting = replace(CATALOG, products=(replace(CATALOG.products[0], needs_os_id=True),))
    payload = read(sign_catalog(wanting, document_id="catalog", root=ROOT), Typ.CATALOG).claims
    assert payload["products"][0]["needs_os_id"] is True


def test_members_that_are_not_known_are_passed_over() -> None:
    """In the catalog, its products, its entries and its policies: fields are append-only."""
    newer: dict[str, Any] = {**PAYLOAD, "tomorrow": {}}
    newer["products"] = [{**product, "tomorrow": 1} for product in PAYLOAD["products"]]
    newer["roots"] = [{**ENTRY, "tomorrow": 1}]
    newer["pools"] = {name: {**policy, "tomorrow": 1} for name, policy in PAYLOAD["pools"].items()}
    assert catalog_of(newer) == CATALOG


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        pytest.param(("ver",), 2, "$.ver", id="version 2"),
        pytest.param(("sub",), str(OTHER_ID), "iss and sub", id="sub is another publisher"),
        pytest.param(("iss",), str(OTHER_ID), "iss and sub", id="iss is another publisher"),
        pytest.param(("seq",), 0, "$.seq", id="seq 0"),
        pytest.param(("seq",), -1, "$.seq", id="seq below 0"),
        pytest.param(("seq",), 2**53 + 1, "$.seq", id="seq too high"),
        pytest.param(("seq",), "7", "$.seq", id="seq as text"),
        pytest.param(("name",), "", "$.name", id="no name"),
        pytest.param(("name",), "x" * 256, "$.name", id="name too long"),
        pytest.param(("roots",), [], "$.roots", id="no roots"),
        pytest.param(("roots",), entries(17), "$.roots", id="17 roots"),
        pytest.param(("roots",), [ENTRY] * 2, "more than once among roots", id="a root twice"),
        pytest.param(("roots",), None, "$.roots", id="roots null"),
        pytest.param(("roots", 0, "jwk", "crv"), "Ed448", "$.roots[0].jwk.crv", id="a root on Ed448"),
        pytest.param(("roots", 0, "jwk", "kty"), "EC", "$.roots[0].jwk.kty", id="a root that is EC"),
        pytest.param(("roots", 0, "jwk", "x"), "short", "$.roots[0].jwk.x", id="a root's x is short"),
        pytest.param(("roots", 0, "jwk", "d"), "AA", "$.roots[0].jwk", id="a root's private half"),
        pytest.param(
            ("roots", 0, "jwk", "x"), ROOT.public.x[:-1] + "_", "one form", id="a root's x not canonical"
        ),
        pytest.param(("roots", 0, "may"), Typ.CATALOG.value, "$.roots[0].may", id="may is a text"),
        pytest.param(("roots", 0, "from"), -1, "$.roots[0].from", id="from before 1970"),
        pytest.param(("roots", 0, "from"), None, "$.roots[0].from", id="from is null"),
        pytest.param(("roots", 0, "until"), "never", "$.roots[0].until", id="until is a text"),
        pytest.param(("keys",), entries(1025), "$.keys", id="1,025 keys"),
        pytest.param(("keys",), [ENTRY] * 2, "more than once among keys", id="a key twice"),
        pytest.param(("keys", 0, "jwk", "x"), 5, "$.keys[0].jwk.x", id="a key's x is a number"),
        pytest.param(("pools",), {}, "which does not exist", id="a product without its pool"),
        pytest.param(("pools", "Upper"), PAYLOAD["pools"]["servers"], "$.pools", id="a pool in upper case"),
        pytest.param(("pools", ""), PAYLOAD["pools"]["servers"], "$.pools", id="a pool without a name"),
        pytest.param(
            ("pools", "-x"), PAYLOAD["pools"]["servers"], "$.pools", id="a pool that begins with a dash"
        ),
        pytest.param(("pools", "x\n"), PAYLOAD["pools"]["servers"], "$.pools", id="a pool with a line feed"),
        pytest.param(
            ("pools", "x" * 64), PAYLOAD["pools"]["servers"], "$.pools", id="a pool's name too long"
        ),
        pytest.param(("pools", "servers", "threshold"), 0, "threshold is 1 to", id="threshold 0"),
        pytest.param(
            ("pools", "servers", "threshold"), "5", "$.pools[...].threshold", id="threshold as text"
        ),
        pytest.param(("pools", "servers", "lease_days"), 366, "lease_days is 1 to", id="a lease of 366 days"),
        pytest.param(("products",), products(1024), "$.products", id="1,024 products"),
        pytest.param(
            ("products", 0, "product_id"), "x", "$.products[0].product_id", id="product id is no UUID"
        ),
        pytest.param(
            ("products", 0, "number"), 1023, "$.products[0].number", id="number 1,023 stands for all"
        ),
        pytest.param(("products", 0, "number"), -1, "$.products[0].number", id="number below 0"),
        pytest.param(("products", 0, "number"), 1, "the number 1", id="a number twice"),
        pytest.param(("products", 0, "name"), "", "$.products[0].name", id="a product without a name"),
        pytest.param(("products", 0, "name"), "Render Server", "the name Render Server", id="a name twice"),
        pytest.param(
            ("products", 1, "product_id"),
            str(WORKSTATION_ID),
            f"the product_id {WORKSTATION_ID}",
            id="an id twice",
        ),
        pytest.param(("products", 0, "kind"), "toaster", "$.products[0].kind", id="an unknown kind"),
        pytest.param(("products", 0, "pool"), "nowhere", "'nowhere'", id="a pool that does not exist"),
        pytest.param(("products", 0, "pool"), "", "$.products[0].pool", id="a pool of no name"),
        pytest.param(
            ("products", 0, "generic_keys"), "AAAAA", "$.products[0].generic_keys", id="keys as text"
        ),
        pytest.param(
            ("products", 0, "features", "export"),
            "licensed",
            "$.products[0].features",
            id="a feature never off",
        ),
        pytest.param(
            ("products", 0, "features", ""),
            "notification",
            "$.products[0].features",
            id="a feature of no name",
        ),
        pytest.param(
            ("products", 0, "features", "x" * 65),
            "notification",
            "$.products[0].features",
            id="a long feature",
        ),
        pytest.param(("contact",), "x" * 1001, "$.contact", id="contact too long"),
        pytest.param(("contact",), None, "$.contact", id="contact null"),
        pytest.param(("publisher_url",), "x" * 2001, "$.publisher_url", id="address too long"),
        pytest.param(("publisher_url",), 5, "$.publisher_url", id="address a number"),
    ],
)
def test_a_wrong_member_is_named(path: tuple[str | int, ...], value: Any, named: str) -> None:
    """One departure at a time from a good catalog: the error says where it is."""
    assert named in refusal(with_value(PAYLOAD, path, value)).detail


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("seq",), 1, id="seq 1"),
        pytest.param(("seq",), 2**53, id="the highest seq"),
        pytest.param(("name",), "x" * 255, id="a long name"),
        pytest.param(("roots",), entries(16), id="16 roots"),
        pytest.param(("keys",), [], id="no keys"),
        pytest.param(("keys",), entries(1024), id="1,024 keys"),
        pytest.param(("keys", 0, "until"), 0, id="closed from the first"),
        pytest.param(("pools", "x" * 63), PAYLOAD["pools"]["servers"], id="a pool's longest name"),
        pytest.param(("pools", "0"), PAYLOAD["pools"]["servers"], id="a pool's shortest name"),
        pytest.param(("products",), [], id="no products"),
        pytest.param(("products",), products(1023), id="1,023 products"),
        pytest.param(("products", 0, "number"), 1022, id="the highest number"),
        pytest.param(("products", 0, "features", "x" * 64), "notification", id="a feature's longest name"),
        pytest.param(("contact",), "x" * 1000, id="a long contact"),
        pytest.param(("publisher_url",), "x" * 2000, id="a long address"),
        pytest.param(("publisher_url",), None, id="no address"),
    ],
)
def test_the_last_value_within_a_bound_is_taken(path: tuple[str | int, ...], value: Any) -> None:
    """The bounds themselves are allowed."""
    payload = with_value(PAYLOAD, path, value)
    assert value_at(payload, path) == value
    catalog_of(payload)


def test_a_publisher_that_is_no_uuid_is_refused() -> None:
    """`iss` and `sub` agree, and are an id."""
    detail = refusal({**PAYLOAD, "iss": "publisher", "sub": "publisher"}).detail
    assert detail == "iss is no UUID in its canonical form."


def test_an_entrys_kid_is_the_thumbprint_of_its_key() -> None:
    """Nothing in the document can give a key another name."""
    catalog = catalog_of(with_value(PAYLOAD, ("keys", 0, "kid"), ROOT.kid))
    assert catalog.keys[0].kid == SIGNING.kid == PublicKey(catalog.keys[0].x).kid


def test_a_full_catalog_fits_in_its_document() -> None:
    """1,023 products with names, keys and features are well under 1 MiB."""
    full = replace(CATALOG, products=catalog_of({**PAYLOAD, "products": products(1023)}).products)
    token = sign_catalog(full, document_id="catalog", root=ROOT)
    assert len(token) < 700_000
    assert catalog_of(read(token, Typ.CATALOG).verify(ROOT.public)) == full


def test_catalogs_travel_as_a_list_of_at_most_a_thousand() -> None:
    """`{"catalogs": [document, ...]}`, and no more than anybody needs."""
    assert msgspec.json.encode(CatalogList(("a", "b"))) == b'{"catalogs":["a","b"]}'
    assert len(msgspec.convert({"catalogs": ["a"] * 1000}, CatalogList).catalogs) == 1000
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"catalogs": ["a"] * 1001}, CatalogList)


def test_a_catalog_tells_its_seq() -> None:
    """What a server compares with the `after` that it was asked for; what is no catalog has none."""
    assert seq_of(CATALOG_TOKEN) == CATALOG.seq
    for damaged in ("", CERTIFICATE_TOKEN, CATALOG_TOKEN[:-1]):
        with pytest.raises(Untrusted):
            seq_of(damaged)


def test_what_a_catalog_is_refused_for_is_told_in_one_line() -> None:
    """Terminal escapes and floods in an unverified catalog do not reach whoever reads the error."""
    hostile = "\x1b[31m\n" + "x" * 200
    named = with_value(
        with_value(PAYLOAD, ("products", 0, "name"), hostile), ("products", 1, "name"), hostile
    )
    for payload in (with_value(PAYLOAD, ("products", 0, "kind"), "\x1b[31m\n" + "x" * 50_000), named):
        detail = refusal(payload).detail
        assert detail.isprintable()
        assert len(detail) < 1_100
