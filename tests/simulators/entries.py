"""Entries and refusals as a desk writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.core.policy import DAY
from tenure.host.ledger import Entry, PoolTerms, Receipt, Refusal

if TYPE_CHECKING:
    from tenure.host.ledger import Ledger

NOW = 1_800_000_000
WINDOW = 30 * DAY
WORKSTATIONS = PoolTerms(1, WINDOW, 25)
SERVERS = PoolTerms(2, WINDOW, 5)
WINDOWS = {1: WINDOW, 2: WINDOW}


def entry(
    machine: int,
    *,
    now: int = NOW,
    pool: PoolTerms = WORKSTATIONS,
    product: int | None = None,
    fingerprint: int | None = None,
    request: int = 1,
    content: int = 0,
    waking: bool = False,
    address: str = "192.0.2.1",
    newcomers: int = 0,
) -> Entry:
    """An entry of machine number `machine`, whose fingerprint has the same number unless it is given."""
    fingerprint = machine if fingerprint is None else fingerprint
    return Entry(
        now=now,
        pool=pool,
        product_row=product or {1: 1, 2: 3}[pool.row],
        product_id=b"p" * 16,
        machine_id=machine.to_bytes(16),
        fingerprint=fingerprint.to_bytes(16),
        request_id=request.to_bytes(16),
        digest=content.to_bytes(16),
        hostname="pc.example",
        address=address,
        virtual=False,
        license_status=0,
        minutes_remaining=0,
        waking=waking,
        newcomers=newcomers,
    )


def commit(ledger: Ledger, *entries: Entry) -> list[Receipt]:
    """The receipts of a batch of entries."""
    return [receipt for receipt in ledger.commit(entries) if receipt is not None]


def refusal(*, now: int = NOW, address: str = "192.0.2.1") -> Refusal:
    """A refusal of a machine whose clock is wrong."""
    return Refusal(
        now=now,
        product_id=b"p" * 16,
        machine_id=b"m" * 16,
        request_id=b"r" * 16,
        hostname="pc",
        address=address,
        code="clock_skew",
    )
