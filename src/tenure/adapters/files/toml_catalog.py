"""A catalog's source as publishers write it: pools and products in a TOML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.adapters.files.atomic import read_file
from tenure.core.errors import Code, LocalFault, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import Kind
from tenure.publisher.authority import NewProduct
from tenure.wire.catalog import Feature, PoolName
from tenure.wire.claims import Name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LIMIT = 1024 * 1024


class _Pool(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """`[pools.NAME]`: what is left out is the default of the pool's kind. Bounds are `core.policy`'s to check."""

    threshold: int | None = None
    lease_days: int | None = None
    window_days: int | None = None
    grace_days: int | None = None
    reduced_after_days: int | None = None
    renewal_interval_s: int | None = None
    retry_interval_s: int | None = None

    def terms(self) -> dict[str, int]:
        given: dict[str, int] = msgspec.to_builtins(self)
        return given


class _Product(Struct, forbid_unknown_fields=True, frozen=True):
    """`[[products]]`."""

    name: Name
    kind: Kind
    product_id: UUID | None = None
    number: Annotated[int, Meta(ge=0, le=1022)] | None = None
    pool: PoolName | None = None
    features: dict[Feature, Literal["notification", "reduced_functionality"]] = {}
    needs_os_id: bool = False


class _Source(Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file."""

    products: Annotated[tuple[_Product, ...], Meta(min_length=1)]
    pools: dict[PoolName, _Pool] = {}


def read_toml_catalog(path: Path) -> tuple[list[NewProduct], Mapping[str, Mapping[str, int]]]:
    """The products in the file, and the terms that it gives by pool.

    Raises:
        UsageError: `invalid_argument`, when the file cannot be read; `catalog_invalid`: names the place and what is
            wrong there.
    """
    try:
        data = read_file(path, limit=_LIMIT)
    except LocalFault as fault:
        raise UsageError(
            Code.INVALID_ARGUMENT, fault.detail, f"Name a TOML file of at most {_LIMIT:,} bytes."
        ) from fault
    if data is None:
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {path}.")
    try:
        source = msgspec.toml.decode(data, type=_Source)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UsageError(
            Code.CATALOG_INVALID,
            f"{path} is no catalog: {error}.",
            "It holds [pools.NAME] tables and [[products]] entries with name and kind.",
        ) from error
    products = [
        NewProduct(
            name=product.name,
            kind=product.kind,
            product_id=product.product_id,
            number=product.number,
            pool=product.pool,
            features={feature: LicenseStatus(status) for feature, status in product.features.items()},
            needs_os_id=product.needs_os_id,
        )
        for product in source.products
    ]
    return products, {name: pool.terms() for name, pool in source.pools.items()}
