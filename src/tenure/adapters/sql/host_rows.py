"""A batch's rows in SQLite: read in one statement, changed in memory, written in a handful.

Why not a statement a row: Python's `sqlite3` lets the interpreter's lock go at every step and must win it back from the
event loop each time. One statement for a whole batch runs beside the event loop, on the other core.

A batch travels to SQL as one JSON array of rows (numbers and text) and one blob an id column; row n's id is
`substr(blob, 16 n + 1, 16)`. SQLite 3.40 and Python 3.11 have no shorter way to hand over many blobs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tenure.core.counting import KnownMachine
from tenure.host.ledger import Entry, Installation, Outcome, Refusal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from tenure.core.counting import Sighting

# j is a row of the batch: j.key its number, j.value its JSON array. Rows come back as one JSON text: one step.
# A fingerprint is looked up only for a machine whose own row has another: renewals never touch that index.
_READ: Final = """
SELECT
  (SELECT json_group_array(json_array(m.pool, hex(m.machine_id), hex(m.fingerprint), m.first_seen, m.last_seen))
   FROM json_each(?1) j JOIN machine m ON m.pool = j.value ->> 0 AND m.machine_id = substr(?2, j.key * 16 + 1, 16)),
  (SELECT json_group_array(json_array(m.pool, hex(m.machine_id), hex(m.fingerprint), m.first_seen, m.last_seen))
   FROM json_each(?1) j
     LEFT JOIN machine own ON own.pool = j.value ->> 0 AND own.machine_id = substr(?2, j.key * 16 + 1, 16)
     CROSS JOIN machine m ON own.fingerprint IS NOT substr(?3, j.key * 16 + 1, 16)
       AND m.pool = j.value ->> 0 AND m.fingerprint = substr(?3, j.key * 16 + 1, 16)),
  (SELECT json_group_array(json_array(i.product, hex(i.machine_id), hex(i.request_id), hex(i.digest),
                                      i.outcome, i.log_id, i.logged_at))
   FROM json_each(?1) j JOIN installation i
     ON i.machine_id = substr(?2, j.key * 16 + 1, 16) AND i.product = j.value ->> 1),
  (SELECT max(id) FROM request_log)
"""
_FORGET_MACHINES: Final = """
DELETE FROM machine WHERE (pool, machine_id) IN
  (SELECT j.value ->> 0, substr(?2, j.key * 16 + 1, 16) FROM json_each(?1) j)
"""
_FORGET_INSTALLATIONS: Final = """
DELETE FROM installation WHERE (machine_id, product) IN
  (SELECT substr(?2, j.key * 16 + 1, 16), p.id FROM json_each(?1) j JOIN product p ON p.pool = j.value ->> 0)
"""
_SAVE_MACHINES: Final = """
INSERT INTO machine (pool, machine_id, fingerprint, first_seen, last_seen, hostname, virtual)
SELECT j.value ->> 0, substr(?2, j.key * 16 + 1, 16), substr(?3, j.key * 16 + 1, 16),
       j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4
FROM json_each(?1) j WHERE true
ON CONFLICT (pool, machine_id) DO UPDATE SET
  last_seen = excluded.last_seen, hostname = excluded.hostname, virtual = excluded.virtual
"""
_SAVE_INSTALLATIONS: Final = """
INSERT INTO installation (machine_id, product, request_id, digest, outcome, log_id, logged_at)
SELECT substr(?2, j.key * 16 + 1, 16), j.value ->> 0, substr(?3, j.key * 16 + 1, 16), substr(?4, j.key * 16 + 1, 16),
       j.value ->> 1, j.value ->> 2, j.value ->> 3
FROM json_each(?1) j WHERE true
ON CONFLICT (machine_id, product) DO UPDATE SET request_id = excluded.request_id, digest = excluded.digest,
  outcome = excluded.outcome, log_id = excluded.log_id, logged_at = excluded.logged_at
"""
_LOG: Final = """
INSERT INTO request_log (id, at, last_at, repeats, outcome, code, product_id, machine_id, request_id, hostname,
                         address, count, threshold, sighting, virtual, license_status, minutes_remaining)
SELECT j.value ->> 0, j.value ->> 1, j.value ->> 1, 1, j.value ->> 2, j.value ->> 3,
       substr(?2, j.key * 16 + 1, 16), substr(?3, j.key * 16 + 1, 16), substr(?4, j.key * 16 + 1, 16),
       j.value ->> 4, j.value ->> 5, j.value ->> 6, j.value ->> 7, j.value ->> 8, j.value ->> 9, j.value ->> 10,
       j.value ->> 11
FROM json_each(?1) j
"""
_FOLD: Final = """
UPDATE request_log SET repeats = repeats + f.more, last_at = f.at
FROM (SELECT j.value ->> 0 AS id, j.value ->> 1 AS more, j.value ->> 2 AS at FROM json_each(?1) j) f
WHERE request_log.id = f.id
"""
_ADD_TOTALS: Final = """
INSERT INTO daily_total (day, outcome, code, requests)
SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3 FROM json_each(?1) j WHERE true
ON CONFLICT (day, outcome, code) DO UPDATE SET requests = requests + excluded.requests
"""

_encode = msgspec.json.Encoder().encode
_decode_machines = msgspec.json.Decoder(list[tuple[int, str, str, int, int]]).decode
_decode_installations = msgspec.json.Decoder(list[tuple[int, str, str, str, int, int, int]]).decode


class BatchRows:
    """The rows that a batch may touch, inside the transaction that is open on a connection."""

    def __init__(self, connection: sqlite3.Connection, batch: Sequence[Entry | Refusal]) -> None:
        """Every machine and installation that the batch names has been read."""
        self._execute = connection.execute
        self._machines: dict[tuple[int, bytes], KnownMachine] = {}
        self._by_fingerprint: dict[tuple[int, bytes], KnownMachine] = {}
        self._on_disk: dict[tuple[int, bytes], bytes] = {}
        self._installations: dict[tuple[int, bytes], Installation] = {}
        self._saved_machines: dict[tuple[int, bytes], Entry] = {}
        self._saved_installations: dict[tuple[int, bytes], Entry] = {}
        self._forgotten: dict[tuple[int, bytes], None] = {}
        self._log: list[tuple[object, ...]] = []
        self._log_ids: list[tuple[bytes, bytes, bytes]] = []
        self._folds: dict[int, tuple[int, int]] = {}
        self._totals: Mapping[tuple[int, int, str], int] = {}
        self._next_log_id = 0
        self._read([entry for entry in batch if isinstance(entry, Entry)])

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
        more, _ = self._folds.get(log_id, (0, now))
        self._folds[log_id] = (more + 1, now)

    def log_refusal(self, refusal: Refusal) -> None:
        """A log row of a refusal."""
        self._add_log(refusal, int(Outcome.REFUSED), refusal.code, None, None, None, None, None, None)

    def add_totals(self, totals: Mapping[tuple[int, int, str], int]) -> None:
        """Daily totals rise by these numbers."""
        self._totals = totals

    def write(self) -> None:
        """Everything that changed is in the transaction.

        Rows whose fingerprint changed are deleted first: no order of writing can then meet a fingerprint that
        another row of the batch is about to give up.
        """
        moved = [
            key
            for key, entry in self._saved_machines.items()
            if key in self._on_disk and self._on_disk[key] != entry.fingerprint
        ]
        self._write_ids(_FORGET_MACHINES, [*self._forgotten, *moved])
        self._write_ids(_FORGET_INSTALLATIONS, list(self._forgotten))
        machines = self._saved_machines
        if machines:
            rows = [
                (pool, self._machines[pool, machine_id].first_seen, entry.now, entry.hostname, entry.virtual)
                for (pool, machine_id), entry in machines.items()
            ]
            self._execute(
                _SAVE_MACHINES,
                (
                    _encode(rows),
                    b"".join(machine_id for _, machine_id in machines),
                    b"".join(entry.fingerprint for entry in machines.values()),
                ),
            )
        if self._saved_installations:
            kept = [(key, self._installations[key]) for key in self._saved_installations]
            self._execute(
                _SAVE_INSTALLATIONS,
                (
                    _encode([(key[0], int(i.outcome), i.log_id, i.logged_at) for key, i in kept]),
                    b"".join(key[1] for key, _ in kept),
                    b"".join(i.request_id for _, i in kept),
                    b"".join(i.digest for _, i in kept),
                ),
            )
        if self._log:
            ids = zip(*self._log_ids, strict=True)
            self._execute(_LOG, (_encode(self._log), *(b"".join(column) for column in ids)))
        if self._folds:
            self._execute(_FOLD, (_encode([(log_id, *fold) for log_id, fold in self._folds.items()]),))
        if self._totals:
            self._execute(_ADD_TOTALS, (_encode([(*key, n) for key, n in self._totals.items()]),))

    def _read(self, entries: Sequence[Entry]) -> None:
        by_machine_id, by_fingerprint, installations, newest = self._execute(
            _READ,
            (
                _encode([(entry.pool.row, entry.product_row) for entry in entries]),
                b"".join(entry.machine_id for entry in entries),
                b"".join(entry.fingerprint for entry in entries),
            ),
        ).fetchone()
        for pool, machine_id, fingerprint, *seen in _decode_machines(by_machine_id) + _decode_machines(
            by_fingerprint
        ):
            row = KnownMachine(bytes.fromhex(machine_id), bytes.fromhex(fingerprint), *seen)
            if (pool, row.machine_id) not in self._machines:
                self._machines[pool, row.machine_id] = self._by_fingerprint[pool, row.fingerprint] = row
                self._on_disk[pool, row.machine_id] = row.fingerprint
        for product, machine_id, request_id, digest, *rest in _decode_installations(installations):
            self._installations[product, bytes.fromhex(machine_id)] = Installation(
                bytes.fromhex(request_id), bytes.fromhex(digest), *rest
            )
        self._next_log_id = (newest or 0) + 1

    def _add_log(self, asked: Entry | Refusal, outcome: int, code: str | None, *rest: object) -> int:
        log_id = self._next_log_id
        self._next_log_id += 1
        self._log.append((log_id, asked.now, outcome, code, asked.hostname, asked.address, *rest))
        self._log_ids.append((asked.product_id, asked.machine_id, asked.request_id))
        return log_id

    def _write_ids(self, statement: str, keys: Iterable[tuple[int, bytes]]) -> None:
        keys = list(keys)
        if keys:
            self._execute(
                statement, (_encode([(pool,) for pool, _ in keys]), b"".join(key for _, key in keys))
            )
