"""Grants: the publisher's own by the catalog, an answer to this machine's request, and good at rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tenure.core.errors import Code, Untrusted
from tenure.wire.jws import Typ
from tenure.wire.trust import accept_grant, stored_grant
from unit.wire.example import (
    CATALOG,
    CERTIFICATE_TOKEN,
    GRANT,
    GRANT_TOKEN,
    HOST,
    LEASE_TOKEN,
    NOW,
    OTHER_ID,
    PENDING_GRANT,
    ROOT,
    SERVER_ID,
    SIGNING,
    STRANGER,
    WORKSTATION_ID,
    catalog_with_key,
    grant_token,
)
from unit.wire.forgery import payload_of, resigned

if TYPE_CHECKING:
    from tenure.core.catalog import Catalog

HOUR = 3600


def test_a_grant_is_the_publishers_when_its_catalog_names_the_key() -> None:
    """At receipt and at rest it says the same."""
    assert accept_grant(GRANT_TOKEN, CATALOG, PENDING_GRANT, revocations=None, now=NOW) == GRANT
    assert stored_grant(GRANT_TOKEN, CATALOG, product_id=WORKSTATION_ID) == GRANT


UNTRUSTED_GRANTS: dict[str, tuple[str, Catalog, Code]] = {
    # What: grant, catalog, code. Refused at receipt and at rest alike.
    "another type of document": (LEASE_TOKEN, CATALOG, Code.DOCUMENT_MALFORMED),
    "a certificate by the same key": (CERTIFICATE_TOKEN, CATALOG, Code.DOCUMENT_MALFORMED),
    "no document": ("grant", CATALOG, Code.DOCUMENT_MALFORMED),
    "claims of another shape": (
        resigned(GRANT_TOKEN, SIGNING, payload_of(LEASE_TOKEN)),
        CATALOG,
        Code.DOCUMENT_MALFORMED,
    ),
    "a key that the catalog does not name": (grant_token(key=STRANGER), CATALOG, Code.CHAIN_BROKEN),
    "a root, which signs catalogs alone": (grant_token(key=ROOT), CATALOG, Code.CHAIN_BROKEN),
    "a host's key": (grant_token(key=HOST), CATALOG, Code.CHAIN_BROKEN),
    "a key that may sign other things": (
        GRANT_TOKEN,
        catalog_with_key(may=frozenset({Typ.HOST.value})),
        Code.CHAIN_BROKEN,
    ),
    "a stranger in the key's name": (
        resigned(GRANT_TOKEN, STRANGER, kid=SIGNING.kid),
        CATALOG,
        Code.SIGNATURE_INVALID,
    ),
    "another publisher's under the same key": (
        grant_token(publisher_id=OTHER_ID),
        CATALOG,
        Code.CHAIN_BROKEN,
    ),
    "made before its key was opened": (
        grant_token(iat=NOW - 1),
        catalog_with_key(opens=NOW),
        Code.CHAIN_BROKEN,
    ),
    "made as its key was closed": (GRANT_TOKEN, catalog_with_key(closes=NOW), Code.CHAIN_BROKEN),
    "a product that the catalog has no more": (
        GRANT_TOKEN,
        replace(CATALOG, products=CATALOG.products[1:]),
        Code.CHAIN_BROKEN,
    ),
}


@pytest.mark.parametrize(("token", "catalog", "code"), UNTRUSTED_GRANTS.values(), ids=UNTRUSTED_GRANTS)
def test_a_grant_that_is_not_the_publishers_is_refused(token: str, catalog: Catalog, code: Code) -> None:
    """At receipt and at rest, with the code of the step that failed."""
    with pytest.raises(Untrusted) as received:
        accept_grant(token, catalog, PENDING_GRANT, revocations=None, now=NOW)
    with pytest.raises(Untrusted) as kept:
        stored_grant(token, catalog, product_id=WORKSTATION_ID)
    assert (received.value.code, kept.value.code) == (code, code)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"nonce": "request-1"}, id="another request"),
        pytest.param({"machine_id": OTHER_ID}, id="another machine"),
        pytest.param({"product_id": SERVER_ID}, id="another product"),
        pytest.param({"fingerprint": "fpr-of-another-machine"}, id="another installation"),
        pytest.param({"key_id": STRANGER.kid}, id="another key"),
        pytest.param({"iat": NOW - 4 * HOUR - 1}, id="4 h 1 s before it was asked for"),
        pytest.param({"iat": NOW + 4 * HOUR + 1}, id="4 h 1 s from now"),
    ],
)
def test_a_grant_that_answers_something_else_is_not_taken(changes: dict[str, Any]) -> None:
    """Well signed, and for something that this machine did not ask for."""
    with pytest.raises(Untrusted) as caught:
        accept_grant(grant_token(**changes), CATALOG, PENDING_GRANT, revocations=None, now=NOW)
    assert caught.value.code is Code.GRANT_INVALID


@pytest.mark.parametrize(
    ("iat", "asked_at", "now"),
    [
        pytest.param(NOW - 4 * HOUR, NOW, NOW, id="4 h before it was asked for"),
        pytest.param(NOW + 4 * HOUR, NOW, NOW, id="4 h from now"),
        pytest.param(NOW + 86_400, NOW, NOW + 20 * 86_400, id="signed on day 1, brought on day 20"),
    ],
)
def test_a_grant_may_be_underway_for_days(iat: int, asked_at: int, now: int) -> None:
    """Signed between the request and now, by clocks that may be 4 hours apart."""
    pending = replace(PENDING_GRANT, asked_at=asked_at)
    assert accept_grant(grant_token(iat=iat), CATALOG, pending, revocations=None, now=now).iat == iat


def test_a_key_that_was_closed_on_the_way_signs_nothing_for_receivers() -> None:
    """At receipt it must be open now; what was taken before its end stays good at rest."""
    catalog = catalog_with_key(closes=NOW + 1)
    assert accept_grant(GRANT_TOKEN, catalog, PENDING_GRANT, revocations=None, now=NOW) == GRANT
    with pytest.raises(Untrusted, match="was not open now"):
        accept_grant(GRANT_TOKEN, catalog, PENDING_GRANT, revocations=None, now=NOW + 1)
    assert stored_grant(GRANT_TOKEN, catalog, product_id=WORKSTATION_ID) == GRANT


def test_a_grant_under_another_products_name_is_none() -> None:
    """A file that was copied proves nothing for the other product."""
    with pytest.raises(Untrusted) as caught:
        stored_grant(GRANT_TOKEN, CATALOG, product_id=SERVER_ID)
    assert caught.value.code is Code.GRANT_INVALID
