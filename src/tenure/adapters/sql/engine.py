"""A SQLite file through SQLAlchemy, for everything but the request path."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import QueuePool, create_engine, event
from sqlalchemy.exc import DatabaseError

from tenure.adapters.sql.sqlite import as_tenure_error, open_connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

_READS: Final = "tenure_reads"


def open_engine(path: Path) -> Engine:
    """An engine over the file; every `begin()` is a write transaction from its first statement on.

    BEGIN IMMEDIATE, because a transaction that starts as a reader and then writes can fail without waiting.
    `reading` is for those that only read.
    """
    engine = create_engine("sqlite://", creator=lambda: open_connection(path), poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: it waits for no writer, and no writer waits for it."""
    with engine.connect() as connection, connection.execution_options(**{_READS: True}).begin():
        yield connection


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get(_READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Whatever the database raises inside leaves as an error of ours.

    Raises:
        Unavailable: code `storage_unavailable`: locked, read-only, full, or the disk failed.
        Untrusted: code `state_damaged`: the file is damaged or no database.
    """
    try:
        yield
    except DatabaseError as error:
        raise as_tenure_error(error.orig if isinstance(error.orig, Exception) else error, path) from error
    except sqlite3.Error as error:
        raise as_tenure_error(error, path) from error
