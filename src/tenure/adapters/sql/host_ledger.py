"""The ledger in SQLite, on the request path: prepared statements on one connection, one transaction a batch."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from tenure.adapters.sql.sqlite import as_tenure_error, open_connection
from tenure.core.counting import KnownMachine
from tenure.host.counts import Counts
from tenure.host.ledger import Entry, Installation, Outcome, Receipt, Refusal
from tenure.host.recording import record_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tenure.core.counting import Sighting

_MACHINE = (
    "SELECT machine_id, fingerprint, first_seen, last_seen FROM machine WHERE pool = ? AND machine_id = ?"
)
_BY_FINGERPRINT = (
    "SELECT machine_id, fingerprint, first_seen, last_seen FROM machine WHERE pool = ? AND fingerprint = ?"
)
_INSERT_MACHINE = (
    "INSERT INTO machine (fingerprint, first_seen, last_seen, hostname, virtual, pool, machine_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE_MACHINE = (
    "UPDATE machine SET fingerprint = ?, first_seen = ?, last_seen = ?, hostname = ?, virtual = ?"
    " WHERE pool = ? AND machine_id = ?"
)
_FORGET_MACHINE = "DELETE FROM machine WHERE pool = ? AND machine_id = ?"
_FORGET_INSTALLATIONS = (
    "DELETE FROM installation WHERE machine_id = ? AND product IN (SELECT id FROM product WHERE pool = ?)"
)
_INSTALLATION = "SELECT request_id, digest, outcome, log_id, logged_at FROM installation WHERE machine_id = ? AND product = ?"
_SAVE_INSTALLATION = (
    "INSERT INTO installation (machine_id, product, request_id, digest, outcome, log_id, logged_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (machine_id, product) DO UPDATE SET request_id = excluded.request_id, digest = excluded.digest,"
    " outcome = excluded.outcome, log_id = excluded.log_id, logged_at = excluded.logged_at"
)
_LOG = (
    "INSERT INTO request_log (at, last_at, repeats, outcome, code, product_id, machine_id, request_id, hostname,"
    " address, count, threshold, sighting, virtual, license_status, minutes_remaining)"
    " VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FOLD = "UPDATE request_log SET repeats = repeats + 1, last_at = ? WHERE id = ?"
_ADD_TOTAL = (
    "INSERT INTO daily_total (day, outcome, code, requests) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (day, outcome, code) DO UPDATE SET requests = requests + excluded.requests"
)


class SqliteRows:
    """The rows of the transaction that is open on a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """The connection's statements are cached by their text."""
        self._execute = connection.execute

    def machine(self, pool: int, machine_id: bytes) -> KnownMachine | None:
        """The row of a machine id."""
        row = self._execute(_MACHINE, (pool, machine_id)).fetchone()
        return KnownMachine(*row) if row is not None else None

    def machine_by_fingerprint(self, pool: int, fingerprint: bytes) -> KnownMachine | None:
        """The row of a fingerprint."""
        row = self._execute(_BY_FINGERPRINT, (pool, fingerprint)).fetchone()
        return KnownMachine(*row) if row is not None else None

    def save_machine(self, entry: Entry, first_seen: int, *, known: bool) -> None:
        """The machine's row says what `entry` says."""
        self._execute(
            _UPDATE_MACHINE if known else _INSERT_MACHINE,
            (
                entry.fingerprint,
                first_seen,
                entry.now,
                entry.hostname,
                entry.virtual,
                entry.pool.row,
                entry.machine_id,
            ),
        )

    def forget_machine(self, pool: int, machine_id: bytes) -> None:
        """The row of a machine id, and what it last asked in this pool, are gone."""
        self._execute(_FORGET_MACHINE, (pool, machine_id))
        self._execute(_FORGET_INSTALLATIONS, (machine_id, pool))

    def installation(self, product: int, machine_id: bytes) -> Installation | None:
        """The last request of a machine for a product."""
        row = self._execute(_INSTALLATION, (machine_id, product)).fetchone()
        return Installation(*row) if row is not None else None

    def save_installation(self, entry: Entry, installation: Installation) -> None:
        """The last request of a machine for a product is this one."""
        self._execute(
            _SAVE_INSTALLATION,
            (
                entry.machine_id,
                entry.product_row,
                installation.request_id,
                installation.digest,
                int(installation.outcome),
                installation.log_id,
                installation.logged_at,
            ),
        )

    def log(self, entry: Entry, outcome: Outcome, sighting: Sighting, count: int) -> int:
        """A log row; its id."""
        cursor = self._execute(
            _LOG,
            (
                entry.now,
                entry.now,
                int(outcome),
                None,
                entry.product_id,
                entry.machine_id,
                entry.request_id,
                entry.hostname,
                entry.address,
                count,
                entry.pool.threshold,
                sighting.value,
                entry.virtual,
                entry.license_status,
                entry.minutes_remaining,
            ),
        )
        return int(cursor.lastrowid or 0)

    def fold(self, log_id: int, now: int) -> None:
        """The log row stands for one request more."""
        self._execute(_FOLD, (now, log_id))

    def log_refusal(self, refusal: Refusal) -> None:
        """A log row of a refusal."""
        said = (refusal.product_id, refusal.machine_id, refusal.request_id, refusal.hostname, refusal.address)
        unsaid = (None,) * 6
        self._execute(_LOG, (refusal.now, refusal.now, int(Outcome.REFUSED), refusal.code, *said, *unsaid))

    def add_totals(self, totals: Mapping[tuple[int, int, str], int]) -> None:
        """Daily totals rise by these numbers."""
        for (day, outcome, code), requests in totals.items():
            self._execute(_ADD_TOTAL, (day, int(outcome), code, requests))


class SqliteLedger:
    """The ledger of one host in its SQLite file."""

    def __init__(self, path: Path, windows: Callable[[], Mapping[int, int]]) -> None:
        """Open the file, which has the newest schema; `windows` gives the window of every pool, by its row.

        Raises:
            Unavailable, Untrusted: as `commit`.
        """
        self._path = path
        self._windows = windows
        self._counts = Counts()
        self._counts_stale = True
        try:
            self._connection = open_connection(path)
            self._rows = SqliteRows(self._connection)
            self._version = self._data_version()
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
            receipts = record_batch(batch, self._rows, self._counts)
            self._connection.execute("COMMIT")
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

    def changed_elsewhere(self) -> bool:
        """Whether another connection committed since the last call."""
        try:
            version = self._data_version()
        except sqlite3.Error as error:
            raise as_tenure_error(error, self._path) from error
        changed = version != self._version
        self._version = version
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
        if self._counts_stale:
            seen = self._connection.execute(
                "SELECT pool, last_seen, COUNT(*) FROM machine GROUP BY pool, last_seen"
            )
            self._counts.load(self._windows(), seen)
            self._counts_stale = False

    def _data_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                # The connection itself is broken (disk gone): the next batch fails the same way until it is back.
                return
