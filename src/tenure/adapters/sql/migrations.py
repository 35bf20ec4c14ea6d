"""Bringing a database to the schema of this version. Alembic is imported only when there is something to do.

Before a database is changed it is copied: `host.db.before-0002` is what `host.db` was before revision 0002. Whoever goes
back to an older version puts the copy in its place; nothing here removes it.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect

from tenure.adapters.sql.engine import open_engine, storage_errors
from tenure.adapters.sql.sqlite import open_connection
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

    from tenure.adapters.sql.engine import Database

log = logging.getLogger("tenure.storage")


class History(Enum):
    """The migration histories: the folder beside this file, and the newest revision in it.

    A test holds the revision named here against the folder's newest (tests/integration/sql/test_migrations.py).
    """

    HOST = ("host_history", "0003")
    PUBLISHER = ("publisher_history", "0004")
    MICROSOFT = ("microsoft_history", "0001")

    @property
    def folder(self) -> Path:
        """Where the revisions stand."""
        return Path(__file__).parent / self.value[0]

    @property
    def head(self) -> str:
        """The revision that this version of the program works with."""
        return self.value[1]


def migrate(path: Path, history: History) -> None:
    """The database at `path` exists and has the newest schema of `history`; nothing recorded is lost.

    One that was older is kept beside it as it was, under a name that is logged. Programs that start together migrate once.

    Raises:
        UsageError: code `not_set_up`, when a newer version of Tenure made it.
        Unavailable: code `storage_unavailable`.
        Untrusted: code `state_damaged`.
    """
    with storage_errors(path):
        found = _revision(path)
        if not _is_behind(found, history, f"database {path}"):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = open_engine(path)
        try:
            with engine.begin() as connection:
                # Nobody else can write from here on: what is copied is what is changed.
                if found is not None and _revision_in(connection) == history.head:
                    return
                if found is not None:
                    _keep_copy(path, found, history.head)
                _upgrade(connection, history)
        finally:
            engine.dispose()


def migrate_database(database: Database, history: History, *, name: str) -> None:
    """As `migrate`, of a database that exists, and that its own administrator copies.

    Of several programs that migrate at once, one does it and the others wait.
    """
    with database.reading() as connection:
        found = _revision_in(connection)
        if not _is_behind(found, history, name):
            return
    with database.writing() as connection:
        _upgrade(connection, history)
    if found is not None:
        log.warning("the %s was brought from schema %s to %s", name, found, history.head)


def _keep_copy(path: Path, found: str, head: str) -> None:
    """The database as it is stands beside itself, whole and on disk; an older copy of the same name is replaced."""
    copy = path.with_name(f"{path.name}.before-{head}")
    unfinished = path.with_name(f".{copy.name}")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    try:
        with (
            closing(open_connection(path, read_only=True)) as source,
            closing(sqlite3.connect(unfinished)) as target,
        ):
            source.backup(target)
        unfinished.replace(copy)
    finally:
        unfinished.unlink(missing_ok=True)
    log.warning(
        "%s is brought from schema %s to %s; what it was before is kept as %s until you delete it",
        path,
        found,
        head,
        copy,
    )


def _is_behind(found: str | None, history: History, name: str) -> bool:
    if found is not None and found > history.head:
        raise UsageError(
            Code.NOT_SET_UP,
            f"The {name} has schema {found}; this version of Tenure knows {history.head}.",
            "A newer version made it: install that version again, or restore a backup from before the upgrade.",
        )
    return found != history.head


def _upgrade(connection: Connection, history: History) -> None:
    """In the connection's transaction; Alembic finds by itself that another program has done it meanwhile."""
    from alembic import command  # noqa: PLC0415 - 150 ms that a start without a migration does not pay

    configuration = _configuration(history)
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


def _revision_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else None


def _revision(path: Path) -> str | None:
    """The revision of the database at `path`; None for a new or empty one. Revisions are numbers and sort as text."""
    if not path.exists():
        return None
    connection = open_connection(path)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    finally:
        connection.close()
    return str(row[0]) if row else None


def _configuration(history: History) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    configuration = Config()
    configuration.set_main_option("script_location", str(history.folder).replace("%", "%%"))
    return configuration
