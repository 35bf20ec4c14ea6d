"""One publisher, host, machine and request, fixed to the last byte: what the wire tests sign, pin and forge.

Nothing here may ever change: `golden/` holds what it signs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from tenure.core.catalog import Catalog, KeyEntry, Product
from tenure.core.certificate import LIFETIME_SECONDS, HostCertificate
from tenure.core.grant import Grant, PendingGrant
from tenure.core.lease import Lease, Pending
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY, Kind, Policy
from tenure.core.product_key import KeyType, make
from tenure.core.revocation import Revocable, Revocation, RevocationList
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, sign_catalog
from tenure.wire.certificate import sign_certificate
from tenure.wire.grant import sign_grant
from tenure.wire.jws import Typ
from tenure.wire.keys import SigningKey, derived_pair
from tenure.wire.lease import LeaseMint
from tenure.wire.request import sign_request
from tenure.wire.revocation import sign_revocations
from tenure.wire.trust import accept_lease, stored_lease

NOW: Final = 1_800_000_000
"""2027-01-15 08:00:00 UTC."""
MADE: Final = NOW - 100 * DAY
"""When the catalog was made and its keys were opened."""

PUBLISHER_ID: Final = UUID("11111111-1111-4111-8111-111111111111")
HOST_ID: Final = UUID("22222222-2222-4222-8222-222222222222")
MACHINE_ID: Final = UUID("33333333-3333-4333-8333-333333333333")
WORKSTATION_ID: Final = UUID("44444444-4444-4444-8444-444444444444")
SERVER_ID: Final = UUID("55555555-5555-4555-8555-555555555555")
REQUEST_ID: Final = UUID("66666666-6666-4666-8666-666666666666")
OTHER_ID: Final = UUID("99999999-9999-4999-8999-999999999999")

ROOT: Final = SigningKey(bytes(range(32)))
SIGNING: Final = SigningKey(bytes(range(32, 64)))
HOST: Final = SigningKey(bytes(range(64, 96)))
STRANGER: Final = SigningKey(bytes(range(96, 128)))
"""A key that nobody trusts."""

HOST_KEY: Final = make(KeyType.HOST, 1023, 0x0123456789ABCDEF012345)
PAIR: Final = derived_pair(HOST_KEY)
FINGERPRINT: Final = "fpr-0123456789abcdef"

POLICY: Final = Policy(threshold=25)
PENDING: Final = Pending(
    machine_id=MACHINE_ID, product_id=WORKSTATION_ID, request_id=REQUEST_ID, fingerprint=FINGERPRINT
)
GRANT: Final = Grant(
    grant_id="grant-1",
    publisher_id=PUBLISHER_ID,
    machine_id=MACHINE_ID,
    product_id=WORKSTATION_ID,
    fingerprint=FINGERPRINT,
    key_id=PAIR.kid,
    nonce="request-2",
    iat=NOW,
)
PENDING_GRANT: Final = PendingGrant(
    machine_id=MACHINE_ID,
    product_id=WORKSTATION_ID,
    request_id="request-2",
    fingerprint=FINGERPRINT,
    key_id=PAIR.kid,
    asked_at=NOW,
)


def root_entry(key: SigningKey, *, opens: int = MADE, closes: int | None = None) -> KeyEntry:
    """The entry of a root."""
    return KeyEntry(key.kid, key.public.x, frozenset({Typ.CATALOG.value}), opens, closes)


def signing_entry(key: SigningKey, *, opens: int = MADE, closes: int | None = None) -> KeyEntry:
    """The entry of a signing key."""
    return KeyEntry(key.kid, key.public.x, SIGNED_BY_PUBLISHER, opens, closes)


CATALOG: Final = Catalog(
    publisher_id=PUBLISHER_ID,
    seq=7,
    iat=MADE,
    name="Beispiel Söftware",
    roots=(root_entry(ROOT),),
    keys=(signing_entry(SIGNING),),
    pools={"workstations": POLICY, "servers": Policy(threshold=5, grace_days=3)},
    products=(
        Product(
            product_id=WORKSTATION_ID,
            number=0,
            name="Draft Studio",
            kind=Kind.WORKSTATION,
            pool="workstations",
            generic_keys=(make(KeyType.GENERIC, 0, 777).text,),
            features={"export": LicenseStatus.REDUCED_FUNCTIONALITY, "print": LicenseStatus.NOTIFICATION},
        ),
        Product(product_id=SERVER_ID, number=1, name="Render Server", kind=Kind.SERVER, pool="servers"),
    ),
    contact="licenses@publisher.example",
    publisher_url="https://publisher.example:1690",
)
CERTIFICATE: Final = HostCertificate(
    certificate_id="certificate-1",
    publisher_id=PUBLISHER_ID,
    host_id=HOST_ID,
    host_kid=HOST.kid,
    host_x=HOST.public.x,
    pools={"workstations": POLICY},
    org="Example Customer",
    agreement="A-1",
    trial=False,
    key_id=PAIR.kid,
    nonce="request-1",
    iat=NOW - 10 * DAY,
    exp=NOW - 10 * DAY + LIFETIME_SECONDS,
)
LEASE: Final = Lease(
    lease_id="lease-1",
    host_id=HOST_ID,
    machine_id=MACHINE_ID,
    product_id=WORKSTATION_ID,
    pool="workstations",
    nonce=str(REQUEST_ID),
    fingerprint=FINGERPRINT,
    count=31,
    threshold=25,
    iat=NOW,
    exp=NOW + 180 * DAY,
    renew_after=NOW + 7 * DAY,
    epoch=NOW - 500,
)
REVOCATIONS: Final = RevocationList(
    publisher_id=PUBLISHER_ID,
    seq=3,
    iat=NOW - DAY,
    next_update=NOW + 6 * DAY,
    entries=(
        Revocation(kind=Revocable.HOST, subject=str(OTHER_ID), since=NOW - 2 * DAY, reason="Gerät gestohlen"),
        Revocation(
            kind=Revocable.KEY, subject=derived_pair(make(KeyType.HOST, 1023, 5)).kid, since=NOW - DAY
        ),
        Revocation(kind=Revocable.GRANT, subject="grant-2", since=NOW - DAY, reason="released"),
    ),
)
"""It names nothing of the others here."""


def catalog_with_key(
    *, opens: int = MADE, closes: int | None = None, may: frozenset[str] = SIGNED_BY_PUBLISHER
) -> Catalog:
    """The catalog with another entry for the signing key."""
    entry = replace(signing_entry(SIGNING, opens=opens, closes=closes), may=may)
    return replace(CATALOG, keys=(entry,))


def catalog_token(*, root: SigningKey = ROOT, **changes: Any) -> str:
    """The catalog with `changes`, signed by `root`."""
    return sign_catalog(replace(CATALOG, **changes), document_id="catalog-7", root=root)


def certificate_token(*, key: SigningKey = SIGNING, **changes: Any) -> str:
    """The certificate with `changes`, signed by `key`."""
    return sign_certificate(replace(CERTIFICATE, **changes), key)


def lease_token(*, key: SigningKey = HOST, **changes: Any) -> str:
    """The lease with `changes`, signed by `key`."""
    return LeaseMint(key).mint(replace(LEASE, **changes))


def grant_token(*, key: SigningKey = SIGNING, **changes: Any) -> str:
    """The grant with `changes`, signed by `key`."""
    return sign_grant(replace(GRANT, **changes), key)


def request_token(*, key: SigningKey = HOST, pair: SigningKey = PAIR, now: int = NOW) -> str:
    """A host's request, signed by its own `key`."""
    return sign_request(
        request_id="request-1",
        asker=HOST_ID,
        audience=PUBLISHER_ID,
        fingerprint=FINGERPRINT,
        pair=pair,
        key=key,
        now=now,
    )


def revocations_token(*, key: SigningKey = SIGNING, **changes: Any) -> str:
    """The revocation list with `changes`, signed by `key`."""
    return sign_revocations(replace(REVOCATIONS, **changes), document_id="revocations-3", signing_key=key)


CATALOG_TOKEN: Final = catalog_token()
CERTIFICATE_TOKEN: Final = certificate_token()
LEASE_TOKEN: Final = lease_token()
REQUEST_TOKEN: Final = request_token()
GRANT_TOKEN: Final = grant_token()
REVOCATIONS_TOKEN: Final = revocations_token()


def accept(
    *,
    lease: str = LEASE_TOKEN,
    certificate: str = CERTIFICATE_TOKEN,
    catalog: Catalog = CATALOG,
    revocations: RevocationList | None = None,
    pending: Pending = PENDING,
    now: int = NOW,
    highest_epoch: int | None = None,
) -> tuple[Lease, HostCertificate]:
    """What `accept_lease` makes of the good lease, with something changed."""
    return accept_lease(
        lease,
        certificate,
        catalog,
        pending,
        revocations=revocations,
        now=now,
        highest_epoch=highest_epoch,
    )


def keep(
    *,
    lease: str = LEASE_TOKEN,
    certificate: str = CERTIFICATE_TOKEN,
    catalog: Catalog = CATALOG,
    revocations: RevocationList | None = None,
    product_id: UUID = WORKSTATION_ID,
) -> tuple[Lease, HostCertificate]:
    """What `stored_lease` makes of the good lease, with something changed."""
    return stored_lease(lease, certificate, catalog, revocations=revocations, product_id=product_id)
