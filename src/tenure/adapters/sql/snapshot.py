"""A copy of a SQLite file that others write to meanwhile, whole and checked."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from tenure.adapters.sql.engine import storage_errors
from tenure.adapters.sql.sqlite import open_connection
from tenure.core.errors import Code, Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_STEP_PAGES: Final = 8_192
"""16 MiB of a host's database: some hundredths of a second, after which Ctrl-C is heard."""
_NOT_WRITTEN: Final = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR_WRITE: errno.EIO,
    sqlite3.SQLITE_IOERR_FSYNC: errno.EIO,
    sqlite3.SQLITE_IOERR_TRUNCATE: errno.EIO,
}
"""What only the copy can meet, since its original is only read."""


def _go_on() -> None:
    """Nothing is in the way of the next step."""


def copy_database(source: Path, target: Path, *, stepped: Callable[[], None] = _go_on) -> None:
    """The file `target`, which is empty, is `source` as it was at one moment; nobody who writes there waits for it.

    It is not flushed to disk: whoever keeps it does that. `stepped` is called after each step; what it raises ends the copy.

    Raises:
        Unavailable: code `storage_unavailable`.
        Untrusted: code `state_damaged`: the source is damaged, and so would its copy be.
        OSError: the copy cannot be written.
    """
    with (
        storage_errors(source),
        closing(open_connection(source, read_only=True)) as original,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        try:
            _copy(original, copy, stepped)
        except sqlite3.Error as error:
            reason = _NOT_WRITTEN.get(error.sqlite_errorcode)
            if reason is None:
                raise
            raise OSError(reason, os.strerror(reason)) from error
    check_database(target, told_as=source)


def _copy(original: sqlite3.Connection, copy: sqlite3.Connection, stepped: Callable[[], None]) -> None:
    copy.execute("PRAGMA synchronous = OFF")
    # In one read transaction, which keeps the moment. Without it each commit of the host makes SQLite begin anew: a copy
    # of 40 MB beside 3,000 requests a second was done when the requests were over, not before; so it takes 0.15 s.
    # VACUUM INTO took 0.4 s, and hears no Ctrl-C.
    original.execute("BEGIN")
    original.execute("SELECT 1 FROM sqlite_schema").fetchone()
    original.backup(copy, pages=_STEP_PAGES, progress=lambda *_: stepped())
    # One file, with nothing beside it that could be left behind.
    copy.execute("PRAGMA journal_mode = DELETE")


def check_database(path: Path, *, told_as: Path) -> None:
    """Passes when the database is whole.

    Raises:
        Untrusted: code `state_damaged`; the file is called `told_as` in it.
    """
    with storage_errors(told_as), closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise Untrusted(
            Code.STATE_DAMAGED,
            f"The database {told_as} is damaged ({found}).",
            "Stop the program, keep the file aside, and restore the newest backup.",
        )
