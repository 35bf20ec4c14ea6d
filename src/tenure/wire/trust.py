"""Verification down to the publisher's root, in numbered steps. Pure: every time is an argument.

A catalog is trusted because a root that is already pinned signed it; a certificate because the catalog names its
signing key; a lease because the certificate names the host's key; a grant because the catalog names the key that signed
it. `core.lease` and `core.grant` then judge what was signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from tenure.core.catalog import Catalog, check_successor
from tenure.core.errors import Code, Untrusted
from tenure.core.grant import Grant, PendingGrant, check_grant_at_receipt, check_grant_at_rest
from tenure.core.lease import Lease, Pending, check_at_receipt, check_at_rest
from tenure.wire.catalog import CatalogList, catalog_of
from tenure.wire.certificate import certificate_of
from tenure.wire.grant import grant_of
from tenure.wire.jws import Typ, read
from tenure.wire.keys import PublicKey
from tenure.wire.lease import lease_of
from tenure.wire.revoked import check_grant, check_lease_at_receipt, check_lease_at_rest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tenure.core.certificate import HostCertificate
    from tenure.core.revocation import RevocationList


@dataclass(frozen=True, slots=True)
class TrustedCatalogs:
    """A verified chain: the newest catalog, and the tokens that lead to it, as they travel."""

    newest: Catalog
    tokens: tuple[str, ...]


def first_catalogs(tokens: Sequence[str], *, root_kid: str | None = None) -> TrustedCatalogs:
    """The chain as an administrator gave it: trust on first use, or from `root_kid` when that is demanded.

    1. where a root is demanded, the list begins with the first catalog that it signed: it may be a later root than
       that of the publisher's first catalog, and knows nothing of what came before
    2. the first catalog is signed by one of its own roots
    3. every further catalog follows as in `later_catalogs`

    Raises:
        Untrusted: `chain_broken`, `signature_invalid` or `document_malformed`.
    """
    if not tokens:
        raise Untrusted(Code.CHAIN_BROKEN, "The list of catalogs is empty.")
    # 1
    if root_kid is not None:
        signers = [read(token, Typ.CATALOG).kid for token in tokens]
        if root_kid not in signers:
            raise Untrusted(
                Code.CHAIN_BROKEN,
                f"The catalog is signed by root {signers[0]}; root {root_kid} was demanded.",
                "Get the catalog from the publisher whose root this is.",
            )
        tokens = tokens[signers.index(root_kid) :]
    # 2
    catalog = catalog_of(read(tokens[0], Typ.CATALOG).claims)
    _verify_by_root(tokens[0], catalog)
    # 3
    return later_catalogs(TrustedCatalogs(catalog, (tokens[0],)), tokens[1:])


def later_catalogs(trusted: TrustedCatalogs, tokens: Sequence[str]) -> TrustedCatalogs:
    """`trusted`, followed by those of `tokens` that are newer, each checked against the roots of the one before.

    Catalogs that are known already are passed over, so that a whole list can be given each time.

    1. signed by a root of the catalog before it
    2. same publisher, higher seq
    3. of those that changed no roots, only the newest stays in the list

    Raises:
        Untrusted: `chain_broken`, `signature_invalid` or `document_malformed`; nothing was taken then.
    """
    chain = trusted
    for token in tokens:
        candidate = catalog_of(read(token, Typ.CATALOG).claims)
        if candidate.publisher_id == chain.newest.publisher_id and candidate.seq <= chain.newest.seq:
            continue
        # 1
        _verify_by_root(token, chain.newest)
        # 2
        check_successor(chain.newest, candidate)
        # 3
        kept = chain.tokens if len(chain.tokens) == 1 or _changed_roots(chain) else chain.tokens[:-1]
        chain = TrustedCatalogs(candidate, (*kept, token))
    return chain


def catalogs_in(data: bytes) -> tuple[str, ...]:
    """The tokens of a catalog list, a JSON text.

    Raises:
        Untrusted: code `document_malformed`.
    """
    try:
        return msgspec.json.decode(data, type=CatalogList).catalogs
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Untrusted(
            Code.DOCUMENT_MALFORMED,
            'A catalog file holds {"catalogs": [...]}; something else was found.',
            "Export it again: tenure publisher catalog export.",
        ) from error


def open_certificate(token: str, catalog: Catalog, *, now: int) -> HostCertificate:
    """The host certificate in `token`, as it arrives: its key must be open now.

    1. form; 2. the catalog names the signing key, which may sign certificates and is open now; 3. signature;
    4. the issuer is the catalog's publisher; 5. it will also hold at rest. Whether it is valid now, the caller asks.

    Raises:
        Untrusted: `document_malformed` (1), `chain_broken` (2, 4, 5) or `signature_invalid` (3).
    """
    document = read(token, Typ.HOST)
    entry = catalog.key_at_receipt(document.kid, Typ.HOST, now)
    certificate = _certificate(token, catalog, PublicKey(entry.x))
    catalog.key_at_rest(document.kid, Typ.HOST, certificate.iat)
    return certificate


def stored_certificate(token: str, catalog: Catalog) -> HostCertificate:
    """The host certificate in `token`, at rest: its key was open when it signed.

    Raises:
        Untrusted: as `open_certificate`.
    """
    document = read(token, Typ.HOST)
    entry = catalog.key_at_rest(document.kid, Typ.HOST, certificate_of(document.claims).iat)
    return _certificate(token, catalog, PublicKey(entry.x))


def accept_lease(
    lease: str,
    certificate: str,
    catalog: Catalog,
    pending: Pending,
    *,
    revocations: RevocationList | None,
    now: int,
    highest_epoch: int | None,
) -> tuple[Lease, HostCertificate]:
    """The lease that just arrived, when it answers `pending` and its chain holds; `now` is the raw clock.

    `revocations` is the newest list of the publisher that is known here, verified.

    1. the certificate is the publisher's (`open_certificate`)
    2. the catalog has the product
    3. the lease is signed by the certificate's key
    4. what it says is right (`core.lease.check_at_receipt`)
    5. neither its host nor the host key of its certificate is revoked
    6. it will also hold at rest: what is taken now must not turn out worthless at the next start

    Raises:
        Untrusted: naming the step that failed. Nothing a machine holds may change then.
    """
    # 1
    host = open_certificate(certificate, catalog, now=now)
    # 2
    product = catalog.product(pending.product_id)
    if product is None:
        raise Untrusted(Code.CHAIN_BROKEN, f"The catalog has no product {pending.product_id}.")
    # 3
    granted = _lease(lease, host)
    # 4
    check_at_receipt(granted, host, pending, pool=product.pool, now=now, highest_epoch=highest_epoch)
    # 5
    check_lease_at_receipt(granted, host, revocations, now=now)
    # 6
    check_at_rest(granted, host, product_id=pending.product_id, pool=product.pool)
    return granted, host


def stored_lease(
    lease: str, certificate: str, catalog: Catalog, *, revocations: RevocationList | None, product_id: UUID
) -> tuple[Lease, HostCertificate]:
    """The lease that a machine keeps, when its chain held at its `iat`; its own end is not asked here.

    `revocations` is the newest list of the publisher that is known here, verified: one that revoked the host before
    the lease's `iat` voids it.

    Raises:
        Untrusted: naming the step that failed.
    """
    host = stored_certificate(certificate, catalog)
    kept = _lease(lease, host)
    product = catalog.product(product_id)
    if product is None:
        raise Untrusted(Code.CHAIN_BROKEN, f"The catalog has no product {product_id}.")
    check_at_rest(kept, host, product_id=product_id, pool=product.pool)
    check_lease_at_rest(kept, host, revocations)
    return kept, host


def accept_grant(
    token: str, catalog: Catalog, pending: PendingGrant, *, revocations: RevocationList | None, now: int
) -> Grant:
    """The grant that just arrived, when it answers `pending` and its chain holds; `now` is the raw clock.

    `revocations` is the newest list of the publisher that is known here, verified.

    1. the catalog names the signing key, which may sign grants and is open now
    2. the catalog has the product
    3. the signature is that key's, and the issuer the catalog's publisher
    4. what it says is right (`core.grant.check_grant_at_receipt`)
    5. neither it nor its product key is revoked
    6. it will also hold at rest

    Raises:
        Untrusted: naming the step that failed. Nothing a machine holds may change then.
    """
    # 1
    entry = catalog.key_at_receipt(read(token, Typ.GRANT).kid, Typ.GRANT, now)
    # 2
    if catalog.product(pending.product_id) is None:
        raise Untrusted(Code.CHAIN_BROKEN, f"The catalog has no product {pending.product_id}.")
    # 3
    grant = _grant(token, catalog, PublicKey(entry.x))
    # 4
    check_grant_at_receipt(grant, pending, now=now)
    # 5
    check_grant(revocations.of_grant(grant) if revocations is not None else None, now)
    # 6
    catalog.key_at_rest(entry.kid, Typ.GRANT, grant.iat)
    return grant


def stored_grant(token: str, catalog: Catalog, *, product_id: UUID) -> Grant:
    """The grant that a machine keeps: its key was open when it signed, and it is for this product of this publisher.

    Whether it was revoked meanwhile hangs on the time, and is asked where the time is (`wire.revoked.check_grant`).

    Raises:
        Untrusted: naming the step that failed.
    """
    document = read(token, Typ.GRANT)
    entry = catalog.key_at_rest(document.kid, Typ.GRANT, grant_of(document.claims).iat)
    if catalog.product(product_id) is None:
        raise Untrusted(Code.CHAIN_BROKEN, f"The catalog has no product {product_id}.")
    grant = _grant(token, catalog, PublicKey(entry.x))
    check_grant_at_rest(grant, product_id=product_id)
    return grant


def _grant(token: str, catalog: Catalog, key: PublicKey) -> Grant:
    grant = grant_of(read(token, Typ.GRANT).verify(key))
    if grant.publisher_id != catalog.publisher_id:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"The grant is of publisher {grant.publisher_id}; {catalog.publisher_id} was expected.",
        )
    return grant


def _lease(token: str, host: HostCertificate) -> Lease:
    document = read(token, Typ.LEASE)
    if document.kid != host.host_kid:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            "The lease is not signed by the key in the host's certificate.",
            "Does another machine answer under the host's address? Ask its administrator: tenure host status.",
        )
    return lease_of(document.verify(PublicKey(host.host_x)))


def _certificate(token: str, catalog: Catalog, key: PublicKey) -> HostCertificate:
    certificate = certificate_of(read(token, Typ.HOST).verify(key))
    if certificate.publisher_id != catalog.publisher_id:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"The certificate is of publisher {certificate.publisher_id}; {catalog.publisher_id} was expected.",
            "This host is none of the product's publisher: set the one that is, tenure client set-host.",
        )
    return certificate


def _verify_by_root(token: str, signer: Catalog) -> None:
    document = read(token, Typ.CATALOG)
    root = signer.root(document.kid)
    if root is None:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"The catalog is signed by {document.kid}, which is no root pinned here.",
            "Get the publisher's whole list of catalogs; if the publisher itself changed, install its key anew.",
        )
    iat = catalog_of(document.claims).iat
    # Whoever steals a closed root must not reopen it with an early `iat`: what comes after `signer` is later than it.
    if Typ.CATALOG not in root.may or not (root.was_open(iat) and root.was_open(max(iat, signer.iat))):
        raise Untrusted(Code.CHAIN_BROKEN, f"Root {root.kid} could not sign this catalog when it was made.")
    document.verify(PublicKey(root.x))


def _changed_roots(chain: TrustedCatalogs) -> bool:
    before = catalog_of(read(chain.tokens[-2], Typ.CATALOG).claims)
    return before.roots != chain.newest.roots
