"""The catalog: what a publisher sells and which of its keys may sign what. Only its roots sign it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.core.product_key import ALL_PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from tenure.core.license_status import LicenseStatus
    from tenure.core.policy import Kind, Policy

MAX_PRODUCTS: Final = ALL_PRODUCTS
"""Product numbers are 0 to 1,022; 1,023 in a key stands for all of them."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A public key of a publisher and what it may sign, in [opens, closes). Closed, never removed."""

    kid: str
    """JWK thumbprint (RFC 7638)."""
    x: str
    """The Ed25519 public key, base64url, as in a JWK (RFC 8037)."""
    may: frozenset[str]
    """The `typ` of every document that this key may sign."""
    opens: int
    closes: int | None = None

    def was_open(self, at: int) -> bool:
        """Whether the key could sign at `at` (Unix seconds)."""
        return self.opens <= at and (self.closes is None or at < self.closes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One activatable edition."""

    product_id: UUID
    number: int
    name: str
    kind: Kind
    pool: str
    generic_keys: tuple[str, ...] = ()
    features: Mapping[str, LicenseStatus] = field(default_factory=dict)
    """Feature name to the license status from which it stops: `notification` or `reduced_functionality`."""
    needs_os_id: bool = False
    """Whether only machines may ask for it whose operating system has an installation id (`core.os_id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """One edition of a publisher's catalog; a higher `seq` replaces a lower one.

    Raises:
        UsageError: code `catalog_invalid`, when a product names no pool, an id, number or name stands twice, or a
            key stands twice among `roots` or `keys`: which entry decides would hang on their order.
    """

    publisher_id: UUID
    seq: int
    iat: int
    name: str
    roots: tuple[KeyEntry, ...]
    keys: tuple[KeyEntry, ...]
    pools: Mapping[str, Policy]
    products: tuple[Product, ...]
    contact: str = ""
    publisher_url: str | None = None

    def __post_init__(self) -> None:
        """Refuse a catalog that contradicts itself."""
        for product in self.products:
            if product.pool not in self.pools:
                raise _invalid(
                    f"Product {product.name!r} counts in pool {product.pool!r}, which does not exist."
                )
            if not 0 <= product.number < MAX_PRODUCTS:
                raise _invalid(f"Product {product.name!r} has number {product.number}; 0 to 1,022 exist.")
        for what in ("product_id", "number", "name"):
            if twice := _twice(getattr(product, what) for product in self.products):
                raise _invalid(f"More than one product has the {what} {twice[0]}.")
        for where, entries in (("roots", self.roots), ("keys", self.keys)):
            if twice := _twice(entry.kid for entry in entries):
                raise _invalid(f"Key {twice[0]} stands more than once among {where}.")

    def product(self, product_id: UUID) -> Product | None:
        """The product with this id, if this publisher has it."""
        return next((p for p in self.products if p.product_id == product_id), None)

    def product_numbered(self, number: int) -> Product | None:
        """The product with the number that stands in a key, if this publisher has it."""
        return next((p for p in self.products if p.number == number), None)

    def policy_of(self, product: Product) -> Policy:
        """The policy of the product's pool."""
        return self.pools[product.pool]

    def key_at_receipt(self, kid: str, typ: str, now: int) -> KeyEntry:
        """The entry that may have signed a document of `typ` that arrives now: it must be open now.

        Raises:
            Untrusted: code `chain_broken`, when no entry fits.
        """
        return self._key(kid, typ, now, "now")

    def key_at_rest(self, kid: str, typ: str, iat: int) -> KeyEntry:
        """The entry that may have signed a document of `typ` at `iat`; closing it later ends no lease.

        Raises:
            Untrusted: code `chain_broken`, when no entry fits.
        """
        return self._key(kid, typ, iat, "when the document was signed")

    def root(self, kid: str) -> KeyEntry | None:
        """The root with this thumbprint, if the catalog names it."""
        return next((entry for entry in self.roots if entry.kid == kid), None)

    def _key(self, kid: str, typ: str, at: int, when: str) -> KeyEntry:
        for entry in self.keys:
            if entry.kid == kid:
                if typ not in entry.may:
                    raise _broken(f"Key {kid} may sign {', '.join(sorted(entry.may))}, but not {typ}.")
                if not entry.was_open(at):
                    raise _broken(f"Key {kid} was not open {when}.")
                return entry
        raise _broken(
            f"The document is signed by key {kid}, which the catalog (seq {self.seq}) does not name."
        )


def check_successor(old: Catalog, new: Catalog) -> None:
    """Passes when `new`, already verified against the roots of `old`, may replace it (design, section 4).

    Raises:
        Untrusted: another publisher (`chain_broken`), or not a higher seq (`catalog_rolled_back`).
    """
    if new.publisher_id != old.publisher_id:
        raise _broken(f"The catalog is of publisher {new.publisher_id}; {old.publisher_id} was expected.")
    if new.seq <= old.seq:
        raise Untrusted(
            Code.CATALOG_ROLLED_BACK,
            f"The catalog has seq {new.seq}, but seq {old.seq} is known here already.",
            "Ask the publisher for the newest catalog; an old copy is never taken back.",
        )


def _twice(values: Iterable[object]) -> list[object]:
    """The values that stand more than once."""
    return [value for value, times in Counter(values).items() if times > 1]


def _invalid(detail: str) -> UsageError:
    return UsageError(Code.CATALOG_INVALID, detail, "Mend the catalog's source and make it again.")


def _broken(detail: str) -> Untrusted:
    return Untrusted(Code.CHAIN_BROKEN, detail, "Get the publisher's newest catalog and try again.")
