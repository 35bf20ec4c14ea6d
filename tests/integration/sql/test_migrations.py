"""Databases are brought to the newest schema, and no further."""

from __future__ import annotations

import importlib
import os
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from tenure.adapters.sql.engine import open_engine
from tenure.adapters.sql.migrations import History, migrate, migrate_database
from tenure.adapters.sql.postgres import PostgresServer
from tenure.adapters.sql.publisher_store import SqlPublisherStore
from tenure.core.enrolment import HostSeat
from tenure.core.errors import Code, Unavailable, UsageError
from tenure.publisher.audit import Actor, AuditEvent, append, check_chain
from tenure.publisher.store import Holder

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.schema import SchemaItem

    from simulators.postgresql import PostgreSql

TABLES = {
    History.HOST: "host_tables",
    History.PUBLISHER: "publisher_tables",
    History.MICROSOFT: "microsoft_tables",
}


def differences(connection: Connection, history: History) -> list[object]:
    """What Alembic finds different between a database and the tables in the code that are meant for it."""

    def is_meant(item: SchemaItem, *_: object) -> bool:
        return bool(item.info.get("only", connection.dialect.name) == connection.dialect.name)

    metadata = importlib.import_module(f"tenure.adapters.sql.{TABLES[history]}").metadata
    context = MigrationContext.configure(connection, opts={"include_object": is_meant})
    return list(compare_metadata(context, metadata))


@pytest.mark.parametrize("history", History)
def test_the_migrations_make_the_tables_that_the_code_expects(history: History, tmp_path: Path) -> None:
    """Alembic finds no difference between a migrated database and the tables in the code."""
    path = tmp_path / "new.db"
    migrate(path, history)
    engine = open_engine(path)
    with engine.connect() as connection:
        assert differences(connection, history) == []
    engine.dispose()


@pytest.mark.real
def test_the_migrations_make_the_same_in_postgresql(postgres: PostgreSql) -> None:
    """One history for both."""
    database = PostgresServer.of(postgres.url(postgres.host_database())).database()
    with database.reading() as connection:
        assert differences(connection, History.HOST) == []
    database.close()


@pytest.mark.real
def test_of_two_hosts_that_migrate_at_once_one_does_it(postgres: PostgreSql) -> None:
    """The other waits, and finds it done."""
    server = PostgresServer.of(postgres.url(postgres.new_database()))
    databases = [server.database(lock_seconds=60) for _ in range(2)]
    with ThreadPoolExecutor() as together:
        done = [
            together.submit(migrate_database, database, History.HOST, name=server.name)
            for database in databases
        ]
        for one in done:
            one.result()
    with databases[0].reading() as connection:
        assert differences(connection, History.HOST) == []
    for database in databases:
        database.close()


@pytest.mark.real
def test_a_shared_database_of_a_newer_version_is_left_alone(postgres: PostgreSql) -> None:
    """As with a file: one host of several was updated before this one."""
    name = postgres.host_database()
    postgres.execute("UPDATE alembic_version SET version_num = '9999'", name)
    server = PostgresServer.of(postgres.url(name))
    database = server.database()
    with pytest.raises(UsageError) as caught:
        migrate_database(database, History.HOST, name=server.name)
    database.close()
    assert caught.value.code is Code.NOT_SET_UP
    assert name in caught.value.detail


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


def test_an_audit_from_before_the_chain_is_chained(tmp_path: Path) -> None:
    """Every row stays, in its order, with nobody as its actor; the chain is whole, and goes on."""
    path = tmp_path / "publisher.db"
    upgrade(path, History.PUBLISHER, "0003")
    before = [(7, "publisher init", "id"), (5, "key issue", "Schlüssel"), (9, "host activate", "")]
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany("INSERT INTO audit (at, action, subject) VALUES (?, ?, ?)", before)
        connection.commit()
    migrate(path, History.PUBLISHER)
    store = SqlPublisherStore(path)
    with store.transaction() as rows:
        event = AuditEvent(at=10, actor=Actor("user alice"), action="did", subject="it")
        append(rows, event)
    with store.reading() as rows:
        told = list(rows.audit_rows(oldest_first=True))
        assert [(row.event.at, row.event.action, row.event.subject) for row in told[:3]] == before
        assert {row.event.actor for row in told[:3]} == {Actor("")}
        assert check_chain(told, rows.audit_head()).seq == 4
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


class NextVersion:
    """The host's history as a later version of Tenure may have it: one revision more."""

    head = "0999"

    def __init__(self, folder: Path, upgrade: str) -> None:
        """`upgrade` is the body of the revision."""
        self.folder = folder
        shutil.copytree(History.HOST.folder, folder)
        (folder / "versions" / "0999_next.py").write_text(
            "from alembic import op\nimport sqlalchemy as sa\n"
            f"revision = '0999'\ndown_revision = '{History.HOST.head}'\n"
            f"def upgrade() -> None:\n    {upgrade}\n"
        )

    def migrate(self, path: Path) -> None:
        """Bring a database to it."""
        migrate(path, self)  # type: ignore[arg-type]  # all that is asked of a history is its folder and its head


ADD_A_COLUMN = "op.add_column('setting', sa.Column('note', sa.Text))"


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A host's database of this version with a setting in it."""
    path = tmp_path / "host.db"
    migrate(path, History.HOST)
    put(path, "first", "1")
    return path


def put(path: Path, name: str, value: str) -> None:
    """A setting."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO setting (name, value) VALUES (?, ?)", (name, value))
        connection.commit()


def ask(path: Path, query: str) -> list[tuple[Any, ...]]:
    """What a database answers."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.execute(query))


def test_a_database_is_copied_before_it_is_changed(
    filled: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The copy has the old schema and all rows, for its owner alone; the log names it."""
    NextVersion(tmp_path / "next", ADD_A_COLUMN).migrate(filled)
    copy = tmp_path / "host.db.before-0999"
    assert ask(filled, "SELECT name, value, note FROM setting") == [("first", "1", None)]
    assert ask(copy, "SELECT * FROM setting") == [("first", "1")]
    assert ask(copy, "SELECT version_num FROM alembic_version") == [(History.HOST.head,)]
    assert ask(copy, "PRAGMA integrity_check") == [("ok",)]
    if os.name != "nt":
        assert copy.stat().st_mode & 0o777 == 0o600
    assert str(copy) in caplog.text


def test_the_copy_is_enough_to_go_back(filled: Path, tmp_path: Path) -> None:
    """Put in the database's place, it serves the old version."""
    NextVersion(tmp_path / "next", ADD_A_COLUMN).migrate(filled)
    with pytest.raises(UsageError):
        migrate(filled, History.HOST)
    for leftover in tmp_path.glob("host.db-*"):
        leftover.unlink()
    (tmp_path / "host.db.before-0999").replace(filled)
    migrate(filled, History.HOST)
    assert ask(filled, "SELECT * FROM setting") == [("first", "1")]


def test_a_revision_that_fails_changes_nothing(filled: Path, tmp_path: Path) -> None:
    """Not even halfway; the next try copies anew what was written meanwhile."""
    broken = NextVersion(tmp_path / "broken", f"{ADD_A_COLUMN}; op.execute('SELECT no_such_thing')")
    with pytest.raises(Unavailable):
        broken.migrate(filled)
    assert ask(filled, "SELECT * FROM setting") == [("first", "1")]
    put(filled, "second", "2")
    NextVersion(tmp_path / "next", ADD_A_COLUMN).migrate(filled)
    assert ask(tmp_path / "host.db.before-0999", "SELECT name FROM setting") == [("first",), ("second",)]
    assert not list(tmp_path.glob(".host.db*"))


def test_programs_that_start_together_migrate_once(filled: Path, tmp_path: Path) -> None:
    """Whoever comes second finds the work done, and leaves the first one's copy as it is."""
    later = NextVersion(tmp_path / "next", ADD_A_COLUMN)
    failures: list[BaseException] = []

    def start() -> None:
        try:
            later.migrate(filled)
        except BaseException as error:  # noqa: BLE001 - told below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(2)]
    with closing(sqlite3.connect(filled, isolation_level=None)) as gate:
        gate.execute("BEGIN IMMEDIATE")
        for thread in threads:
            thread.start()
        gate.execute("COMMIT")
    for thread in threads:
        thread.join()
    assert failures == []
    assert ask(tmp_path / "host.db.before-0999", "SELECT version_num FROM alembic_version") == [
        (History.HOST.head,)
    ]


def test_a_new_database_has_nothing_to_copy(tmp_path: Path) -> None:
    """Nor has one that is up to date."""
    for _ in range(2):
        migrate(tmp_path / "host.db", History.HOST)
    assert not list(tmp_path.glob("*.before-*"))
