"""What one address may make a host write in an hour: machines of its inventory, and log rows of refusals.

Clients are not authenticated, so without a bound one of them could fill inventory and disk. Counts are kept in memory: a
restart begins new hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.core.pacing import HourlyCounts
from tenure.core.peers import counted_as

if TYPE_CHECKING:
    from tenure.host.ledger import Entry, Refusal

REFUSAL_ROWS: Final = 1_000
"""Log rows of refusals an address and hour; daily totals count them all."""
SPREAD_SECONDS: Final = 600
"""Within so long after its hour the machines of an address come back, not all at once."""


class Allowance:
    """The hours of all addresses."""

    def __init__(self, *, salt: str = "") -> None:
        """Every address has its whole hour."""
        self._machines = HourlyCounts(salt=salt)
        self._rows = HourlyCounts(salt=salt)
        self._batch: list[str] = []
        self._turned_away = 0

    def begin(self) -> None:
        """A new batch begins: what was spent before is kept for good."""
        self._batch.clear()

    def newcomer(self, entry: Entry) -> int:
        """Seconds after which the machine that no row knows may come; 0: it may now, and counts."""
        if not entry.newcomers:
            return 0
        name = counted_as(entry.address)
        wait = self._machines.spend(name, entry.newcomers, entry.now)
        if not wait:
            self._batch.append(name)
            return 0
        self._turned_away += 1
        return wait + self._turned_away % SPREAD_SECONDS

    def refusal_row(self, refusal: Refusal) -> bool:
        """Whether the refusal gets a log row."""
        return not self._rows.spend(counted_as(refusal.address), REFUSAL_ROWS, refusal.now)

    def take_back(self) -> None:
        """The batch did not reach the disk: its newcomers are none."""
        for name in self._batch:
            self._machines.give_back(name)
        self._batch.clear()
