"""The publisher: what each command of `tenure publisher` does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import msgspec

from tenure.adapters.files.atomic import write_atomically
from tenure.adapters.files.publisher_keys import PublisherKeyFolder
from tenure.adapters.files.toml_catalog import read_toml_catalog
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.randomness import new_uuid, random_bits
from tenure.adapters.os.user import user_name
from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.publisher_store import SqlPublisherStore
from tenure.core.errors import Code, Refused, UsageError
from tenure.programs.microsoft_keys import refuse_microsoft_product_id
from tenure.publisher import key_records, keys, release, revocations, rotation
from tenure.publisher.audit import Actor
from tenure.publisher.authority import Authority, NewProduct
from tenure.publisher.key_records import KeyOrder
from tenure.wire.catalog import CatalogList
from tenure.wire.publication import PublisherUpdate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.core.catalog import Catalog, Product
    from tenure.core.product_key import KeyType, ProductKey
    from tenure.publisher.key_records import KeyQuery, KeyReport
    from tenure.publisher.release import Released
    from tenure.publisher.revocations import Revoked
    from tenure.publisher.rotation import Rotated
    from tenure.publisher.store import IssuedKey


@contextmanager
def open_authority(home: Home, *, make: bool = False) -> Iterator[Authority]:
    """The publisher in this home, its database at the newest schema; `make`: there may be none yet.

    Raises:
        UsageError: code `not_set_up`.
    """
    path = home.publisher / "publisher.db"
    if not make and not path.exists():
        raise UsageError(
            Code.NOT_SET_UP,
            f"There is no publisher in {home.root}.",
            "Make one with: tenure publisher init --name NAME; or name its --home.",
        )
    migrate(path, History.PUBLISHER)
    store = SqlPublisherStore(path)
    try:
        yield Authority(
            store,
            PublisherKeyFolder(home.publisher),
            system_clock,
            new_uuid,
            random_bits,
            Actor(f"user {user_name()}"),
        )
    finally:
        store.close()


def init(home: Home, *, name: str, contact: str, publisher_url: str | None) -> Catalog:
    """There is a publisher in this home, with a root and a signing key."""
    PublisherKeyFolder(home.publisher).make_missing()
    with open_authority(home, make=True) as authority:
        return authority.init(name=name, contact=contact, publisher_url=publisher_url)


def add_products(
    home: Home, *, source: Path | None, product: NewProduct | None, terms: Mapping[str, int] | None = None
) -> tuple[Product, ...]:
    """The product, or every product of the TOML file `source`, is in the catalog.

    `terms` are those of the one product's pool; a file has its own.
    """
    new: Sequence[NewProduct]
    pools: Mapping[str, Mapping[str, int]]
    if source is not None and product is None and not terms:
        new, pools = read_toml_catalog(source)
    elif source is None and product is not None:
        new, pools = [product], {product.pool_name: terms} if terms else {}
    else:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "Either a catalog file or one product is added.",
            "Give --from FILE alone, or --name and --kind.",
        )
    with open_authority(home) as authority:
        return authority.add_products(new, terms=pools, refuse_foreign=refuse_microsoft_product_id)


def require_os_id(home: Home, product: str, *, required: bool) -> Product:
    """Whether machines without an installation id may ask for the product, named by its id or its exact name."""
    with open_authority(home) as authority:
        product_id = _product_id(authority.catalogs().newest, product)
        return authority.require_os_id(product_id, required=required)


def issue_host_key(
    home: Home, *, pools: Sequence[str], customer: str, agreement: str, trial: bool
) -> tuple[ProductKey, IssuedKey]:
    """A new host key; the key itself is nowhere but in what this returns."""
    with open_authority(home) as authority:
        return keys.issue_host_key(
            authority, pools=pools, customer=customer, agreement=agreement, trial=trial
        )


def issue_machine_key(
    home: Home,
    type_: Literal[KeyType.MAK, KeyType.RETAIL],
    *,
    product: str | None,
    activations: int,
    customer: str,
    agreement: str,
) -> tuple[ProductKey, IssuedKey, Product]:
    """A new MAK or retail key of a product, named as in `generic_key`; the key is nowhere but in what this returns."""
    with open_authority(home) as authority:
        catalog = authority.catalogs().newest
        product_id = _product_id(catalog, product)
        key, issued = keys.issue_machine_key(
            authority,
            type_,
            product_id=product_id,
            activations=activations,
            customer=customer,
            agreement=agreement,
        )
        return key, issued, next(p for p in catalog.products if p.product_id == product_id)


def generic_key(home: Home, product: str | None) -> tuple[str, Product]:
    """The generic key of a product, named by its id or its exact name; None: of the only one."""
    with open_authority(home) as authority:
        return keys.generic_key(authority, _product_id(authority.catalogs().newest, product))


def list_keys(
    home: Home, query: KeyQuery | None = None, *, order: KeyOrder = KeyOrder.ISSUED
) -> list[KeyReport]:
    """All secret keys that were issued, and to which the query applies."""
    with open_authority(home) as authority:
        return key_records.list_keys(authority, query, order=order)


def show_key(home: Home, key_id: str) -> KeyReport:
    """One key and who holds it."""
    with open_authority(home) as authority:
        return key_records.show_key(authority, key_id)


def edit_key(home: Home, key_id: str, *, customer: str | None, agreement: str | None) -> IssuedKey:
    """The key is this customer's, under this agreement."""
    with open_authority(home) as authority:
        return key_records.edit_key(authority, key_id, customer=customer, agreement=agreement)


def release_activation(home: Home, activation_id: UUID, *, reason: str) -> Released:
    """The activation's place is free, and what was signed for it is revoked from now on."""
    with open_authority(home) as authority:
        return release.release_activation(authority, activation_id, reason=reason)


def revoke_key(home: Home, key_id: str, *, reason: str, since: int | None) -> Revoked:
    """The key, and all that it activated, is revoked from `since` on (None: now); hosts learn of it by themselves."""
    with open_authority(home) as authority:
        return revocations.revoke_key(authority, key_id, reason=reason, since=since)


def revoke_host(home: Home, host_id: UUID, *, reason: str, since: int | None) -> Revoked:
    """The host is revoked from `since` on (None: now); it learns of it by itself."""
    with open_authority(home) as authority:
        return revocations.revoke_host(authority, host_id, reason=reason, since=since)


def renew_list(home: Home) -> None:
    """The signed list of what is revoked is less than a day old."""
    with open_authority(home) as authority:
        revocations.current_list(authority)


def export_revocations(home: Home, out: Path | None) -> bytes:
    """The newest revocation list with the catalogs that verify it; in the file `out`, when it is given."""
    with open_authority(home) as authority:
        token = revocations.current_list(authority).token
        update = PublisherUpdate(catalogs=authority.catalogs().tokens, revocations=token)
    data = msgspec.json.encode(update) + b"\n"
    if out is not None:
        write_atomically(out, data)
    return data


def export_catalog(home: Home, out: Path | None) -> bytes:
    """The catalogs as they travel; in the file `out`, when it is given."""
    with open_authority(home) as authority:
        data = msgspec.json.encode(CatalogList(authority.catalogs().tokens)) + b"\n"
    if out is not None:
        write_atomically(out, data)
    return data


def move(home: Home, publisher_url: str) -> Catalog:
    """A new catalog says that the publisher is reached at this address."""
    with open_authority(home) as authority:
        return authority.move(publisher_url)


def rotate_signing_key(home: Home, *, overlap: int) -> Rotated:
    """A new signing key signs from now on; the one before stays good for `overlap` seconds."""
    with open_authority(home) as authority:
        rotated = rotation.rotate_signing_key(authority, overlap=overlap)
        # Who hears of the new key at once would not believe the list that the old one signed.
        revocations.current_list(authority)
        return rotated


def replace_lost_signing_key(home: Home, *, since: int | None) -> Rotated:
    """A new signing key signs from now on; the one before is good for nothing from `since` on."""
    with open_authority(home) as authority:
        rotated = rotation.replace_lost_signing_key(authority, since=since)
        # Who hears of the new key at once would not believe the list that the old one signed.
        revocations.current_list(authority)
        return rotated


def rotate_root(home: Home) -> Rotated:
    """A new root signs catalogs from now on."""
    with open_authority(home) as authority:
        return rotation.rotate_root(authority)


def _product_id(catalog: Catalog, named: str | None) -> UUID:
    fitting = [p for p in catalog.products if named is None or named in {str(p.product_id), p.name}]
    if len(fitting) == 1:
        return fitting[0].product_id
    if not fitting:
        raise Refused(
            Code.PRODUCT_UNKNOWN,
            f"The catalog has no product {named!r}." if named else "The catalog has no product yet.",
            "Add it first: tenure publisher product add.",
        )
    raise UsageError(
        Code.INVALID_ARGUMENT,
        f"The catalog has {len(fitting)} products.",
        "Name one with --product: " + ", ".join(repr(p.name) for p in fitting) + ".",
    )
