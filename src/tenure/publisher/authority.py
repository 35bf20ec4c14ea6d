"""Making the catalog, and every new edition of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tenure.core.catalog import MAX_PRODUCTS, Catalog, KeyEntry, Product
from tenure.core.errors import Code, Refused, Untrusted, UsageError
from tenure.core.product_key import RANDOM_BITS, KeyType, make
from tenure.publisher.audit import Actor, AuditEvent, append
from tenure.publisher.pools import DEFAULT_POOLS, pools_with
from tenure.publisher.store import catalogs_of
from tenure.publisher.texts import LONGEST_CONTACT, base_url, check_text
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, catalog_of, sign_catalog
from tenure.wire.jws import Typ, read
from tenure.wire.trust import TrustedCatalogs, later_catalogs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from tenure.core.clock import Clock
    from tenure.core.license_status import LicenseStatus
    from tenure.core.policy import Kind
    from tenure.publisher.audit import AuditRows
    from tenure.publisher.store import KeyRing, PublisherStore
    from tenure.wire.keys import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product that shall be in the catalog; what is None is chosen."""

    name: str
    kind: Kind
    product_id: UUID | None = None
    number: int | None = None
    pool: str | None = None
    features: Mapping[str, LicenseStatus] = field(default_factory=dict)
    needs_os_id: bool = False

    @property
    def pool_name(self) -> str:
        """The pool that it counts in."""
        return self.pool or DEFAULT_POOLS[self.kind]


@dataclass(frozen=True, slots=True)
class Authority:
    """What every use case of a publisher needs."""

    store: PublisherStore
    keys: KeyRing
    clock: Clock
    new_uuid: Callable[[], UUID]
    random_bits: Callable[[int], int]
    actor: Actor
    """Who asks; of an activation, where from: it names its asker itself."""

    def audit(
        self,
        rows: AuditRows,
        now: int,
        action: str,
        subject: str,
        detail: str = "",
        *,
        asker: str | None = None,
    ) -> None:
        """The audit says what was done in this transaction; `asker` is who did it, when it is not the `actor`."""
        actor = self.actor if asker is None else Actor(asker, self.actor.address)
        append(rows, AuditEvent(at=now, actor=actor, action=action, subject=subject, detail=detail))

    def init(self, *, name: str, contact: str, publisher_url: str | None) -> Catalog:
        """The publisher exists, with a first catalog that names its keys and no product yet.

        Raises:
            UsageError: `invalid_argument`, when name, contact or address cannot stand in a catalog; `set_up_already`.
        """
        check_text("publisher's name", name, shortest=1)
        check_text("contact", contact, longest=LONGEST_CONTACT)
        address = base_url(publisher_url) if publisher_url is not None else None
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
                publisher_url=address,
            )
            rows.set_publisher_id(catalog.publisher_id)
            rows.save_catalogs([self._signed(catalog, root)])
            self.audit(rows, now, "publisher init", str(catalog.publisher_id), name)
        return catalog

    def catalogs(self) -> TrustedCatalogs:
        """The catalogs as they travel.

        Raises:
            UsageError: code `not_set_up`.
            Untrusted: code `state_damaged`.
        """
        with self.store.reading() as rows:
            return catalogs_of(rows)

    def add_products(
        self,
        new: Sequence[NewProduct],
        *,
        terms: Mapping[str, Mapping[str, int]] | None = None,
        refuse_foreign: Callable[[UUID], None] = lambda _: None,
    ) -> tuple[Product, ...]:
        """The products are in a new edition of the catalog, each with a generic key of its own.

        `terms` gives fields of `Policy` by pool, and makes the pools that do not exist yet: what it leaves out is the
        default of the pool's kind. An existing pool keeps its terms. `refuse_foreign` may raise for a product id that
        belongs to another system.

        Raises:
            UsageError: `invalid_argument`, `catalog_invalid`, `policy_out_of_bounds` or `not_set_up`; no product was
                added then.
            Refused: code `product_taken`, when the terms of an existing pool would change.
        """
        if not new:
            raise UsageError(Code.INVALID_ARGUMENT, "No product was given.", "Name at least one.")
        for one in new:
            check_text("product's name", one.name, shortest=1)
            if one.product_id is not None:
                refuse_foreign(one.product_id)
        added: list[Product] = []

        def change(catalog: Catalog) -> Catalog:
            pools = pools_with(catalog.pools, new, terms or {})
            products = list(catalog.products)
            reserved = {one.number for one in new if one.number is not None}
            for one in new:
                number = one.number if one.number is not None else _lowest_free(products, reserved)
                generic = make(KeyType.GENERIC, number, self.random_bits(RANDOM_BITS))
                product = Product(
                    product_id=one.product_id or self.new_uuid(),
                    number=number,
                    name=one.name,
                    kind=one.kind,
                    pool=one.pool_name,
                    generic_keys=(generic.text,),
                    features=dict(one.features),
                    needs_os_id=one.needs_os_id,
                )
                products.append(product)
                added.append(product)
            return replace(catalog, pools=pools, products=tuple(products))

        self.revise(change, "product add", ", ".join(one.name for one in new))
        return tuple(added)

    def require_os_id(self, product_id: UUID, *, required: bool) -> Product:
        """A new edition of the catalog says whether machines without an installation id may ask for the product.

        Raises:
            UsageError: code `not_set_up`.
            Refused: code `product_unknown`.
        """
        changed: list[Product] = []

        def change(catalog: Catalog) -> Catalog:
            product = catalog.product(product_id)
            if product is None:
                raise Refused(Code.PRODUCT_UNKNOWN, f"The catalog has no product {product_id}.")
            changed.append(replace(product, needs_os_id=required))
            products = (changed[-1] if one is product else one for one in catalog.products)
            return replace(catalog, products=tuple(products))

        self.revise(change, "product require-os-id" if required else "product lift-os-id", str(product_id))
        return changed[-1]

    def move(self, publisher_url: str) -> Catalog:
        """A new edition of the catalog says that the publisher is reached at this address.

        Raises:
            UsageError: `invalid_argument` or `not_set_up`.
        """
        address = base_url(publisher_url)
        return self.revise(lambda catalog: replace(catalog, publisher_url=address), "publisher move", address)

    def revise(self, change: Callable[[Catalog], Catalog], action: str, subject: str) -> Catalog:
        """What `change` makes of the newest catalog is signed by the root, one seq higher, and takes its place in the list.

        The audit says `action` and `subject`.

        Raises:
            UsageError: code `not_set_up`, when there is no publisher or its root key is not here; `catalog_invalid`.
        """
        now = self.clock()
        root = self.keys.root()
        with self.store.transaction() as rows:
            chain = catalogs_of(rows)
            newest = replace(change(chain.newest), seq=chain.newest.seq + 1, iat=max(now, chain.newest.iat))
            rows.save_catalogs(later_catalogs(chain, [self._signed(newest, root)]).tokens)
            self.audit(rows, now, action, subject)
        return newest

    def _signed(self, catalog: Catalog, root: SigningKey) -> str:
        """The catalog as its readers will accept it: what is signed cannot be taken back."""
        try:
            token = sign_catalog(catalog, document_id=str(self.new_uuid()), root=root)
            catalog_of(read(token, Typ.CATALOG).claims)
        except Untrusted as error:
            raise UsageError(
                Code.CATALOG_INVALID,
                f"Nobody could read this catalog. {error.detail}",
                "Mend what was given; the catalog is as before.",
            ) from error
        return token


def _lowest_free(products: Sequence[Product], reserved: set[int]) -> int:
    taken = {product.number for product in products} | reserved
    number = next((n for n in range(MAX_PRODUCTS) if n not in taken), None)
    if number is None:
        raise UsageError(Code.CATALOG_INVALID, f"A catalog has at most {MAX_PRODUCTS:,} products.")
    return number
