"""What a host serves at this moment: one snapshot, made when something changes and only looked up in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenure.core.errors import Code, Refused, Unavailable
from tenure.host.ledger import PoolTerms
from tenure.host.limits import Limits, read_limits
from tenure.host.settings import read_settings
from tenure.wire.jws import Typ, read
from tenure.wire.revocation import kept_revocations
from tenure.wire.trust import TrustedCatalogs, first_catalogs, stored_certificate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tenure.core.catalog import Catalog
    from tenure.core.certificate import HostCertificate
    from tenure.core.policy import Policy
    from tenure.core.revocation import Revocation
    from tenure.host.store import Enrolment, HostIdentity, HostStore, StoredRows
    from tenure.wire.revocation import TrustedRevocations


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPublisher:
    """A publisher whose catalogs this host holds and, once activated, whose leases it grants."""

    catalogs: TrustedCatalogs
    certificate: HostCertificate | None
    certificate_token: str | None
    revocations: TrustedRevocations | None
    """The newest list that is known."""

    @property
    def catalog(self) -> Catalog:
        """The newest catalog."""
        return self.catalogs.newest

    @property
    def revocation(self) -> Revocation | None:
        """What revokes this host's certificate, now or at a time to come."""
        if self.certificate is None or self.revocations is None:
            return None
        return self.revocations.newest.of_certificate(self.certificate)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedProduct:
    """A product that this host grants leases for, with everything that a request needs of it."""

    product_id: UUID
    row: int
    pool: str
    terms: PoolTerms
    policy: Policy
    certificate: HostCertificate
    certificate_token: str
    catalog_seq: int
    revocation: Revocation | None
    """What revokes the certificate: looked up here, so that no request pays for a long list."""
    revocation_seq: int
    contact: str
    renewal_interval_s: int
    retry_interval_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The snapshot."""

    identity: HostIdentity | None
    new_machines: int = Limits().new_machines
    """How many of them one address may bring in an hour."""
    publishers: Mapping[UUID, ServedPublisher] = field(default_factory=dict)
    products: Mapping[UUID, ServedProduct] = field(default_factory=dict)
    windows: Mapping[int, int] = field(init=False)
    """The window in seconds of every pool that is served, by its row: made once, because each batch is recorded with it."""

    def __post_init__(self) -> None:
        """Everything that follows from the products is there."""
        terms = [product.terms for product in self.products.values()]
        object.__setattr__(self, "windows", {pool.row: pool.window_seconds for pool in terms})

    def product(self, product_id: UUID) -> ServedProduct:
        """The product, if this host may grant leases for it.

        Raises:
            Unavailable: code `host_not_activated`, when the host holds no certificate of the product's publisher.
            Refused: code `product_not_served`, when no certificate covers it.
        """
        product = self.products.get(product_id)
        if product is not None:
            return product
        owner = next((p for p in self.publishers.values() if p.catalog.product(product_id)), None)
        if owner is None and any(p.certificate for p in self.publishers.values()):
            raise Refused(
                Code.PRODUCT_NOT_SERVED,
                f"This host has no catalog with product {product_id}.",
                "Ask for a host that serves it, or have its publisher's host key installed here.",
            )
        if owner is None or owner.certificate is None:
            raise Unavailable(
                Code.HOST_NOT_ACTIVATED,
                "This host is not activated.",
                "Its administrator activates it with: tenure host activate.",
            )
        raise Refused(
            Code.PRODUCT_NOT_SERVED,
            f"This host's certificate does not cover the pool of product {product_id}.",
            "A host key for that pool is needed.",
        )


def snapshot(
    identity: HostIdentity | None,
    enrolments: Sequence[Enrolment],
    rows: StoredRows,
    settings: Mapping[str, str],
) -> Served:
    """What a host with these documents serves; each was verified when it came, and is verified again here.

    Raises:
        Untrusted: a stored document is damaged.
    """
    chosen = read_settings(settings)
    publishers: dict[UUID, ServedPublisher] = {}
    products: dict[UUID, ServedProduct] = {}
    for enrolment in enrolments:
        publisher = _publisher(enrolment)
        publishers[enrolment.publisher_id] = publisher
        if publisher.certificate is None or publisher.certificate_token is None:
            continue
        revocation = publisher.revocation
        for product in publisher.catalog.products:
            policy = publisher.certificate.pools.get(product.pool)
            pool_row = rows.pools.get((enrolment.publisher_id, product.pool))
            product_row = rows.products.get(product.product_id)
            if policy is None or pool_row is None or product_row is None:
                continue
            products[product.product_id] = ServedProduct(
                product_id=product.product_id,
                row=product_row,
                pool=product.pool,
                terms=PoolTerms(pool_row, policy.window_seconds, policy.threshold),
                policy=policy,
                certificate=publisher.certificate,
                certificate_token=publisher.certificate_token,
                catalog_seq=publisher.catalog.seq,
                revocation=revocation,
                revocation_seq=publisher.revocations.newest.told_seq if publisher.revocations else 0,
                contact=publisher.catalog.contact,
                renewal_interval_s=chosen.renewal_interval_s or policy.renewal_interval_s,
                retry_interval_s=chosen.retry_interval_s or policy.retry_interval_s,
            )
    return Served(
        identity=identity,
        new_machines=read_limits(settings).new_machines,
        publishers=publishers,
        products=products,
    )


def served_by(store: HostStore) -> Served:
    """What the host of this store serves now.

    Raises:
        Untrusted: a stored document is damaged.
        Unavailable: the store cannot be read.
    """
    return snapshot(store.identity(), store.enrolments(), store.rows(), store.settings())


def _publisher(enrolment: Enrolment) -> ServedPublisher:
    # The chain was pinned when it came; at rest its own first root is the pin.
    catalogs = first_catalogs(enrolment.catalogs, root_kid=read(enrolment.catalogs[0], Typ.CATALOG).kid)
    token = enrolment.certificate
    certificate = stored_certificate(token, catalogs.newest) if token is not None else None
    return ServedPublisher(
        catalogs=catalogs,
        certificate=certificate,
        certificate_token=token,
        revocations=kept_revocations(enrolment.revocations, catalogs.newest),
    )
