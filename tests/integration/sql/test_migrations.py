"""Databases are brought to the newest schema, and no further."""

from __future__ import annotations

import importlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from tenure.adapters.sql.engine import open_engine
from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.publisher_store import SqlPublisherStore
from tenure.core.enrolment import HostSeat
from tenure.core.errors import Code, UsageError
from tenure.publisher.store import Holder

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {
    History.HOST: "host_tables",
    History.PUBLISHER: "publisher_tables",
    History.MICROSOFT: "microsoft_tables",
}


@pytest.mark.parametrize("history", History)
def test_the_migrations_make_the_tables_that_the_code_expects(history: History, tmp_path: Path) -> None:
    """Alembic finds no difference between a migrated database and the tables in the code."""
    path = tmp_path / "new.db"
    migrate(path, history)
    metadata = importlib.import_module(f"tenure.adapters.sql.{TABLES[history]}").metadata
    engine = open_engine(path)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


@pytest.mark.parametrize("history", History)
def test_the_head_is_the_newest_revision_in_the_folder(history: History) -> None:
    """Start-up compares with it instead of importing Alembic."""
    newest = max(path.name for path in (history.folder / "versions").glob("0*.py"))
    assert newest.startswith(f"{history.head}_")


@pytest.mark.parametrize("history", History)
def test_a_second_migration_changes_nothing(history: History, tmp_path: Path) -> None:
    """It does not even open a transaction."""
    path = tmp_path / "new.db"
    migrate(path, history)
    before = path.read_bytes()
    migrate(path, history)
    assert path.read_bytes() == before


def test_an_activation_of_the_first_schema_is_a_hosts_seat(tmp_path: Path) -> None:
    """A publisher that served hosts before machines could be activated keeps their places, ids and times."""
    path = tmp_path / "publisher.db"
    upgrade(path, History.PUBLISHER, "0001")
    seat = (1, UUID(int=2).bytes, UUID(int=3).bytes, "kid", "fingerprint", 4, 5)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO product_key VALUES (1, 'key-1', 'x', 0, 1023, NULL, 6, '', '', 0, 'ABCDE', 1, 0)"
        )
        connection.execute(
            "INSERT INTO activation (key, activation_id, host_id, host_kid, fingerprint, activations, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            seat,
        )
        connection.commit()
    migrate(path, History.PUBLISHER)
    store = SqlPublisherStore(path)
    with store.reading() as rows:
        assert list(rows.holders("key-1")) == [
            Holder(activation_id=UUID(int=2), seat=HostSeat(UUID(int=3), "kid", "fingerprint", 4), at=5)
        ]
    store.close()


def upgrade(path: Path, history: History, revision: str) -> None:
    """The database is new, and has an old schema."""
    configuration = Config()
    configuration.set_main_option("script_location", str(history.folder))
    engine = open_engine(path)
    with engine.begin() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """The message says what to do; nothing is written."""
    path = tmp_path / "newer.db"
    migrate(path, History.HOST)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(UsageError) as caught:
        migrate(path, History.HOST)
    assert caught.value.code is Code.NOT_SET_UP
    assert "newer version" in caught.value.cure
