"""A ledger in memory: for tests and rehearsals, held to the same contract as the real ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenure.core.counting import KnownMachine
from tenure.host.allowance import Allowance
from tenure.host.counts import Counts
from tenure.host.ledger import Entry, Installation, Outcome, Receipt, Refusal
from tenure.host.recording import record_batch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenure.core.counting import Sighting
    from tenure.host.retention import Retention


@dataclass
class MemoryRows:
    """Rows in dictionaries."""

    machines: dict[tuple[int, bytes], KnownMachine] = field(default_factory=dict)
    installations: dict[tuple[int, bytes], Installation] = field(default_factory=dict)
    products: dict[int, int] = field(default_factory=dict)
    """The pool of each product row that was seen."""
    logged: list[dict[str, object]] = field(default_factory=list)
    totals: Counter[tuple[int, int, str]] = field(default_factory=Counter)

    def machine(self, pool: int, machine_id: bytes) -> KnownMachine | None:
        """The row of a machine id."""
        return self.machines.get((pool, machine_id))

    def machine_by_fingerprint(self, pool: int, fingerprint: bytes) -> KnownMachine | None:
        """The row of a fingerprint."""
        return next(
            (row for (at, _), row in self.machines.items() if at == pool and row.fingerprint == fingerprint),
            None,
        )

    def save_machine(self, entry: Entry, first_seen: int) -> None:
        """The machine's row says what `entry` says."""
        row = KnownMachine(entry.machine_id, entry.fingerprint, first_seen, entry.now)
        self.machines[entry.pool.row, entry.machine_id] = row
        self.products[entry.product_row] = entry.pool.row

    def forget_machine(self, pool: int, machine_id: bytes) -> None:
        """The row of a machine id, and what it last asked in this pool, are gone."""
        self.machines.pop((pool, machine_id))
        for product, its_pool in self.products.items():
            if its_pool == pool:
                self.installations.pop((product, machine_id), None)

    def installation(self, product: int, machine_id: bytes) -> Installation | None:
        """The last request of a machine for a product."""
        return self.installations.get((product, machine_id))

    def save_installation(self, entry: Entry, installation: Installation) -> None:
        """The last request of a machine for a product is this one."""
        self.installations[entry.product_row, entry.machine_id] = installation

    def log(self, entry: Entry, outcome: Outcome, sighting: Sighting, count: int) -> int:
        """A log row; its id."""
        self.logged.append(
            {
                "at": entry.now,
                "machine_id": entry.machine_id,
                "outcome": outcome,
                "sighting": sighting,
                "count": count,
                "repeats": 1,
            }
        )
        return len(self.logged) - 1

    def fold(self, log_id: int, now: int) -> None:
        """The log row stands for one request more."""
        row = self.logged[log_id]
        row["repeats"] = int(str(row["repeats"])) + 1
        row["last_at"] = now

    def log_refusal(self, refusal: Refusal) -> None:
        """A log row of a refusal."""
        self.logged.append(
            {"at": refusal.now, "outcome": Outcome.REFUSED, "code": refusal.code, "repeats": 1}
        )

    def add_totals(self, totals: Mapping[tuple[int, int, str], int]) -> None:
        """Daily totals rise by these numbers."""
        self.totals.update(totals)


class MemoryLedger:
    """A ledger that forgets everything when its process ends."""

    def __init__(self) -> None:
        """Nothing is known."""
        self.rows = MemoryRows()
        self._allowance = Allowance()
        self._counts = Counts()

    def commit(self, batch: Sequence[Entry | Refusal]) -> list[Receipt | None]:
        """The batch is recorded."""
        return record_batch(batch, self.rows, self._counts, self._allowance)

    def counts(self, now: int) -> dict[int, int]:
        """The count of each pool at `now`."""
        return self._counts.all_at(now)

    def tidy(self, retention: Retention, now: int) -> None:
        """What is older than `retention` says is gone."""
        kept = retention.machines_before(now)
        for (pool, machine_id), row in list(self.rows.machines.items()):
            if row.last_seen < kept:
                self.rows.forget_machine(pool, machine_id)
        oldest = retention.log_before(now)
        self.rows.logged = [
            row for row in self.rows.logged if int(str(row.get("last_at", row["at"]))) >= oldest
        ]

    def changed_elsewhere(self) -> bool:
        """Nobody else can write here."""
        return False

    @property
    def newest_row(self) -> int:
        """The latest time in a machine's row."""
        return self._counts.newest

    def close(self) -> None:
        """Nothing is open."""
