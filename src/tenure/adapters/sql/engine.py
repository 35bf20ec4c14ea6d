"""A database through SQLAlchemy, for everything but the request path: a SQLite file, or whichever `Database` wraps."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import QueuePool, create_engine, event
from sqlalchemy.exc import DatabaseError

from tenure.adapters.sql.sqlite import as_tenure_error, open_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection, Engine

READS: Final = "tenure_reads"
"""The execution option of a transaction that only reads."""


class Database:
    """A database, whichever it is: transactions that read, and transactions that write and wait for their turn.

    What it raises leaves as an error of ours, as `storage_errors` says.
    """

    def __init__(self, engine: Engine, errors: Callable[[], AbstractContextManager[None]]) -> None:
        """`engine` begins every transaction without the option `READS` as a writer; `errors` puts errors into words."""
        self._engine = engine
        self._errors = errors

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads: it waits for no writer, and no writer waits for it."""
        with self._errors(), reading(self._engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is whole or not at all."""
        with self._errors(), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Its connections are closed."""
        self._engine.dispose()


def sqlite_database(path: Path) -> Database:
    """The database in a SQLite file."""
    return Database(open_engine(path), lambda: storage_errors(path))


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
    with engine.connect() as connection, connection.execution_options(**{READS: True}).begin():
        yield connection


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get(READS)
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
