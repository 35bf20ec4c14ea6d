"""The ledger in PostgreSQL, where several hosts share one count, one inventory and one log (docs/adr/0012).

A batch is one transaction in two round trips: lock the pools, move their counts and read the rows; then write, commit, and
read what all pools count now.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from tenure.adapters.os.randomness import new_salt
from tenure.adapters.sql.postgres_counts import LOCK_POOLS, ask_for_all, ask_for_counts
from tenure.adapters.sql.postgres_link import PostgresLink
from tenure.adapters.sql.postgres_rows import ask_for_rows, write_rows
from tenure.adapters.sql.sqlite import DataVersion, as_tenure_error, open_connection
from tenure.host.allowance import Allowance
from tenure.host.ledger import Entry
from tenure.host.recording import record_batch
from tenure.host.retention import ROWS_A_STEP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from psycopg import Connection

    from tenure.adapters.sql.postgres import PostgresServer
    from tenure.host.ledger import Receipt, Refusal
    from tenure.host.retention import Retention

CHANNEL: Final = "tenure_counts"
"""Where a host tells the others that a pool has reached its threshold."""

_NOTIFY: Final = "SELECT pg_notify(%s, %s)"
_RECORDER: Final = "SELECT id, newest_row FROM recorder WHERE host_id = %s"
_NEW_RECORDER: Final = """
INSERT INTO recorder (host_id, newest_row) VALUES (%s, 0)
ON CONFLICT (host_id) DO UPDATE SET newest_row = recorder.newest_row RETURNING id, newest_row
"""
_SAVE_NEWEST: Final = "UPDATE recorder SET newest_row = greatest(newest_row, %s) WHERE id = %s"
_SETTINGS: Final = "SELECT name, value FROM setting ORDER BY name"
# Hosts tidy at the same time: what another one is letting go of is passed over. Of the oldest rows few are too old, mostly
# none: those alone are looked up again, to be locked, and MATERIALIZED keeps the planner from reading the whole log for it.
_LET_GO_OF_LOG: Final = """
WITH oldest AS MATERIALIZED (SELECT id, last_at FROM request_log ORDER BY id LIMIT %(step)s)
DELETE FROM request_log WHERE id = ANY (ARRAY (
  SELECT id FROM request_log
  WHERE id = ANY (ARRAY (SELECT id FROM oldest WHERE last_at < %(before)s)) AND last_at < %(before)s
  ORDER BY id FOR UPDATE SKIP LOCKED))
"""
_NEXT_MACHINES: Final = """
SELECT pool, machine_id, last_seen FROM machine WHERE (pool, machine_id) > (%s, %s) ORDER BY pool, machine_id LIMIT %s
"""
# Whoever came back before the pool was locked is no longer old.
_LET_GO_OF_MACHINES: Final = """
WITH gone AS (
  DELETE FROM machine m USING unnest(%(pools)s::int[], %(ids)s::bytea[]) AS b (pool, machine_id)
  WHERE m.pool = b.pool AND m.machine_id = b.machine_id AND m.last_seen < %(before)s
  RETURNING m.pool, m.machine_id, m.last_seen
), uncounted AS (
  UPDATE window_count w SET machines = w.machines - g.machines
  FROM (SELECT c.pool, c.window_seconds, count(*) AS machines
        FROM gone JOIN window_count c ON c.pool = gone.pool AND gone.last_seen > c.since GROUP BY 1, 2) g
  WHERE w.pool = g.pool AND w.window_seconds = g.window_seconds
)
DELETE FROM installation i USING gone, product p
WHERE p.pool = gone.pool AND i.machine_id = gone.machine_id AND i.product = p.id
"""
_FIRST_MACHINE: Final = (0, b"")


class PostgresLedger:
    """The ledger of one host in a database that others may share."""

    def __init__(
        self,
        server: PostgresServer,
        home: Path,
        windows: Callable[[], Mapping[int, int]],
        host_id: Callable[[], UUID | None],
    ) -> None:
        """Nothing is connected yet; the database has the newest schema.

        `home` is the file with this host's own documents and settings, `windows` gives the window of every pool, by its row,
        `host_id` who this host is, None before it has its first key.

        Raises:
            Unavailable, Untrusted: the file cannot be read.
        """
        self._allowance = Allowance(salt=new_salt())
        self._link = PostgresLink(server)
        self._windows = windows
        self._host_id = host_id
        self._recorder: tuple[int, UUID, int] | None = None
        """This host's number in the database, its id, and the number of the connection that asked for it."""
        self._newest_row = 0
        self._told: tuple[int, dict[int, int], dict[int, int]] | None = None
        """What the last batch read behind its commit, until somebody asks: time, windows, counts."""
        self._settings: list[tuple[str, str]] | None = None
        """The shared settings, as they were last read; None: nobody has looked, and whoever started on older ones is to hear."""
        self._settings_changed = False
        self._tidied: tuple[int, bytes] = _FIRST_MACHINE
        self._home_path = home
        try:
            self._home = open_connection(home)
            self._home_version = DataVersion(self._home)
        except sqlite3.Error as error:
            raise as_tenure_error(error, home) from error

    def commit(self, batch: Sequence[Entry | Refusal]) -> list[Receipt | None]:
        """The batch is on disk, as one transaction, as far as the server's `synchronous_commit` goes.

        No other host records in its pools meanwhile: the counts in the receipts include everything that was committed
        before, by any host, and everything in the batch.

        Raises:
            Unavailable: code `storage_unavailable`; nothing of the batch counts, or nobody can tell.
            Untrusted: code `state_damaged`.
        """
        terms = {asked.pool.row: asked.pool for asked in batch if isinstance(asked, Entry)}
        windows = {row: pool.window_seconds for row, pool in terms.items()}
        now = max((asked.now for asked in batch), default=0)
        all_windows = dict(self._windows())
        self._told = None
        with self._link.use() as connection:
            recorder = self._recorded_as(connection, make=True)
            with connection.pipeline():
                connection.execute("BEGIN")
                counts_of = ask_for_counts(connection, windows, now)
                rows_of = ask_for_rows(connection, batch)
            counts, rows = counts_of(), rows_of()
            try:
                receipts = record_batch(batch, rows, counts, self._allowance)
                with connection.pipeline():
                    write_rows(connection, rows, recorder)
                    counts.write(connection)
                    if recorder is not None and counts.newest > self._newest_row:
                        connection.execute(_SAVE_NEWEST, (counts.newest, recorder))
                    for pool in counts.crossed({row: pool.threshold for row, pool in terms.items()}):
                        connection.execute(_NOTIFY, (CHANNEL, str(pool)))
                    connection.execute("COMMIT")
                    all_counts_of = ask_for_all(connection, all_windows, now)
            except Exception:
                self._allowance.take_back()
                raise
        self._newest_row = max(self._newest_row, counts.newest)
        self._told = (now, all_windows, all_counts_of())
        return receipts

    def counts(self, now: int) -> dict[int, int]:
        """The count of each pool at `now`, of everything that any host has committed: by now, or by the last batch.

        The latter once after each batch, for its own time; so whoever looks twice, or because another host sent a notice,
        sees what that one committed.

        Raises:
            As `commit`.
        """
        windows = dict(self._windows())
        told, self._told = self._told, None
        if told is not None and told[:2] == (now, windows):
            return told[2]
        with self._link.use() as connection:
            self._recorded_as(connection, make=False)
            return ask_for_all(connection, windows, now)()

    def tidy(self, retention: Retention, now: int) -> None:
        """The oldest log rows, and the next machines in the order of their keys, are looked at; so are the shared settings.

        Raises:
            As `commit`.
        """
        oldest = retention.machines_before(now)
        self._told = None
        with self._link.use() as connection:
            settings = connection.execute(_SETTINGS).fetchall()
            connection.execute(_LET_GO_OF_LOG, {"before": retention.log_before(now), "step": ROWS_A_STEP})
            rows = connection.execute(_NEXT_MACHINES, (*self._tidied, ROWS_A_STEP)).fetchall()
            gone = [(pool, machine_id) for pool, machine_id, last_seen in rows if last_seen < oldest]
            if gone:
                pools, ids = zip(*gone, strict=True)
                with connection.transaction():
                    connection.execute(LOCK_POOLS, (sorted(set(pools)),))
                    connection.execute(
                        _LET_GO_OF_MACHINES, {"pools": list(pools), "ids": list(ids), "before": oldest}
                    )
        self._tidied = rows[-1][:2] if len(rows) == ROWS_A_STEP else _FIRST_MACHINE
        if settings != self._settings:
            self._settings, self._settings_changed = settings, True

    def changed_elsewhere(self) -> bool:
        """Whether another program wrote to this host's home, or another host changed a shared setting.

        Raises:
            Unavailable, Untrusted: the home's file cannot be read.
        """
        try:
            changed = self._home_version.changed()
        except sqlite3.Error as error:
            raise as_tenure_error(error, self._home_path) from error
        if changed:
            # `tenure host accept-clock` lowers what this host wrote last.
            self._recorder = None
        settings_changed, self._settings_changed = self._settings_changed, False
        return changed or settings_changed

    @property
    def newest_row(self) -> int:
        """The latest time in a machine's row that this host wrote."""
        return self._newest_row

    def close(self) -> None:
        """The connection is closed, and so is the home's file."""
        self._link.close()
        self._home.close()

    def _recorded_as(self, connection: Connection, *, make: bool) -> int | None:
        """This host's number in the database, asked for once a connection; None before it has a key, or a number."""
        host_id = self._host_id()
        if host_id is None:
            return None
        if self._recorder is None or self._recorder[1:] != (host_id, self._link.number):
            row = connection.execute(_RECORDER, (host_id.bytes,)).fetchone()
            if row is None and make:
                row = connection.execute(_NEW_RECORDER, (host_id.bytes,)).fetchone()
            if row is None:
                return None
            self._recorder = (row[0], host_id, self._link.number)
            self._newest_row = row[1]
        return self._recorder[0]
