"""Making the catalog, and every new edition of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tenure.core.catalog import MAX_PRODUCTS, Catalog, KeyEntry, Product
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.policy import DEFAULT_POLICIES, Kind, Policy
from tenure.core.product_key import RANDOM_BITS, KeyType, make
from tenure.publisher.store import publisher_id_of
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, sign_catalog
from tenure.wire.jws import Typ
from tenure.wire.trust import TrustedCatalogs, first_catalogs, later_catalogs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from tenure.core.clock import Clock
    from tenure.core.license_status import LicenseStatus
    from tenure.publisher.store import KeyRing, PublisherStore, Rows

DEFAULT_POOLS = {Kind.WORKSTATION: "workstations", Kind.SERVER: "servers"}
"""One pool a kind, so that workstations and servers count apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product that shall be in the catalog; what is None is chosen."""

    name: str
    kind: Kind
    product_id: UUID | None = None
    number: int | None = None
    pool: str | None = None
    features: Mapping[str, LicenseStatus] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Authority:
    """What every use case of a publisher needs."""

    store: PublisherStore
    keys: KeyRing
    clock: Clock
    new_uuid: Callable[[], UUID]
    random_bits: Callable[[int], int]

    def init(self, *, name: str, contact: str, publisher_url: str | None) -> Catalog:
        """The publisher exists, with a first catalog that names its keys and no product yet.

        Raises:
            UsageError: code `set_up_already`.
        """
        now = self.clock()
        root, signing_key = self.keys.root(), self.keys.signing_key()
        with self.store.transaction() as rows:
            if rows.publisher_id() is not None:
                raise UsageError(
                    Code.SET_UP_ALREADY,
                    "There is a publisher in this home already.",
                    "Use it, or name another --home for a second one.",
                )
            catalog = Catalog(
                publisher_id=self.new_uuid(),
                seq=1,
                iat=now,
                name=name,
                roots=(KeyEntry(root.kid, root.public.x, frozenset({Typ.CATALOG.value}), now),),
                keys=(KeyEntry(signing_key.kid, signing_key.public.x, SIGNED_BY_PUBLISHER, now),),
                pools={},
                products=(),
                contact=contact,
                publisher_url=publisher_url,
            )
            rows.set_publisher_id(catalog.publisher_id)
            rows.save_catalogs([sign_catalog(catalog, document_id=str(self.new_uuid()), root=root)])
            rows.audit(now, "publisher init", str(catalog.publisher_id))
        return catalog

    def catalogs(self) -> TrustedCatalogs:
        """The catalogs as they travel.

        Raises:
            UsageError: code `not_set_up`.
        """
        with self.store.reading() as rows:
            return _catalogs(rows)

    def add_products(
        self,
        new: Sequence[NewProduct],
        *,
        policies: Mapping[str, Policy] | None = None,
        refuse_foreign: Callable[[UUID], None] = lambda _: None,
    ) -> tuple[Product, ...]:
        """The products are in a new edition of the catalog, each with a generic key of its own.

        `policies` names the terms of pools that do not exist yet; a pool that does keeps its own. `refuse_foreign` may
        raise for a product id that belongs to another system.

        Raises:
            UsageError: `catalog_invalid`, `policy_out_of_bounds` or `not_set_up`; no product was added then.
            Refused: code `product_taken`, when the terms of an existing pool would change.
        """
        for one in new:
            if one.product_id is not None:
                refuse_foreign(one.product_id)
        added: list[Product] = []

        def change(catalog: Catalog) -> Catalog:
            pools = dict(catalog.pools)
            for pool, policy in (policies or {}).items():
                if pools.setdefault(pool, policy) != policy:
                    raise Refused(
                        Code.PRODUCT_TAKEN,
                        f"Pool {pool!r} exists with other terms.",
                        "Leave its policy out, or choose another pool.",
                    )
            products = list(catalog.products)
            for one in new:
                pool = one.pool or DEFAULT_POOLS[one.kind]
                pools.setdefault(pool, DEFAULT_POLICIES[one.kind])
                number = one.number if one.number is not None else _lowest_free(products)
                generic = make(KeyType.GENERIC, number, self.random_bits(RANDOM_BITS))
                product = Product(
                    product_id=one.product_id or self.new_uuid(),
                    number=number,
                    name=one.name,
                    kind=one.kind,
                    pool=pool,
                    generic_keys=(generic.text,),
                    features=dict(one.features),
                )
                products.append(product)
                added.append(product)
            return replace(catalog, pools=pools, products=tuple(products))

        self._revise(change, "product add", ", ".join(one.name for one in new))
        return tuple(added)

    def move(self, publisher_url: str) -> Catalog:
        """A new edition of the catalog says that the publisher is reached at this address.

        Raises:
            UsageError: code `not_set_up`.
        """
        return self._revise(
            lambda catalog: replace(catalog, publisher_url=publisher_url), "publisher move", publisher_url
        )

    def _revise(self, change: Callable[[Catalog], Catalog], action: str, subject: str) -> Catalog:
        """A changed catalog is signed by the root, one seq higher, and takes its place in the list."""
        now = self.clock()
        root = self.keys.root()
        with self.store.transaction() as rows:
            chain = _catalogs(rows)
            newest = replace(change(chain.newest), seq=chain.newest.seq + 1, iat=max(now, chain.newest.iat))
            token = sign_catalog(newest, document_id=str(self.new_uuid()), root=root)
            rows.save_catalogs(later_catalogs(chain, [token]).tokens)
            rows.audit(now, action, subject)
        return newest


def _catalogs(rows: Rows) -> TrustedCatalogs:
    publisher_id_of(rows)
    return first_catalogs(rows.catalogs())


def _lowest_free(products: Sequence[Product]) -> int:
    taken = {product.number for product in products}
    number = next((n for n in range(MAX_PRODUCTS) if n not in taken), None)
    if number is None:
        raise UsageError(Code.CATALOG_INVALID, f"A catalog has at most {MAX_PRODUCTS} products.")
    return number
