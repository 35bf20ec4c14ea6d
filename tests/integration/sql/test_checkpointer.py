"""The write-ahead log under a load that never ends."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.sql.checkpointer import Checkpointer
from tenure.adapters.sql.sqlite import open_connection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 256 * 1024
COMMIT = 16_000
"""Bytes of one; the log takes some more."""
COMMITS = 500
MOST_COMMITS = 20_000


@contextmanager
def checkpointed(path: Path, *, longest: int) -> Iterator[None]:
    """A checkpointer that looks often looks after the file."""
    checkpointer = Checkpointer(path, longest_log=longest, seconds=0.1)
    checkpointer.start()
    try:
        yield
    finally:
        checkpointer.stop()


def write(connection: sqlite3.Connection) -> None:
    """One commit of a writer that makes the next one at once, as a host under load does."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO written VALUES (?)", (os.urandom(COMMIT),))
    connection.execute("COMMIT")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database, as a ledger opens it."""
    path = tmp_path / "host.db"
    with closing(open_connection(path)) as connection:
        connection.execute("CREATE TABLE written (data BLOB)")
    return path


def test_a_log_begins_anew_beside_a_writer_that_never_pauses(path: Path) -> None:
    """Although there is no moment in which nobody writes, more is written than the log ever held; nothing is lost."""
    log = path.with_name("host.db-wal")
    commits = 0
    with closing(open_connection(path)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        with checkpointed(path, longest=LONGEST):
            while commits < COMMITS or log.stat().st_size > commits * COMMIT // 2:
                write(connection)
                commits += 1
                assert commits < MOST_COMMITS, "the log grows and grows"
        assert connection.execute("SELECT COUNT(*) FROM written").fetchone() == (commits,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_reader_that_stays_keeps_the_log_from_that_and_nobody_from_writing(path: Path) -> None:
    """It sees what it saw at first, however much is written meanwhile."""
    with closing(open_connection(path)) as connection, closing(open_connection(path)) as reader:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM written").fetchone() == (0,)
        with checkpointed(path, longest=LONGEST):
            for _ in range(COMMITS):
                write(connection)
        assert reader.execute("SELECT COUNT(*) FROM written").fetchone() == (0,)
        reader.execute("COMMIT")
        assert reader.execute("SELECT COUNT(*) FROM written").fetchone() == (COMMITS,)
