"""Writes docs/vectors/: what an implementation in any language can check itself against.

Every key is made of a fixed seed, every id and time is fixed, so a run writes the same bytes. `docs/generate.py` calls it.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from tenure.core.catalog import Catalog, KeyEntry, Product
from tenure.core.certificate import LIFETIME_SECONDS, HostCertificate
from tenure.core.grant import Grant
from tenure.core.lease import Lease
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY, DEFAULT_POLICIES, Kind
from tenure.core.product_key import KeyType, make
from tenure.core.revocation import Revocable, Revocation, RevocationList
from tenure.wire.activation import ActivationBody, Granted
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, sign_catalog
from tenure.wire.certificate import sign_certificate
from tenure.wire.enrolment import MachineActivated
from tenure.wire.grant import sign_grant
from tenure.wire.jws import Typ
from tenure.wire.keys import SigningKey, derived_pair
from tenure.wire.lease import LeaseMint
from tenure.wire.request import sign_request
from tenure.wire.revocation import sign_revocations

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_800_000_000
PUBLISHER = UUID("6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f001")
HOST = UUID("6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f002")
MACHINE = UUID("6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f003")
PRODUCT = UUID("6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f004")
REQUEST = UUID("6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f005")
ROOT, SIGNING, HOST_KEY, STRANGER = (SigningKey(bytes([seed]) * 32) for seed in (1, 2, 3, 4))
FINGERPRINT = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"
MACHINE_KEY = SigningKey(bytes([5]) * 32)
MAK = make(KeyType.MAK, 0, 0xFEDCBA9876543210)
HOST_PRODUCT_KEY = make(KeyType.HOST, 1023, 0x0123456789ABCDEF)

CATALOG = Catalog(
    publisher_id=PUBLISHER,
    seq=1,
    iat=NOW - 90 * DAY,
    name="Example Software",
    roots=(KeyEntry(ROOT.kid, ROOT.public.x, frozenset({Typ.CATALOG.value}), NOW - 90 * DAY),),
    keys=(KeyEntry(SIGNING.kid, SIGNING.public.x, SIGNED_BY_PUBLISHER, NOW - 90 * DAY),),
    pools={"workstations": DEFAULT_POLICIES[Kind.WORKSTATION], "servers": DEFAULT_POLICIES[Kind.SERVER]},
    products=(
        Product(
            product_id=PRODUCT,
            number=0,
            name="Draft Studio",
            kind=Kind.WORKSTATION,
            pool="workstations",
            generic_keys=(make(KeyType.GENERIC, 0, 1).text,),
            features={"export": LicenseStatus.REDUCED_FUNCTIONALITY},
        ),
    ),
    contact="licenses@publisher.example",
)
CERTIFICATE = HostCertificate(
    certificate_id="6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f006",
    publisher_id=PUBLISHER,
    host_id=HOST,
    host_kid=HOST_KEY.kid,
    host_x=HOST_KEY.public.x,
    pools=CATALOG.pools,
    org="Example Customer",
    agreement="A-1",
    trial=False,
    key_id=derived_pair(HOST_PRODUCT_KEY).kid,
    nonce="6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f007",
    iat=NOW - 30 * DAY,
    exp=NOW - 30 * DAY + LIFETIME_SECONDS,
)
LEASE = Lease(
    lease_id="6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f008",
    host_id=HOST,
    machine_id=MACHINE,
    product_id=PRODUCT,
    pool="workstations",
    nonce=str(REQUEST),
    fingerprint=FINGERPRINT,
    count=25,
    threshold=25,
    iat=NOW,
    exp=NOW + 180 * DAY,
    renew_after=NOW + 7 * DAY,
    epoch=NOW - 30 * DAY,
)
GRANT = Grant(
    grant_id="6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f009",
    publisher_id=PUBLISHER,
    machine_id=MACHINE,
    product_id=PRODUCT,
    fingerprint=FINGERPRINT,
    key_id=derived_pair(MAK).kid,
    nonce=str(REQUEST),
    iat=NOW,
)
REVOKED_HOST = UUID("6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f00b")
REVOKED_KEY = derived_pair(make(KeyType.HOST, 1023, 1)).kid
REVOCATIONS = RevocationList(
    publisher_id=PUBLISHER,
    seq=2,
    iat=NOW - DAY,
    next_update=NOW + 6 * DAY,
    entries=(
        Revocation(kind=Revocable.HOST, subject=str(REVOKED_HOST), since=NOW, reason="stolen"),
        Revocation(kind=Revocable.KEY, subject=REVOKED_KEY, since=NOW),
        Revocation(kind=Revocable.GRANT, subject="6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f00c", since=NOW),
    ),
)


def lease(key: SigningKey = HOST_KEY, **changes: Any) -> str:
    """The lease with some of its claims changed, signed."""
    return LeaseMint(key).mint(dataclasses.replace(LEASE, **changes))


def certificate(key: SigningKey = SIGNING, **changes: Any) -> str:
    """The certificate with some of its claims changed, signed."""
    return sign_certificate(dataclasses.replace(CERTIFICATE, **changes), key)


def grant(key: SigningKey = SIGNING, **changes: Any) -> str:
    """The grant with some of its claims changed, signed."""
    return sign_grant(dataclasses.replace(GRANT, **changes), key)


def refused_grants() -> Iterator[dict[str, Any]]:
    """Grants that a machine must refuse, each with the step of docs/protocol.md that it fails."""
    other = UUID(int=1)
    for step, what, token in (
        (2, "the grant is signed by a key that the catalog does not name", grant(STRANGER)),
        (2, "the grant is signed by the root, which signs catalogs alone", grant(ROOT)),
        (2, "the grant is of another publisher", grant(publisher_id=other)),
        (2, "a certificate stands where the grant belongs", certificate()),
        (2, "the last character of the signature is another", _other_end(grant())),
        (3, "the nonce is of another request", grant(nonce=str(other))),
        (3, "the machine is another", grant(machine_id=other)),
        (3, "the product is another", grant(product_id=other)),
        (3, "the fingerprint is another", grant(fingerprint="x" * 43)),
        (3, "the key is another", grant(key_id=STRANGER.kid)),
        (4, "the grant was signed 4 h 1 s before the request", grant(iat=NOW - 14_401)),
        (4, "the grant was signed 4 h 1 s from now", grant(iat=NOW + 14_401)),
    ):
        yield {"step": step, "what": what, "grant": token}


def refused() -> Iterator[dict[str, Any]]:
    """Answers that a client must refuse, each with the step of docs/protocol.md that it fails."""
    other = UUID(int=1)
    for step, what, lease_token, certificate_token in (
        (
            2,
            "the certificate is signed by a key that the catalog does not name",
            lease(),
            certificate(STRANGER),
        ),
        (2, "the certificate is of another publisher", lease(), certificate(publisher_id=other)),
        (2, "the lease stands where the certificate belongs", lease(), lease()),
        (3, "the certificate ends now", lease(), certificate(exp=NOW)),
        (3, "the certificate begins in a second", lease(), certificate(iat=NOW + 1)),
        (4, "the lease is signed by another key", lease(STRANGER), certificate()),
        (4, "the lease is of another host", lease(host_id=other), certificate()),
        (4, "the last character of the signature is another", _other_end(lease()), certificate()),
        (5, "the lease is of a pool that is not the product's", lease(pool="servers"), certificate()),
        (
            5,
            "the certificate does not cover the pool",
            lease(),
            certificate(pools={"servers": CATALOG.pools["servers"]}),
        ),
        (6, "the nonce is of another request", lease(nonce=str(other)), certificate()),
        (6, "the machine is another", lease(machine_id=other), certificate()),
        (6, "the product is another", lease(product_id=other), certificate()),
        (6, "the fingerprint is another", lease(fingerprint="x" * 43), certificate()),
        (
            7,
            "the lease was signed 4 h 1 s ago",
            lease(iat=NOW - 14_401, exp=NOW - 14_401 + 180 * DAY),
            certificate(),
        ),
        (
            7,
            "the lease was signed 4 h 1 s from now",
            lease(iat=NOW + 14_401, exp=NOW + 14_401 + 180 * DAY),
            certificate(),
        ),
        (
            7,
            "the lease is a second longer than the policy says",
            lease(exp=NOW + 180 * DAY + 1),
            certificate(),
        ),
        (8, "the count is below the threshold of the certificate", lease(count=24), certificate()),
        (9, "the epoch is lower than one seen before", lease(epoch=NOW - 30 * DAY - 1), certificate()),
    ):
        yield {"step": step, "what": what, "lease": lease_token, "certificate": certificate_token}


def revocations() -> dict[str, Any]:
    """A list, an older one, forged ones, and what the list says of leases that are held."""
    older = dataclasses.replace(REVOCATIONS, seq=1, entries=())
    other = dataclasses.replace(REVOCATIONS, publisher_id=UUID(int=1))
    signed = {
        name: sign_revocations(listed, document_id=f"revocations-{name}", signing_key=key)
        for name, listed, key in (
            ("list", REVOCATIONS, SIGNING),
            ("older", older, SIGNING),
            ("by a stranger", REVOCATIONS, STRANGER),
            ("of another publisher", other, SIGNING),
        )
    }
    revoked_host = certificate(host_id=REVOKED_HOST)
    leases = []
    for what, token, iat, void in (
        ("the host is revoked from this second on", revoked_host, NOW, True),
        ("the host is revoked from the next second on", revoked_host, NOW - 1, False),
        ("the host key of the certificate is revoked", certificate(key_id=REVOKED_KEY), NOW, True),
        ("neither host nor key is listed", certificate(), NOW, False),
    ):
        host_id = REVOKED_HOST if token == revoked_host else HOST
        granted = lease(host_id=host_id, iat=iat, exp=iat + 180 * DAY)
        leases.append({"what": what, "lease": granted, "certificate": token, "void": void})
    return {
        "now": NOW,
        "revocations": signed.pop("list"),
        "refused": [{"what": name, "revocations": token} for name, token in signed.items()],
        "leases": leases,
    }


def files() -> dict[str, Any]:
    """Every file of docs/vectors/ and what stands in it."""
    body = ActivationBody(
        machine_id=MACHINE,
        product_id=PRODUCT,
        request_id=REQUEST,
        hostname="pc-1.customer.example",
        fingerprint=FINGERPRINT,
        virtual=False,
        license_status=LicenseStatus.NOTIFICATION,
        minutes_remaining=100_800,
        client_time=NOW,
    )
    answer = Granted(
        lease=lease(),
        certificate=certificate(),
        count=25,
        threshold=25,
        renewal_interval_s=604_800,
        catalog_seq=1,
        revocation_seq=0,
    )
    pair = derived_pair(HOST_PRODUCT_KEY)
    return {
        "keys.json": {
            "about": "Test keys of fixed seeds. Never use them for anything else.",
            **{
                name: {**key.public.jwk, "kid": key.kid}
                for name, key in (("root", ROOT), ("signing", SIGNING), ("host", HOST_KEY))
            },
        },
        "product-key.json": {
            "text": HOST_PRODUCT_KEY.text,
            "type": HOST_PRODUCT_KEY.type.label,
            "product_number": HOST_PRODUCT_KEY.product_number,
            "key_id": pair.kid,
            "derived_public_key": pair.public.jwk,
        },
        "catalog.json": {"catalogs": [sign_catalog(CATALOG, document_id="catalog-1", root=ROOT)]},
        "activation.json": {
            "now": NOW,
            "highest_epoch_seen": NOW - 30 * DAY,
            "request": msgspec.to_builtins(body),
            "answer": msgspec.to_builtins(answer),
        },
        "refused.json": {
            "about": "Answers to the request in activation.json, at its time, that a client must refuse.",
            "answers": list(refused()),
        },
        "machine-activation.json": {
            "now": NOW,
            "product_key": MAK.text,
            "request": sign_request(
                request_id=str(REQUEST),
                asker=MACHINE,
                audience=PRODUCT,
                fingerprint=FINGERPRINT,
                pair=derived_pair(MAK),
                key=MACHINE_KEY,
                now=NOW,
            ),
            "answer": msgspec.to_builtins(MachineActivated(grant=grant(), used=1, limit=3)),
            "refused": list(refused_grants()),
        },
        "revocations.json": revocations(),
        "host-activation.json": {
            "now": NOW,
            "request": sign_request(
                request_id="6f1c4a52-2b7e-4d3a-9a55-0c1de9a1f007",
                asker=HOST,
                audience=PUBLISHER,
                fingerprint=FINGERPRINT,
                pair=pair,
                key=HOST_KEY,
                now=NOW,
            ),
        },
    }


def texts() -> dict[str, str]:
    """The files as they are written."""
    return {name: json.dumps(content, indent=2) + "\n" for name, content in files().items()}


def _other_end(token: str) -> str:
    """The token with another last character that decodes to the same bytes: only canonical base64url is accepted."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]
