"""Lines that must not type-check: `test_typing` takes the comments away and expects exactly the errors they name."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import tenure
from tenure import License, LicenseCheck

PRODUCT = UUID("11111111-1111-4111-8111-111111111111")
ROOT = Path("root.jwk")


def made() -> None:
    """A license without its root or product, or with something else in their place."""
    License(product_id=PRODUCT)  # type: ignore[call-arg]
    License(root_key=ROOT)  # type: ignore[call-arg]
    License(ROOT, PRODUCT)  # type: ignore[call-arg]
    License(root_key=b"{}", product_id=PRODUCT)  # type: ignore[arg-type]
    License(root_key=None, product_id=PRODUCT)  # type: ignore[arg-type]
    License(root_key=ROOT, product_id=7)  # type: ignore[arg-type]
    License(root_key=ROOT, product_id=PRODUCT, home=7)  # type: ignore[arg-type]
    License(root_key=ROOT, product_id=PRODUCT, root=ROOT)  # type: ignore[call-arg]


def looked_at(product: License, check: LicenseCheck) -> None:
    """An answer that is changed, misread or taken for the license itself."""
    check.status = tenure.LicenseStatus.LICENSED  # type: ignore[misc]
    _ = check.days_left + 1  # type: ignore[operator]
    check.expires.isoformat()  # type: ignore[union-attr]
    _ = check.status == 3  # type: ignore[comparison-overlap]
    product.allows(7)  # type: ignore[arg-type]
    product.allows()  # type: ignore[call-arg]
    _ = product.status  # type: ignore[attr-defined]
    _ = tenure.lisense  # type: ignore[attr-defined]


async def asked(product: License) -> LicenseCheck:
    """An activation that nobody awaited, and a wait that is no number."""
    check: LicenseCheck = product.activate()  # type: ignore[assignment]
    await product.activate(60)  # type: ignore[call-arg]
    product.activate_sync(wait="60")  # type: ignore[arg-type]
    return check
