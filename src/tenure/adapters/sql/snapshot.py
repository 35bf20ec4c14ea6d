"""A copy of a SQLite file that others write to meanwhile, whole and checked."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tenure.adapters.sql.engine import storage_errors
from tenure.adapters.sql.sqlite import open_connection
from tenure.core.errors import Code, Untrusted

if TYPE_CHECKING:
    from pathlib import Path


def copy_database(source: Path, target: Path) -> None:
    """The file `target`, which is empty, is `source` as it was at one moment; nobody who writes there waits for it.

    Raises:
        Unavailable: code `storage_unavailable`.
        Untrusted: code `state_damaged`: the source is damaged, and so would its copy be.
    """
    with storage_errors(source):
        with (
            closing(open_connection(source, read_only=True)) as original,
            closing(sqlite3.connect(target, isolation_level=None)) as copy,
        ):
            # All in one step: a copy in pieces would begin anew with each commit of a busy host, and never end.
            original.backup(copy)
            # One file, with nothing beside it that could be left behind.
            copy.execute("PRAGMA journal_mode = DELETE")
        check_database(target, told_as=source)


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
