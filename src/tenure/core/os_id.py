"""Whether a machine whose operating system has no installation id may ask for a product.

Without one (containers, images that were never booted) the fingerprint comes from a random id in the machine's own
folder, and whoever deletes that has another machine. A publisher says in its signed catalog that a product needs one.
Only the machine itself can tell: a fingerprint is opaque to hosts and publishers. So this keeps honest installations
from wearing out a key or a count, and nobody who writes a client of his own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Refused

if TYPE_CHECKING:
    from tenure.core.catalog import Product

FROM_SYSTEM: Final = "os"
"""A fingerprint's source: the operating system's installation id."""
FROM_HOME: Final = "home"
"""The same: a random id in the machine's folder."""


def os_id_refusal(product: Product | None, source: str) -> Refused | None:
    """Why a machine whose fingerprint is from `source` may not ask for the product; None: it may.

    What it holds already counts on: a lease until its end, a grant for good.
    """
    if product is None or not product.needs_os_id or source == FROM_SYSTEM:
        return None
    return Refused(
        Code.OS_ID_MISSING,
        f"This system has no installation id of its own, and {product.name!r} is licensed only where there is one.",
        "Give it one that stays: on Linux /etc/machine-id (systemd-machine-id-setup; a container is given a file).",
    )
