"""A batch's rows: read together, changed in memory, written together.

`sqlite_rows` and `postgres_rows` read and write them, each in a handful of statements of its own dialect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tenure.core.counting import KnownMachine
from tenure.host.ledger import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenure.core.counting import Sighting
    from tenure.host.ledger import Entry, Installation, Refusal


class LogRow(NamedTuple):
    """A new row of the log."""

    product_id: bytes
    machine_id: bytes
    request_id: bytes
    told: tuple[object, ...]
    """Id, time, outcome, code, hostname, address; then count, threshold, sighting, virtual, license status and minutes
    remaining, which a refusal has not."""


class BatchRows:
    """The rows that a batch may touch, inside one open transaction."""

    def __init__(
        self,
        *,
        machines: Iterable[tuple[int, KnownMachine]],
        installations: Iterable[tuple[int, bytes, Installation]],
        log_ids: Iterator[int],
    ) -> None:
        """The machines, by pool, and the installations, by product and machine id, that the batch names.

        Machines may come twice, found by either name. New log rows get their ids from `log_ids`.
        """
        self._machines: dict[tuple[int, bytes], KnownMachine] = {}
        self._by_fingerprint: dict[tuple[int, bytes], KnownMachine] = {}
        self._on_disk: dict[tuple[int, bytes], bytes] = {}
        for pool, row in machines:
            if (pool, row.machine_id) not in self._machines:
                self._machines[pool, row.machine_id] = self._by_fingerprint[pool, row.fingerprint] = row
                self._on_disk[pool, row.machine_id] = row.fingerprint
        self._installations = {(product, machine): one for product, machine, one in installations}
        self._log_ids = log_ids
        self._saved_machines: dict[tuple[int, bytes], Entry] = {}
        self._saved_installations: dict[tuple[int, bytes], Entry] = {}
        self._forgotten: dict[tuple[int, bytes], None] = {}
        self.logged: list[LogRow] = []
        self.folds: dict[int, tuple[int, int]] = {}
        """Of log rows that stand for more requests: how many more, and when the last of them was."""
        self.totals: Mapping[tuple[int, int, str], int] = {}

    def machine(self, pool: int, machine_id: bytes) -> KnownMachine | None:
        """The row of a machine id."""
        return self._machines.get((pool, machine_id))

    def machine_by_fingerprint(self, pool: int, fingerprint: bytes) -> KnownMachine | None:
        """The row of a fingerprint."""
        return self._by_fingerprint.get((pool, fingerprint))

    def save_machine(self, entry: Entry, first_seen: int) -> None:
        """The machine's row says what `entry` says."""
        key = (entry.pool.row, entry.machine_id)
        before = self._machines.get(key)
        if before is not None:
            self._by_fingerprint.pop((entry.pool.row, before.fingerprint), None)
        row = KnownMachine(entry.machine_id, entry.fingerprint, first_seen, entry.now)
        self._machines[key] = self._by_fingerprint[entry.pool.row, entry.fingerprint] = row
        self._saved_machines[key] = entry

    def forget_machine(self, pool: int, machine_id: bytes) -> None:
        """The row of a machine id, and what it last asked in this pool, are gone."""
        row = self._machines.pop((pool, machine_id))
        del self._by_fingerprint[pool, row.fingerprint]
        self._saved_machines.pop((pool, machine_id), None)
        self._forgotten[pool, machine_id] = None
        for key, entry in list(self._saved_installations.items()):
            if entry.pool.row == pool and entry.machine_id == machine_id:
                del self._saved_installations[key]

    def installation(self, product: int, machine_id: bytes) -> Installation | None:
        """The last request of a machine for a product."""
        return self._installations.get((product, machine_id))

    def save_installation(self, entry: Entry, installation: Installation) -> None:
        """The last request of a machine for a product is this one."""
        key = (entry.product_row, entry.machine_id)
        self._installations[key] = installation
        self._saved_installations[key] = entry

    def log(self, entry: Entry, outcome: Outcome, sighting: Sighting, count: int) -> int:
        """A log row; its id."""
        return self._add_log(
            entry,
            int(outcome),
            None,
            count,
            entry.pool.threshold,
            sighting.value,
            entry.virtual,
            entry.license_status,
            entry.minutes_remaining,
        )

    def fold(self, log_id: int, now: int) -> None:
        """The log row stands for one request more."""
        more, _ = self.folds.get(log_id, (0, now))
        self.folds[log_id] = (more + 1, now)

    def log_refusal(self, refusal: Refusal) -> None:
        """A log row of a refusal."""
        self._add_log(refusal, int(Outcome.REFUSED), refusal.code, None, None, None, None, None, None)

    def add_totals(self, totals: Mapping[tuple[int, int, str], int]) -> None:
        """Daily totals of (day, outcome, code) rise by these numbers."""
        self.totals = totals

    @property
    def forgotten(self) -> Sequence[tuple[int, bytes]]:
        """Pool and machine id of the rows that are gone, with what these machines last asked in the pool."""
        return list(self._forgotten)

    @property
    def moved(self) -> Sequence[tuple[int, bytes]]:
        """Pool and machine id of the rows whose fingerprint changed.

        They are deleted before rows are written: no order of writing can then meet a fingerprint that another row of
        the batch is about to give up.
        """
        return [
            key
            for key, entry in self._saved_machines.items()
            if key in self._on_disk and self._on_disk[key] != entry.fingerprint
        ]

    @property
    def saved_machines(self) -> Sequence[tuple[Entry, int]]:
        """The entries that machine rows are to say, each with when the machine was first seen."""
        return [(entry, self._machines[key].first_seen) for key, entry in self._saved_machines.items()]

    @property
    def saved_installations(self) -> Sequence[tuple[int, bytes, Installation]]:
        """Product, machine id and last request of the installations that changed."""
        return [(*key, self._installations[key]) for key in self._saved_installations]

    def _add_log(self, asked: Entry | Refusal, outcome: int, code: str | None, *rest: object) -> int:
        log_id = next(self._log_ids)
        told = (log_id, asked.now, outcome, code, asked.hostname, asked.address, *rest)
        self.logged.append(LogRow(asked.product_id, asked.machine_id, asked.request_id, told))
        return log_id
