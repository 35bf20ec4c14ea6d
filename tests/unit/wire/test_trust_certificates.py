"""Certificates: the publisher's own by the catalog, as they arrive and as they lie on a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenure.core.errors import Code, Untrusted
from tenure.wire.jws import Typ
from tenure.wire.trust import open_certificate, stored_certificate
from unit.wire.example import (
    CATALOG,
    CERTIFICATE,
    CERTIFICATE_TOKEN,
    HOST,
    LEASE_TOKEN,
    NOW,
    OTHER_ID,
    ROOT,
    SIGNING,
    STRANGER,
    catalog_with_key,
    certificate_token,
)
from unit.wire.forgery import payload_of, resigned

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.core.catalog import Catalog


def test_a_certificate_is_the_publishers_when_its_catalog_names_the_key() -> None:
    """At receipt and at rest it says the same."""
    assert open_certificate(CERTIFICATE_TOKEN, CATALOG, now=NOW) == CERTIFICATE
    assert stored_certificate(CERTIFICATE_TOKEN, CATALOG) == CERTIFICATE


UNTRUSTED_CERTIFICATES = {
    # What: certificate, catalog, code. Refused at receipt and at rest alike.
    "another type of document": (LEASE_TOKEN, CATALOG, Code.DOCUMENT_MALFORMED),
    "no document": ("certificate", CATALOG, Code.DOCUMENT_MALFORMED),
    "claims of another shape": (
        resigned(CERTIFICATE_TOKEN, SIGNING, payload_of(LEASE_TOKEN)),
        CATALOG,
        Code.DOCUMENT_MALFORMED,
    ),
    "a key that the catalog does not name": (certificate_token(key=STRANGER), CATALOG, Code.CHAIN_BROKEN),
    "a root, which signs catalogs alone": (certificate_token(key=ROOT), CATALOG, Code.CHAIN_BROKEN),
    "the host's own key": (certificate_token(key=HOST), CATALOG, Code.CHAIN_BROKEN),
    "a key that may sign other things": (
        CERTIFICATE_TOKEN,
        catalog_with_key(may=frozenset({Typ.GRANT.value})),
        Code.CHAIN_BROKEN,
    ),
    "a key that may sign nothing": (CERTIFICATE_TOKEN, catalog_with_key(may=frozenset()), Code.CHAIN_BROKEN),
    "a stranger in the key's name": (
        resigned(CERTIFICATE_TOKEN, STRANGER, kid=SIGNING.kid),
        CATALOG,
        Code.SIGNATURE_INVALID,
    ),
    "another publisher's under the same key": (
        certificate_token(publisher_id=OTHER_ID),
        CATALOG,
        Code.CHAIN_BROKEN,
    ),
    "made before its key was opened": (
        CERTIFICATE_TOKEN,
        catalog_with_key(opens=CERTIFICATE.iat + 1),
        Code.CHAIN_BROKEN,
    ),
    "made as its key was closed": (
        CERTIFICATE_TOKEN,
        catalog_with_key(closes=CERTIFICATE.iat),
        Code.CHAIN_BROKEN,
    ),
}


@pytest.mark.parametrize(
    ("token", "catalog", "code"), UNTRUSTED_CERTIFICATES.values(), ids=UNTRUSTED_CERTIFICATES
)
def test_a_certificate_that_is_not_the_publishers_is_refused(
    token: str, catalog: Catalog, code: Code
) -> None:
    """At receipt and at rest, with the code of the step that failed."""
    attempts: list[Callable[[], object]] = [
        lambda: open_certificate(token, catalog, now=NOW),
        lambda: stored_certificate(token, catalog),
    ]
    for attempt in attempts:
        with pytest.raises(Untrusted) as caught:
            attempt()
        assert caught.value.code is code


def test_a_key_that_opens_later_does_not_certify_yet() -> None:
    """At receipt `from` is not passed; a second later it is."""
    catalog = catalog_with_key(opens=NOW)
    token = certificate_token(iat=NOW)
    with pytest.raises(Untrusted, match="was not open now"):
        open_certificate(token, catalog, now=NOW - 1)
    assert open_certificate(token, catalog, now=NOW).iat == NOW
