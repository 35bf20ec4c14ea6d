"""A catalog's source as publishers write it: pools and products in a TOML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.adapters.files.atomic import read_file
from tenure.core.errors import Code, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DEFAULT_POLICIES, Kind, Policy
from tenure.publisher.authority import NewProduct

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT = 1024 * 1024


class _Pool(Struct, forbid_unknown_fields=True, frozen=True):
    """`[pools.NAME]`: what is left out is the default of `kind`."""

    kind: Kind = Kind.WORKSTATION
    threshold: int | None = None
    lease_days: int | None = None
    window_days: int | None = None
    grace_days: int | None = None
    reduced_after_days: int | None = None
    renewal_interval_s: int | None = None
    retry_interval_s: int | None = None

    def policy(self) -> Policy:
        default = DEFAULT_POLICIES[self.kind]
        chosen = {name: getattr(self, name) for name in Policy.__dataclass_fields__}
        return Policy(
            **{name: getattr(default, name) if value is None else value for name, value in chosen.items()}
        )


class _Product(Struct, forbid_unknown_fields=True, frozen=True):
    """`[[products]]`."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    kind: Kind
    product_id: UUID | None = None
    number: Annotated[int, Meta(ge=0, le=1022)] | None = None
    pool: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] | None = None
    features: dict[str, Literal["notification", "reduced_functionality"]] = {}


class _Source(Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file."""

    products: tuple[_Product, ...]
    pools: dict[Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")], _Pool] = {}


def read_toml_catalog(path: Path) -> tuple[list[NewProduct], dict[str, Policy]]:
    """The products and the pools' policies in the file.

    Raises:
        UsageError: `catalog_invalid` or `policy_out_of_bounds`; names the place and what is wrong there.
    """
    data = read_file(path, limit=_LIMIT)
    if data is None:
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {path}.")
    try:
        source = msgspec.toml.decode(data, type=_Source)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
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
        )
        for product in source.products
    ]
    return products, {name: pool.policy() for name, pool in source.pools.items()}
