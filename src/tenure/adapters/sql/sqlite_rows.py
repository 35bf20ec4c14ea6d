"""A batch's rows in SQLite: read in one statement, written in a handful.

Why not a statement a row: Python's `sqlite3` lets the interpreter's lock go at every step and must win it back from the
event loop each time. One statement for a whole batch runs beside the event loop, on the other core.

A batch travels to SQL as one JSON array of rows (numbers and text) and one blob an id column; row n's id is
`substr(blob, 16 n + 1, 16)`. SQLite 3.40 and Python 3.11 have no shorter way to hand over many blobs.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

import msgspec

from tenure.adapters.sql.host_rows import BatchRows
from tenure.core.counting import KnownMachine
from tenure.host.ledger import Entry, Installation, Refusal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

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


def read_rows(connection: sqlite3.Connection, batch: Sequence[Entry | Refusal]) -> BatchRows:
    """Every machine and installation that the batch names, in the transaction that is open on the connection."""
    entries = [asked for asked in batch if isinstance(asked, Entry)]
    by_machine_id, by_fingerprint, installations, newest = connection.execute(
        _READ,
        (
            _encode([(entry.pool.row, entry.product_row) for entry in entries]),
            b"".join(entry.machine_id for entry in entries),
            b"".join(entry.fingerprint for entry in entries),
        ),
    ).fetchone()
    return BatchRows(
        machines=(
            (pool, KnownMachine(bytes.fromhex(machine_id), bytes.fromhex(fingerprint), *seen))
            for pool, machine_id, fingerprint, *seen in _decode_machines(by_machine_id)
            + _decode_machines(by_fingerprint)
        ),
        installations=(
            (
                product,
                bytes.fromhex(machine_id),
                Installation(bytes.fromhex(request_id), bytes.fromhex(digest), *rest),
            )
            for product, machine_id, request_id, digest, *rest in _decode_installations(installations)
        ),
        log_ids=count((newest or 0) + 1),
    )


def write_rows(connection: sqlite3.Connection, rows: BatchRows) -> None:
    """Everything that changed is in the transaction."""
    _write_ids(connection, _FORGET_MACHINES, [*rows.forgotten, *rows.moved])
    _write_ids(connection, _FORGET_INSTALLATIONS, rows.forgotten)
    machines = rows.saved_machines
    if machines:
        connection.execute(
            _SAVE_MACHINES,
            (
                _encode(
                    [
                        (entry.pool.row, first_seen, entry.now, entry.hostname, entry.virtual)
                        for entry, first_seen in machines
                    ]
                ),
                b"".join(entry.machine_id for entry, _ in machines),
                b"".join(entry.fingerprint for entry, _ in machines),
            ),
        )
    kept = rows.saved_installations
    if kept:
        connection.execute(
            _SAVE_INSTALLATIONS,
            (
                _encode([(product, int(i.outcome), i.log_id, i.logged_at) for product, _, i in kept]),
                b"".join(machine_id for _, machine_id, _ in kept),
                b"".join(i.request_id for _, _, i in kept),
                b"".join(i.digest for _, _, i in kept),
            ),
        )
    if rows.logged:
        ids = zip(*((row.product_id, row.machine_id, row.request_id) for row in rows.logged), strict=True)
        connection.execute(
            _LOG, (_encode([row.told for row in rows.logged]), *(b"".join(column) for column in ids))
        )
    if rows.folds:
        connection.execute(_FOLD, (_encode([(log_id, *fold) for log_id, fold in rows.folds.items()]),))
    if rows.totals:
        connection.execute(_ADD_TOTALS, (_encode([(*key, n) for key, n in rows.totals.items()]),))


def _write_ids(connection: sqlite3.Connection, statement: str, keys: Iterable[tuple[int, bytes]]) -> None:
    keys = list(keys)
    if keys:
        connection.execute(
            statement, (_encode([(pool,) for pool, _ in keys]), b"".join(key for _, key in keys))
        )
