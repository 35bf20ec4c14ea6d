"""Leases that are well signed and say something wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.core.lease import Lease

ELSEWHERE = UUID("77777777-7777-4777-8777-777777777777")
HOUR = 3600


def changed(name: str) -> Callable[[Lease], Lease]:
    """What makes this of a lease wrong."""
    changes: dict[str, Callable[[Lease], Lease]] = {
        "nonce": lambda lease: replace(lease, nonce=str(ELSEWHERE)),
        "machine": lambda lease: replace(lease, machine_id=ELSEWHERE),
        "product": lambda lease: replace(lease, product_id=ELSEWHERE),
        "fingerprint": lambda lease: replace(lease, fingerprint="fingerprint-of-another-machine"),
        "pool": lambda lease: replace(lease, pool="servers"),
        "host": lambda lease: replace(lease, host_id=ELSEWHERE),
        "too long": lambda lease: replace(lease, exp=lease.exp + 1),
        "too short": lambda lease: replace(lease, exp=lease.exp - 1),
        "count below the threshold": lambda lease: replace(lease, count=24),
        "from the past": lambda lease: replace(
            lease, iat=lease.iat - 4 * HOUR - 1, exp=lease.exp - 4 * HOUR - 1
        ),
        "from the future": lambda lease: replace(
            lease, iat=lease.iat + 4 * HOUR + 1, exp=lease.exp + 4 * HOUR + 1
        ),
    }
    return changes[name]
