"""Moving the write-ahead log into the database, beside the writer instead of in its way.

SQLite's own checkpoint runs inside a commit once the log has 1,000 pages, and all who wait for that commit wait for it
too: the slowest hundredth of a storm's answers was ten times slower. So the ledger turns it off, and this thread makes a
passive checkpoint each second, which blocks nobody.

A log begins anew only when all of it is in the database and nobody writes meanwhile. Beside a writer that never pauses
this does not happen by itself, and the log would grow as long as the load lasts. So once it is longer than it should be,
the writer waits for the last few pages to be moved.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Final

from tenure.adapters.sql.sqlite import open_connection

if TYPE_CHECKING:
    from pathlib import Path

SECONDS: Final = 1.0
LONGEST_LOG: Final = 128 * 1024 * 1024
"""Bytes; at the highest rates some seconds' worth."""
_WAIT_MS: Final = 50
"""How long a look waits for the writer, and the writer then for a reader that needs the log; the next look tries again."""

_PASSIVE: Final = "PRAGMA wal_checkpoint(PASSIVE)"

log = logging.getLogger("tenure.storage")


class Checkpointer:
    """Checkpoints one database from `start` to `stop`."""

    def __init__(self, path: Path, *, longest_log: int = LONGEST_LOG, seconds: float = SECONDS) -> None:
        """Nothing is opened before `start`; then it looks at the log every so many seconds."""
        self._path = path
        self._longest_log = longest_log
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tenure-checkpoint", daemon=True)

    def start(self) -> None:
        """The log stays short from now on."""
        self._thread.start()

    def stop(self) -> None:
        """The thread has ended; closing the last connection checkpoints what is left."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                # A connection of its own each time: one that failed (disk full, gone) is not kept.
                with closing(open_connection(self._path)) as connection:
                    connection.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
                    (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
                    self._look_after(connection, self._longest_log // page_bytes)
            except sqlite3.Error as error:
                log.warning("the write-ahead log of %s could not be checkpointed: %s", self._path, error)

    def _look_after(self, connection: sqlite3.Connection, longest: int) -> None:
        """Until `stop`: what is in the log is in the database soon; one of over `longest` pages begins anew."""
        while not self._stop.is_set():
            _, pages, _ = connection.execute(_PASSIVE).fetchone()
            if pages > longest:
                # Once more, for what was written during the first: the writer waits for what came during this one.
                connection.execute(_PASSIVE).fetchone()
                connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
            self._stop.wait(self._seconds)
