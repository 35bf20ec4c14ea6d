"""Where the host of a home keeps what it knows: in its home alone, or with what it records in a database that hosts share.

The only place that chooses between the two (docs/adr/0012).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tenure.adapters.files.database_url import read_database_url
from tenure.adapters.sql.checkpointer import Checkpointer
from tenure.adapters.sql.host_ledger import SqliteLedger
from tenure.adapters.sql.host_store import SqlHostStore
from tenure.adapters.sql.ledger_process import LedgerProcess
from tenure.adapters.sql.migrations import History, migrate
from tenure.core.errors import Code, UsageError
from tenure.host.status import StorageStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenure.adapters.os.home import Home
    from tenure.host.ledger import Ledger
    from tenure.host.served import Served


class Companion(Protocol):
    """What runs beside a server's ledger, in a thread of its own."""

    def start(self) -> None:
        """It runs."""
        ...

    def stop(self) -> None:
        """It has ended."""
        ...


class HostStorage(Protocol):
    """Where a host keeps what it knows. Every method raises `Unavailable` or `Untrusted` when that cannot be used."""

    @property
    def shared(self) -> bool:
        """Whether other hosts may record there, too."""
        ...

    @property
    def name(self) -> str:
        """As an administrator knows it."""
        ...

    def migrate(self) -> None:
        """It exists and has the newest schema.

        Raises:
            UsageError: code `not_set_up`, when a newer version of Tenure made it.
        """
        ...

    def open_store(self) -> SqlHostStore:
        """The host's documents, settings and records; whoever opens it closes it."""
        ...

    def open_ledger(self, served: Callable[[], Served]) -> Ledger:
        """The ledger of a server that serves what `served()` says."""
        ...

    def companion(self, recount: Callable[[], None]) -> Companion:
        """What runs beside that ledger; it calls `recount` when another host may have changed the counts."""
        ...

    def counts(self, served: Served, now: int) -> dict[int, int]:
        """The count of each pool at `now`, by its row."""
        ...

    def status(self, served: Served, now: int) -> StorageStatus:
        """What it can tell of itself."""
        ...


ASIDE: Final = "host.before-restore-"
"""How the folder of a host is called that was moved aside; the time of the restore follows, in Unix seconds."""


def require_host(home: Home) -> None:
    """There is a host in this home.

    Raises:
        UsageError: code `not_set_up`.
    """
    if home.host_database.exists():
        return
    cure = "Set one up: tenure host install-key KEY --catalog FILE; or name its --home."
    aside = max(home.root.glob(f"{ASIDE}*"), default=None)
    if aside is not None and not home.host.exists():
        cure = (
            "A restore was cut off here. Do it again: tenure host restore FILE; or go back to the host that "
            f"was here before: mv {shlex.quote(str(aside))} {shlex.quote(str(home.host))}"
        )
    raise UsageError(Code.NOT_SET_UP, f"There is no host in {home.root}.", cure)


def shared_database(home: Home) -> str | None:
    """The database that the host in this home shares with others, as an administrator knows it; None: it counts alone.

    Raises:
        LocalFault: code `home_unusable`.
    """
    url = read_database_url(home.host)
    if url is None:
        return None
    try:
        return storage_at(home, url).name
    except UsageError:
        # PostgreSQL's library is missing here, or another version wrote the URL: told when the database is needed.
        return "a PostgreSQL database"


def storage_of(home: Home) -> HostStorage:
    """Where the host in this home keeps what it knows.

    Raises:
        UsageError: as `storage_at`.
        LocalFault: code `home_unusable`.
    """
    return storage_at(home, read_database_url(home.host))


def storage_at(home: Home, url: str | None) -> HostStorage:
    """Where a host would keep what it knows that records at `url`; None: all in its home.

    Raises:
        UsageError: code `invalid_argument`: that is no URL of a database; `not_available`: PostgreSQL's library is missing.
    """
    if url is None:
        return EmbeddedStorage(home.host_database)
    try:
        from tenure.programs.host_shared_storage import shared_storage  # noqa: PLC0415 - an extra of its own
    except ModuleNotFoundError as error:
        raise UsageError(
            Code.NOT_AVAILABLE,
            f"Recording in PostgreSQL needs the package {error.name!r}.",
            "Install it with: pip install 'tenure[server,postgresql]'.",
        ) from error
    return shared_storage(home.host_database, url)


@dataclass(frozen=True, slots=True)
class EmbeddedStorage:
    """Everything in one SQLite file of the home; this host counts alone."""

    path: Path
    shared: bool = False

    @property
    def name(self) -> str:
        """The file."""
        return str(self.path)

    def migrate(self) -> None:
        """The file has the newest schema."""
        migrate(self.path, History.HOST)

    def open_store(self) -> SqlHostStore:
        """All in the file."""
        return SqlHostStore(self.path)

    def open_ledger(self, served: Callable[[], Served]) -> Ledger:
        """A process of its own (ADR 0008)."""
        return LedgerProcess(self.path, lambda: served().windows)

    def companion(self, recount: Callable[[], None]) -> Companion:  # noqa: ARG002 - nobody else counts here
        """The checkpoints of the file."""
        return Checkpointer(self.path)

    def counts(self, served: Served, now: int) -> dict[int, int]:
        """Read beside a server that may be running."""
        ledger = SqliteLedger(self.path, lambda: served.windows)
        try:
            return ledger.counts(now)
        finally:
            ledger.close()

    def status(self, served: Served, now: int) -> StorageStatus:  # noqa: ARG002 - a file has nothing to say
        """It counts alone."""
        return StorageStatus(name=self.name, others=0)
