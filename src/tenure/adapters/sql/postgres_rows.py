"""A batch's rows in PostgreSQL: read and written by a handful of statements over arrays, in two round trips.

Both are called in a pipeline, inside a transaction that holds the locks of the batch's pools; daily totals, which all
pools share, are written in the order of their keys, so that no two hosts ever wait for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tenure.adapters.sql.host_rows import BatchRows
from tenure.adapters.sql.postgres_arrays import BatchStatement
from tenure.core.counting import KnownMachine
from tenure.host.ledger import Entry, Installation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection

    from tenure.host.ledger import Refusal

# `b` is the batch. A fingerprint is looked up only for a machine whose own row has another, as in SQLite: MATERIALIZED,
# or the planner would look up every fingerprint first and drop most of what it found.
_MACHINES: Final = BatchStatement("""
WITH own AS MATERIALIZED (
  SELECT b.pool, b.fingerprint AS asked, m.machine_id, m.fingerprint, m.first_seen, m.last_seen
  FROM unnest(%b::int[], %b::bytea[], %b::bytea[]) AS b (pool, machine_id, fingerprint)
    LEFT JOIN machine m ON m.pool = b.pool AND m.machine_id = b.machine_id
)
SELECT pool, machine_id, fingerprint, first_seen, last_seen FROM own WHERE machine_id IS NOT NULL
UNION ALL
SELECT m.pool, m.machine_id, m.fingerprint, m.first_seen, m.last_seen
FROM own JOIN machine m ON m.pool = own.pool AND m.fingerprint = own.asked
WHERE own.fingerprint IS DISTINCT FROM own.asked
""")
_INSTALLATIONS: Final = BatchStatement("""
SELECT i.product, i.machine_id, i.request_id, i.digest, i.outcome, i.log_id, i.logged_at
FROM unnest(%b::int[], %b::bytea[]) AS b (product, machine_id)
  JOIN installation i ON i.machine_id = b.machine_id AND i.product = b.product
""")
# OFFSET 0: the sequence is looked up once, not for each number.
_LOG_IDS: Final = """
SELECT nextval(of.log) FROM (SELECT pg_get_serial_sequence('request_log', 'id')::regclass AS log OFFSET 0) AS of,
  generate_series(1, %b::int)
"""

_FORGET_MACHINES: Final = BatchStatement("""
DELETE FROM machine m USING unnest(%b::int[], %b::bytea[]) AS b (pool, machine_id)
WHERE m.pool = b.pool AND m.machine_id = b.machine_id
""")
_FORGET_INSTALLATIONS: Final = BatchStatement("""
DELETE FROM installation i USING unnest(%b::int[], %b::bytea[]) AS b (pool, machine_id), product p
WHERE p.pool = b.pool AND i.machine_id = b.machine_id AND i.product = p.id
""")
_SAVE_MACHINES: Final = BatchStatement("""
INSERT INTO machine (pool, machine_id, fingerprint, first_seen, last_seen, hostname, virtual)
SELECT * FROM unnest(%b::int[], %b::bytea[], %b::bytea[], %b::bigint[], %b::bigint[], %b::text[], %b::bool[])
ON CONFLICT (pool, machine_id) DO UPDATE SET
  last_seen = excluded.last_seen, hostname = excluded.hostname, virtual = excluded.virtual
""")
_SAVE_INSTALLATIONS: Final = BatchStatement("""
INSERT INTO installation (product, machine_id, request_id, digest, outcome, log_id, logged_at)
SELECT * FROM unnest(%b::int[], %b::bytea[], %b::bytea[], %b::bytea[], %b::smallint[], %b::bigint[], %b::bigint[])
ON CONFLICT (machine_id, product) DO UPDATE SET request_id = excluded.request_id, digest = excluded.digest,
  outcome = excluded.outcome, log_id = excluded.log_id, logged_at = excluded.logged_at
""")
_LOG: Final = BatchStatement("""
INSERT INTO request_log (recorder, product_id, machine_id, request_id, id, at, last_at, repeats, outcome, code,
                         hostname, address, count, threshold, sighting, virtual, license_status, minutes_remaining)
SELECT %b::int, product_id, machine_id, request_id, id, at, at, 1, outcome, code,
       hostname, address, count, threshold, sighting, virtual, license_status, minutes_remaining
FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %b::bigint[], %b::bigint[], %b::smallint[], %b::text[],
            %b::text[], %b::text[], %b::int[], %b::int[], %b::text[], %b::bool[], %b::smallint[], %b::int[])
  AS b (product_id, machine_id, request_id, id, at, outcome, code,
        hostname, address, count, threshold, sighting, virtual, license_status, minutes_remaining)
""")
_FOLD: Final = BatchStatement("""
UPDATE request_log l SET repeats = l.repeats + b.more, last_at = b.at
FROM unnest(%b::bigint[], %b::int[], %b::bigint[]) AS b (id, more, at) WHERE l.id = b.id
""")
_ADD_TOTALS: Final = BatchStatement("""
INSERT INTO daily_total (day, outcome, code, requests)
SELECT * FROM unnest(%b::int[], %b::smallint[], %b::text[], %b::bigint[]) AS b (day, outcome, code, requests)
ORDER BY day, outcome, code
ON CONFLICT (day, outcome, code) DO UPDATE SET requests = daily_total.requests + excluded.requests
""")


def ask_for_rows(connection: Connection, batch: Sequence[Entry | Refusal]) -> Callable[[], BatchRows]:
    """Every machine and installation that the batch names is asked for; what is returned takes the answers."""
    entries = [asked for asked in batch if isinstance(asked, Entry)]
    machines = _ask(connection, _MACHINES, [(e.pool.row, e.machine_id, e.fingerprint) for e in entries])
    installations = _ask(connection, _INSTALLATIONS, [(e.product_row, e.machine_id) for e in entries])
    log_ids = connection.execute(_LOG_IDS, (len(batch),))

    def rows() -> BatchRows:
        return BatchRows(
            machines=((pool, KnownMachine(*row)) for pool, *row in machines()),
            installations=(
                (product, machine_id, Installation(*row)) for product, machine_id, *row in installations()
            ),
            log_ids=(log_id for (log_id,) in log_ids.fetchall()),
        )

    return rows


def write_rows(connection: Connection, rows: BatchRows, recorder: int | None) -> None:
    """Everything that changed is in the transaction; new log rows name the host that recorded them."""
    _write(connection, _FORGET_MACHINES, [*rows.forgotten, *rows.moved])
    _write(connection, _FORGET_INSTALLATIONS, rows.forgotten)
    _write(
        connection,
        _SAVE_MACHINES,
        [
            (e.pool.row, e.machine_id, e.fingerprint, first_seen, e.now, e.hostname, e.virtual)
            for e, first_seen in rows.saved_machines
        ],
    )
    _write(
        connection,
        _SAVE_INSTALLATIONS,
        [
            (product, machine_id, i.request_id, i.digest, int(i.outcome), i.log_id, i.logged_at)
            for product, machine_id, i in rows.saved_installations
        ],
    )
    _write(
        connection,
        _LOG,
        [(row.product_id, row.machine_id, row.request_id, *row.told) for row in rows.logged],
        recorder,
    )
    _write(connection, _FOLD, [(log_id, *fold) for log_id, fold in rows.folds.items()])
    _write(connection, _ADD_TOTALS, [(*key, requests) for key, requests in rows.totals.items()])


def _ask(
    connection: Connection, statement: BatchStatement, rows: Sequence[tuple[object, ...]]
) -> Callable[[], list[Any]]:
    """The statement is asked over the rows; what is returned takes the answers."""
    return connection.execute(statement.text, statement.over(rows)).fetchall if rows else list


def _write(
    connection: Connection, statement: BatchStatement, rows: Sequence[tuple[object, ...]], *first: object
) -> None:
    """Run the statement over the rows, behind what comes first."""
    if rows:
        connection.execute(statement.text, [*first, *statement.over(rows)])
