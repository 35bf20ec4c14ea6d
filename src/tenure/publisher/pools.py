"""The pools of a catalog, and the terms that they are made with."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Refused, UsageError
from tenure.core.policy import DEFAULT_POLICIES, Kind, Policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenure.publisher.authority import NewProduct

DEFAULT_POOLS: Final = {Kind.WORKSTATION: "workstations", Kind.SERVER: "servers"}
"""One pool a kind, so that workstations and servers count apart."""

_KINDS: Final = {pool: kind for kind, pool in DEFAULT_POOLS.items()}

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""As the catalog's readers demand it (wire.catalog)."""


def pools_with(
    pools: Mapping[str, Policy], new: Sequence[NewProduct], terms: Mapping[str, Mapping[str, int]]
) -> dict[str, Policy]:
    """The catalog's pools, those of `terms`, and the default pools that the products need.

    A pool's terms are signed for good: machines count and hold leases under them. So an existing pool never changes,
    and no new one comes of a typing error.

    Raises:
        UsageError: `policy_out_of_bounds`; `catalog_invalid`, when a product's pool does not exist, or a new pool's
            name cannot be one or its threshold is not known.
        Refused: code `product_taken`, when the terms of an existing pool would change.
    """
    merged = dict(pools)
    for name, given in terms.items():
        if name not in pools:
            merged[name] = _new_policy(name, given, {one.kind for one in new if one.pool_name == name})
        elif _changed(name, pools[name], given) != pools[name]:
            raise Refused(
                Code.PRODUCT_TAKEN,
                f"Pool {name!r} exists with other terms: {_differences(pools[name], given)}.",
                "Leave its terms out, or choose another pool.",
            )
    for one in new:
        if one.pool_name not in merged and one.pool_name not in _KINDS:
            raise UsageError(
                Code.CATALOG_INVALID,
                f"Product {one.name!r} names pool {one.pool_name!r}, which does not exist.",
                f"The pools are {', '.join(sorted({*merged, *_KINDS}))};"
                " a new one is made by giving its terms, such as its threshold.",
            )
        if one.pool_name in _KINDS:
            merged.setdefault(one.pool_name, DEFAULT_POLICIES[_KINDS[one.pool_name]])
    return merged


def _new_policy(name: str, given: Mapping[str, int], kinds: set[Kind]) -> Policy:
    if not _NAME.fullmatch(name):
        raise UsageError(
            Code.CATALOG_INVALID,
            f"{name[:80]!r} is no name for a pool.",
            "It has 1 to 63 small letters, digits and dashes, and starts with no dash.",
        )
    usual = _KINDS.get(name)
    if usual is None and len(kinds) == 1:
        usual = next(iter(kinds))
    if usual is None and "threshold" not in given:
        raise UsageError(
            Code.CATALOG_INVALID,
            f"The threshold of pool {name!r} is not known: its products do not tell one kind.",
            "Give the pool a threshold.",
        )
    return _changed(name, DEFAULT_POLICIES[usual or Kind.WORKSTATION], given)


def _changed(name: str, policy: Policy, given: Mapping[str, int]) -> Policy:
    try:
        return replace(policy, **given)
    except UsageError as error:
        raise UsageError(
            error.code, f"Pool {name!r}: {error.detail}", "Mend its terms; the catalog is as before."
        ) from error


def _differences(policy: Policy, given: Mapping[str, int]) -> str:
    found = {field: (getattr(policy, field), value) for field, value in given.items()}
    return ", ".join(
        f"{field} is {signed:,}, {value:,} was given"
        for field, (signed, value) in found.items()
        if signed != value
    )
