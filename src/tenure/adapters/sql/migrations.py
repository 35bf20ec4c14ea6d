"""Bringing a database to the schema of this version. Alembic is imported only when there is something to do."""

from __future__ import annotations

import sqlite3
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.adapters.sql.engine import open_engine, storage_errors
from tenure.adapters.sql.sqlite import open_connection
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from alembic.config import Config


class History(Enum):
    """The migration histories: the folder beside this file, and the newest revision in it.

    A test holds the revision named here against the folder's newest (tests/integration/sql/test_migrations.py).
    """

    HOST = ("host_history", "0001")
    PUBLISHER = ("publisher_history", "0002")
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

    Raises:
        UsageError: code `not_set_up`, when a newer version of Tenure made it.
        Unavailable: code `storage_unavailable`.
        Untrusted: code `state_damaged`.
    """
    with storage_errors(path):
        found = _revision(path)
        if found == history.head:
            return
        if found is not None and found > history.head:
            raise UsageError(
                Code.NOT_SET_UP,
                f"The database {path} has schema {found}; this version of Tenure knows {history.head}.",
                "A newer version made it: install that version again, or restore a backup from before the upgrade.",
            )
        from alembic import command  # noqa: PLC0415 - 150 ms that a start without a migration does not pay

        path.parent.mkdir(parents=True, exist_ok=True)
        engine = open_engine(path)
        try:
            with engine.begin() as connection:
                configuration = _configuration(history)
                configuration.attributes["connection"] = connection
                command.upgrade(configuration, "head")
        finally:
            engine.dispose()


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
