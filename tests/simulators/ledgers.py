"""Ledgers of every kind, empty but for two pools and their products, and a look behind those that keep rows in SQL."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import UUID

from simulators.entries import WINDOWS
from tenure.adapters.sql.host_ledger import SqliteLedger
from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.postgres import PostgresServer
from tenure.adapters.sql.postgres_ledger import PostgresLedger
from tenure.adapters.sql.sqlite import open_connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.postgresql import PostgreSql
    from tenure.host.ledger import Ledger

HOST_ID = UUID(int=7)
"""Who records in PostgreSQL."""


@dataclass
class Kept:
    """A ledger whose rows stand in SQL."""

    open: Callable[[], Ledger]
    """Opens the ledger, as often as it is called."""
    rows: Callable[[str], list[tuple[object, ...]]]
    """What a query finds."""


def in_sqlite(path: Path) -> Kept:
    """A new file."""
    empty_sqlite(path).close()
    return Kept(lambda: SqliteLedger(path, lambda: WINDOWS), lambda query: rows(path, query))


def empty_sqlite(path: Path) -> SqliteLedger:
    """A new SQLite ledger, the rows of its pools and products made."""
    path.write_bytes(_empty_host_database())
    with closing(open_connection(path)) as connection:
        connection.execute("INSERT INTO publisher (id, publisher_id) VALUES (1, x'01')")
        connection.executemany(
            "INSERT INTO pool (id, publisher, name) VALUES (?, 1, ?)", [(1, "w"), (2, "s")]
        )
        connection.executemany(
            "INSERT INTO product (id, pool, product_id) VALUES (?, ?, ?)",
            [(1, 1, b"w"), (2, 1, b"v"), (3, 2, b"s")],
        )
    return SqliteLedger(path, lambda: WINDOWS)


def in_postgresql(server: PostgreSql, database: str, home: Path) -> Kept:
    """A database of a host, made empty; `home` is the host's own file."""
    home.write_bytes(_empty_host_database())
    server.execute(
        "DELETE FROM installation; DELETE FROM machine; DELETE FROM window_count; DELETE FROM recorder;"
        "DELETE FROM request_log; DELETE FROM daily_total;"
        "DELETE FROM product; DELETE FROM pool; DELETE FROM publisher;"
        "INSERT INTO publisher (id, publisher_id) VALUES (1, '1');"
        "INSERT INTO pool (id, publisher, name) VALUES (1, 1, 'w'), (2, 1, 's');"
        "INSERT INTO product (id, pool, product_id) VALUES (1, 1, 'w'), (2, 1, 'v'), (3, 2, 's')",
        database,
    )
    url = PostgresServer.of(server.url(database))
    return Kept(
        lambda: PostgresLedger(url, home, lambda: WINDOWS, lambda: HOST_ID),
        lambda query: server.execute(query, database),
    )


@cache
def _empty_host_database() -> bytes:
    """A migrated file, made once: Alembic takes longer than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "host.db"
        migrate(path, History.HOST)
        return path.read_bytes()


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """What the database at `path` answers."""
    with closing(open_connection(path, read_only=True)) as connection:
        return list(connection.execute(query))
