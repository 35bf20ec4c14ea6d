"""A program that type-checks: every public name, and what each call gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import assert_never, assert_type
from uuid import UUID

import tenure
from tenure import (
    License,
    LicenseCheck,
    LicenseStatus,
    LocalFault,
    Refused,
    TenureError,
    Unavailable,
    Untrusted,
    UsageError,
)

PRODUCT = UUID("11111111-1111-4111-8111-111111111111")
JWK = {"kty": "OKP", "crv": "Ed25519", "x": "..."}


def made() -> list[License]:
    """Every form of root key, product id and home."""
    return [
        License(root_key=JWK, product_id=PRODUCT),
        License(root_key="{}", product_id=str(PRODUCT), home="/srv/tenure"),
        License(root_key=Path("root.jwk"), product_id=PRODUCT, home=Path("/srv/tenure")),
        License(root_key=Path("root.jwk"), product_id=PRODUCT, home=None, clock=lambda: 0),
    ]


def looked_at(product: License) -> None:
    """What an answer holds."""
    check = assert_type(product.check(), LicenseCheck)
    assert_type(check.status, LicenseStatus)
    assert_type(check.reason, str)
    assert_type(check.message, str)
    assert_type(check.cure, str)
    assert_type(check.days_left, int | None)
    assert_type(check.warning, bool)
    assert_type(check.expires, datetime | None)
    assert_type(check.notification_from, datetime | None)
    assert_type(check.reduced_functionality_from, datetime | None)
    assert_type(check.product, str | None)
    assert_type(check.product_id, UUID)
    assert_type(check.machine_id, UUID | None)
    assert_type(check.host, str | None)
    assert_type(check.clock_moved_back, bool)
    assert_type(check.features, Mapping[str, LicenseStatus])
    assert_type(check.licensed, bool)
    assert_type(check.allows("export"), bool)
    assert_type(product.allows("export"), bool)
    assert_type(product.product_id, UUID)
    assert_type(tenure.__version__, str)


def every_status(status: LicenseStatus) -> str:
    """A match over all five is known to be whole."""
    match status:
        case LicenseStatus.LICENSED | LicenseStatus.INITIAL_GRACE:
            return "runs"
        case LicenseStatus.NOTIFICATION:
            return "asks"
        case LicenseStatus.REDUCED_FUNCTIONALITY | LicenseStatus.UNLICENSED:
            return "reduced"
        case _:
            assert_never(status)


async def asked(product: License) -> None:
    """Activation and renewal, awaited and not."""
    assert_type(await product.activate(), LicenseCheck)
    assert_type(await product.activate(wait=60), LicenseCheck)
    assert_type(await product.renew(), LicenseCheck)
    assert_type(product.activate_sync(wait=0.5), LicenseCheck)
    assert_type(product.renew_sync(), LicenseCheck)


def told(error: TenureError) -> str:
    """Whose fault it is; each kind is a `TenureError`."""
    kinds: tuple[type[TenureError], ...] = (LocalFault, Refused, Unavailable, Untrusted, UsageError)
    return f"{error.code.value} {error.detail} {error.cure} {isinstance(error, kinds)}"
