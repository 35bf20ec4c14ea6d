"""Moving the write-ahead log into the database, beside the writer instead of in its way.

SQLite's own checkpoint runs inside a commit once the log has 1,000 pages, and all who wait for that commit wait for it
too: the slowest hundredth of a storm's answers was ten times slower. So the ledger turns it off, and this thread makes a
passive checkpoint each second, which blocks nobody.
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

log = logging.getLogger("tenure.storage")


class Checkpointer:
    """Checkpoints one database from `start` to `stop`."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened before `start`."""
        self._path = path
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
        while not self._stop.wait(SECONDS):
            try:
                # A connection of its own each time: one that failed (disk full, gone) is not kept.
                with closing(open_connection(self._path)) as connection:
                    while not self._stop.is_set():
                        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                        self._stop.wait(SECONDS)
            except sqlite3.Error as error:
                log.warning("the write-ahead log of %s could not be checkpointed: %s", self._path, error)
