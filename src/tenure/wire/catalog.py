"""`tenure-catalog+jwt`: the catalog as its roots sign it, and the list in which catalogs travel."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.core.catalog import Catalog, KeyEntry, Product
from tenure.core.errors import Code, Untrusted, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import Kind
from tenure.wire.claims import END, Claims, Ed25519Jwk, Name, PolicyClaims, Seconds, claims_of, to_claims
from tenure.wire.jws import Typ, read, sign
from tenure.wire.keys import PublicKey, SigningKey
from tenure.wire.printable import one_line

SIGNED_BY_PUBLISHER = frozenset({Typ.HOST.value, Typ.GRANT.value, Typ.DIRECTORY.value, Typ.REVOCATION.value})
"""What a signing key may sign; a root may sign catalogs alone."""

PoolName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}" + END)]
Feature = Annotated[str, Meta(min_length=1, max_length=64)]


class KeyClaims(Struct, frozen=True, forbid_unknown_fields=False):
    """One entry of `roots` or `keys`."""

    jwk: Ed25519Jwk
    may: tuple[str, ...]
    opens: Seconds = msgspec.field(name="from")
    closes: Seconds | None = msgspec.field(name="until", default=None)

    def entry(self) -> KeyEntry:
        """The entry as the rules know it."""
        return KeyEntry(PublicKey(self.jwk.x).kid, self.jwk.x, frozenset(self.may), self.opens, self.closes)


class ProductClaims(Struct, frozen=True):
    """One product."""

    product_id: UUID
    number: Annotated[int, Meta(ge=0, le=1022)]
    name: Name
    kind: Kind
    pool: PoolName
    generic_keys: tuple[str, ...] = ()
    features: dict[Feature, Literal["notification", "reduced_functionality"]] = {}
    needs_os_id: bool = False

    def product(self) -> Product:
        """The product as the rules know it."""
        return Product(
            product_id=self.product_id,
            number=self.number,
            name=self.name,
            kind=self.kind,
            pool=self.pool,
            generic_keys=self.generic_keys,
            features={feature: LicenseStatus(status) for feature, status in self.features.items()},
            needs_os_id=self.needs_os_id,
        )


class CatalogClaims(Claims, frozen=True, kw_only=True):
    """The payload of a catalog; `iss` and `sub` are the publisher's id."""

    seq: Annotated[int, Meta(ge=1, le=2**53)]
    name: Name
    roots: Annotated[tuple[KeyClaims, ...], Meta(min_length=1, max_length=16)]
    keys: Annotated[tuple[KeyClaims, ...], Meta(max_length=1024)]
    pools: dict[PoolName, PolicyClaims]
    products: Annotated[tuple[ProductClaims, ...], Meta(max_length=1023)]
    contact: Annotated[str, Meta(max_length=1000)] = ""
    publisher_url: Annotated[str, Meta(max_length=2000)] | None = None


def sign_catalog(catalog: Catalog, *, document_id: str, root: SigningKey) -> str:
    """The catalog as a document signed by `root`."""
    publisher = str(catalog.publisher_id)
    claims = {
        **to_claims(issuer=publisher, subject=publisher, document_id=document_id, iat=catalog.iat),
        "seq": catalog.seq,
        "name": catalog.name,
        "roots": [_key_claims(entry) for entry in catalog.roots],
        "keys": [_key_claims(entry) for entry in catalog.keys],
        "pools": {pool: msgspec.to_builtins(policy) for pool, policy in catalog.pools.items()},
        "products": [
            {
                "product_id": str(product.product_id),
                "number": product.number,
                "name": product.name,
                "kind": product.kind.value,
                "pool": product.pool,
                "generic_keys": list(product.generic_keys),
                "features": {feature: status.value for feature, status in product.features.items()},
                # Only where it says something: catalogs from before it had this member have the same bytes again.
                **({"needs_os_id": True} if product.needs_os_id else {}),
            }
            for product in catalog.products
        ],
        "contact": catalog.contact,
        "publisher_url": catalog.publisher_url,
    }
    return sign(Typ.CATALOG, claims, root)


def catalog_of(payload: dict[str, Any]) -> Catalog:
    """The catalog in a verified payload.

    Raises:
        Untrusted: code `document_malformed`.
    """
    claims = claims_of(payload, CatalogClaims)
    if claims.sub != claims.iss:
        raise Untrusted(Code.DOCUMENT_MALFORMED, "A catalog's iss and sub are both the publisher's id.")
    try:
        return Catalog(
            publisher_id=claims.publisher_id,
            seq=claims.seq,
            iat=claims.iat,
            name=claims.name,
            roots=tuple(key.entry() for key in claims.roots),
            keys=tuple(key.entry() for key in claims.keys),
            pools={pool: policy.policy() for pool, policy in claims.pools.items()},
            products=tuple(product.product() for product in claims.products),
            contact=claims.contact,
            publisher_url=claims.publisher_url,
        )
    except UsageError as error:
        raise Untrusted(
            Code.DOCUMENT_MALFORMED, f"The catalog contradicts itself: {one_line(error.detail)}"
        ) from error


class CatalogList(Struct, frozen=True):
    """How catalogs travel, in files and answers: oldest first all that changed `roots`, then the newest."""

    catalogs: Annotated[tuple[str, ...], Meta(max_length=1000)]


def _key_claims(entry: KeyEntry) -> dict[str, Any]:
    return {
        "jwk": PublicKey(entry.x).jwk,
        "may": sorted(entry.may),
        "from": entry.opens,
        "until": entry.closes,
    }


def seq_of(token: str) -> int:
    """The `seq` that a catalog says it has; whoever asks has verified the token before.

    Raises:
        Untrusted: code `document_malformed`.
    """
    return catalog_of(read(token, Typ.CATALOG).claims).seq
