"""A host that records in a PostgreSQL database, which others may share. Needs the extra `postgresql`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.adapters.sql.host_store import SqlHostStore
from tenure.adapters.sql.migrations import History, migrate, migrate_database
from tenure.adapters.sql.postgres import MIGRATION_SECONDS, PostgresServer
from tenure.adapters.sql.postgres_ledger import PostgresLedger
from tenure.adapters.sql.postgres_listener import ThresholdListener
from tenure.core.policy import DAY
from tenure.host.status import StorageStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tenure.adapters.sql.postgres import DatabaseState
    from tenure.host.served import Served

ACTIVE_DAYS: Final = 30
"""Another host counts as one of several while it recorded a machine within so many days."""


def shared_storage(path: Path, url: str) -> SharedStorage:
    """The storage of a host whose own things are in the file at `path`.

    Raises:
        UsageError: code `invalid_argument`: that is no URL of a database.
    """
    return SharedStorage(path, PostgresServer.of(url))


@dataclass(frozen=True, slots=True)
class SharedStorage:
    """Who the host is, its documents and settings in a SQLite file of its home; what it records in PostgreSQL."""

    path: Path
    server: PostgresServer
    shared: bool = True

    @property
    def name(self) -> str:
        """The database and its server."""
        return self.server.name

    def migrate(self) -> None:
        """Both have the newest schema."""
        migrate(self.path, History.HOST)
        database = self.server.database(lock_seconds=MIGRATION_SECONDS)
        try:
            migrate_database(database, History.HOST, name=self.server.name)
        finally:
            database.close()

    def open_store(self) -> SqlHostStore:
        """Over both."""
        return SqlHostStore(self.path, self.server.database())

    def open_ledger(self, served: Callable[[], Served]) -> PostgresLedger:
        """In the server's own process: PostgreSQL does its work in processes of its own."""
        return PostgresLedger(
            self.server,
            self.path,
            windows=lambda: served().windows,
            host_id=lambda: identity.host_id if (identity := served().identity) is not None else None,
        )

    def companion(self, recount: Callable[[], None]) -> ThresholdListener:
        """Hears of the other hosts' thresholds."""
        return ThresholdListener(self.server, recount)

    def counts(self, served: Served, now: int) -> dict[int, int]:
        """Of everything that any host has committed."""
        ledger = self.open_ledger(lambda: served)
        try:
            return ledger.counts(now)
        finally:
            ledger.close()

    def status(self, served: Served, now: int) -> StorageStatus:
        """Which database, with how many others, and what is unsafe about it."""
        own = served.identity.host_id.bytes if served.identity is not None else b""
        state = self.server.state(but=own, since=now - ACTIVE_DAYS * DAY)
        return StorageStatus(name=self.name, others=state.others, warnings=tuple(_warnings(state)))


def _warnings(state: DatabaseState) -> Iterator[str]:
    if not state.fsync:
        yield "PostgreSQL runs with fsync = off: a power failure may damage it beyond repair. Set it to on."
    if not state.synchronous_commit:
        yield "PostgreSQL runs with synchronous_commit = off: a crash may lose what was answered. Set it to on."
