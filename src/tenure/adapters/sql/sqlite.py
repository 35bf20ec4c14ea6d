"""How a SQLite file is opened and what its errors mean. The only place that knows SQLite's words."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

from tenure.core.errors import Code, TenureError, Unavailable, Untrusted

if TYPE_CHECKING:
    from pathlib import Path

BUSY_TIMEOUT_MS: Final = 5_000
"""How long a writer waits for another (design, section 7)."""

PRAGMAS: Final = (
    # The order matters: a busy timeout first, so that switching to WAL waits for its turn as well.
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    # Of a new file: a request changes a hundred bytes in each of a few pages, and whole pages go to the disk.
    "PRAGMA page_size = 2048",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


def open_connection(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection whose transactions are begun by whoever uses it, usable from one thread at a time.

    Raises:
        sqlite3.Error: the file cannot be opened; `as_tenure_error` puts it into words.
    """
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in PRAGMAS[:1] if read_only else PRAGMAS:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


class DataVersion:
    """Tells when others than one connection have written to its file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """What others wrote until now is known.

        Raises:
            sqlite3.Error: as `changed`.
        """
        self._connection = connection
        self._version = self._read()

    def changed(self) -> bool:
        """Whether another connection committed since the last call.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        before, self._version = self._version, self._read()
        return self._version != before

    def _read(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


def as_tenure_error(error: Exception, path: Path) -> TenureError:
    """What a database error means to whoever runs the program."""
    code = getattr(error, "sqlite_errorcode", None)
    primary: Any = code & 0xFF if isinstance(code, int) else None
    if primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return Untrusted(
            Code.STATE_DAMAGED,
            f"The database {path} is damaged ({error}).",
            "Stop the program, keep the file aside, and restore the newest backup.",
        )
    cure = {
        sqlite3.SQLITE_BUSY: "Another program holds it: find and end it (a copy or a backup tool, usually).",
        sqlite3.SQLITE_LOCKED: "Another program holds it: find and end it (a copy or a backup tool, usually).",
        sqlite3.SQLITE_READONLY: "Give the program's user the right to write the file and its folder.",
        sqlite3.SQLITE_FULL: "Free some space on its disk.",
        sqlite3.SQLITE_CANTOPEN: "Check that the folder exists and that the program's user may write it.",
    }.get(primary, "Look at the disk and at the system's log.")
    return Unavailable(Code.STORAGE_UNAVAILABLE, f"The database {path} cannot be used now: {error}.", cure)
