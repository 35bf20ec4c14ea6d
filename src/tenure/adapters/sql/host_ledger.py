"""The ledger in SQLite, on the request path: one connection, one transaction a batch."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import msgspec

from tenure.adapters.os.randomness import new_salt
from tenure.adapters.sql.sqlite import DataVersion, as_tenure_error, open_connection
from tenure.adapters.sql.sqlite_rows import read_rows, write_rows
from tenure.host.allowance import Allowance
from tenure.host.counts import Counts
from tenure.host.recording import record_batch
from tenure.host.retention import ROWS_A_STEP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tenure.host.ledger import Entry, Receipt, Refusal
    from tenure.host.retention import Retention


_PRAGMAS = (
    "PRAGMA wal_autocheckpoint = 0",  # adapters.sql.checkpointer does it, outside of commits
    "PRAGMA cache_size = -65536",  # 64 MiB: the inner pages of the indexes of a million machines
)


_SEEN = "SELECT pool, json_group_array(last_seen) FROM machine GROUP BY pool"
"""One text a pool: a million rows that came back one by one would take four times as long."""
_decode_times = msgspec.json.Decoder(list[int]).decode
_LET_GO_OF_LOG = """
DELETE FROM request_log WHERE id IN
  (SELECT id FROM (SELECT id, last_at FROM request_log ORDER BY id LIMIT ?) WHERE last_at < ?)
"""
_NEXT_MACHINES = """
SELECT pool, machine_id, last_seen FROM machine WHERE (pool, machine_id) > (?, ?) ORDER BY pool, machine_id LIMIT ?
"""
_LET_GO_OF_MACHINE = "DELETE FROM machine WHERE pool = ? AND machine_id = ?"
_LET_GO_OF_INSTALLATIONS = """
DELETE FROM installation WHERE product IN (SELECT id FROM product WHERE pool = ?) AND machine_id = ?
"""
_FIRST_MACHINE = (0, b"")


class SqliteLedger:
    """The ledger of one host in its SQLite file."""

    def __init__(self, path: Path, windows: Callable[[], Mapping[int, int]]) -> None:
        """Open the file, which has the newest schema; `windows` gives the window of every pool, by its row.

        Raises:
            Unavailable, Untrusted: as `commit`.
        """
        self._path = path
        self._windows = windows
        self._allowance = Allowance(salt=new_salt())
        self._counts = Counts()
        self._counts_stale = True
        self._counted_in: dict[int, int] = {}
        """The windows that the counts are of."""
        self._tidied: tuple[int, bytes] = _FIRST_MACHINE
        try:
            self._connection = open_connection(path)
            for pragma in _PRAGMAS:
                self._connection.execute(pragma)
            self._version = DataVersion(self._connection)
        except sqlite3.Error as error:
            raise as_tenure_error(error, path) from error

    def commit(self, batch: Sequence[Entry | Refusal]) -> list[Receipt | None]:
        """The batch is on disk (WAL, synchronous=FULL), as one transaction.

        Raises:
            Unavailable: code `storage_unavailable`; nothing of the batch counts, and counts are read again.
            Untrusted: code `state_damaged`.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._refresh()
            rows = read_rows(self._connection, batch)
            try:
                receipts = record_batch(batch, rows, self._counts, self._allowance)
                write_rows(self._connection, rows)
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._allowance.take_back()
                raise
        except sqlite3.Error as error:
            self._counts_stale = True
            self._roll_back()
            raise as_tenure_error(error, self._path) from error
        return receipts

    def counts(self, now: int) -> dict[int, int]:
        """The count of each pool at `now`."""
        try:
            self._refresh()
        except sqlite3.Error as error:
            raise as_tenure_error(error, self._path) from error
        return self._counts.all_at(now)

    def tidy(self, retention: Retention, now: int) -> None:
        """The oldest log rows, and the next machines in the order of their keys, are looked at.

        Raises:
            As `commit`.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(_LET_GO_OF_LOG, (ROWS_A_STEP, retention.log_before(now)))
            rows = self._connection.execute(_NEXT_MACHINES, (*self._tidied, ROWS_A_STEP)).fetchall()
            oldest = retention.machines_before(now)
            gone = [(pool, machine_id) for pool, machine_id, last_seen in rows if last_seen < oldest]
            self._connection.executemany(_LET_GO_OF_MACHINE, gone)
            self._connection.executemany(_LET_GO_OF_INSTALLATIONS, gone)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise as_tenure_error(error, self._path) from error
        self._tidied = rows[-1][:2] if len(rows) == ROWS_A_STEP else _FIRST_MACHINE

    def changed_elsewhere(self) -> bool:
        """Whether another connection committed since the last call."""
        try:
            changed = self._version.changed()
        except sqlite3.Error as error:
            raise as_tenure_error(error, self._path) from error
        self._counts_stale = self._counts_stale or changed
        return changed

    @property
    def newest_row(self) -> int:
        """The latest time in a machine's row."""
        return self._counts.newest

    def close(self) -> None:
        """The file is closed."""
        self._connection.close()

    def _refresh(self) -> None:
        """Read the counts again when they may differ from the rows: one pass, at the start and after a failure."""
        windows = dict(self._windows())
        if self._counts_stale or windows != self._counted_in:
            seen = self._connection.execute(_SEEN).fetchall()
            self._counts.load(windows, {pool: _decode_times(times) for pool, times in seen})
            self._counted_in, self._counts_stale = windows, False

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                # The connection itself is broken (disk gone): the next batch fails the same way until it is back.
                return
