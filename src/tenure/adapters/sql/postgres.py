"""How a PostgreSQL database is named and opened, and what its errors mean. The only place that knows PostgreSQL's words."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from tenure.adapters.sql.engine import READS, Database
from tenure.core.errors import Code, TenureError, Unavailable, Untrusted, UsageError
from tenure.wire.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy

SCHEMES: Final = ("postgresql://", "postgres://")
URL_LIMIT: Final = 2_000
LOCK_SECONDS: Final = 5
"""How long a writer waits for another, as with SQLite (design, section 7)."""
MIGRATION_SECONDS: Final = 300
"""The same, while another host migrates."""
_WRITERS: Final = 0x74656E757265
"""The advisory lock of those who write through SQLAlchemy: "tenure" in ASCII, so that nobody else's is the same."""

_DEFAULTS: Final = {
    "application_name": "tenure-host",
    "connect_timeout": "3",
    # A server whose machine vanished is given up after seconds, not after the system's hours.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""What holds unless the URL says otherwise."""
_SESSION: Final = (
    "-c client_encoding=UTF8",
    # A host that stops in the middle of a batch (suspended, cut off) must not keep the others from counting.
    "-c idle_in_transaction_session_timeout=5s",
    # Never a limit on statements: one that ends the wait for a standby would call a commit done that is on one disk only.
    "-c statement_timeout=0",
    # Whoever waited for a lock must see what its holder committed.
    r"-c default_transaction_isolation=read\ committed",
)

PLANNED_ONCE: Final = (
    # Planning was a third of the server's time for a single request; compiling, which begins at some millions of rows, takes
    # 10 ms a statement.
    "-c plan_cache_mode=force_generic_plan",
    "-c jit=off",
    # So plans are made while a table may still be empty, and must be those for a million rows: by key, row for row.
    "-c enable_seqscan=off",
    "-c enable_hashjoin=off",
    "-c enable_mergejoin=off",
)
"""Options of a session that runs the same few statements all day, each of which finds its rows by key."""

_STATE: Final = """
SELECT current_setting('fsync')::bool, current_setting('synchronous_commit') <> 'off',
  (SELECT count(*) FROM recorder WHERE host_id <> %s AND newest_row > %s)
"""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What a server says of itself."""

    fsync: bool
    """Whether it flushes at all."""
    synchronous_commit: bool
    """Whether a commit waits for the flush."""
    others: int
    """Other hosts that record there."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A database on a PostgreSQL server, by its libpq URL; what is printed of it holds no secret."""

    url: str = field(repr=False)
    name: str
    """As an administrator knows it: "PostgreSQL database tenure on db.example"."""

    @classmethod
    def of(cls, url: str) -> PostgresServer:
        """The database of a URL, which is never repeated in a message: a password may stand in it.

        Raises:
            UsageError: code `invalid_argument`.
        """
        plausible = url.startswith(SCHEMES) and len(url) <= URL_LIMIT and url.isprintable()
        try:
            parts = conninfo_to_dict(url) if plausible else None
        except psycopg.Error:
            # Its own words would repeat the part that it stumbled over.
            parts = None
        if parts is None:
            raise UsageError(
                Code.INVALID_ARGUMENT,
                "This is no URL of a PostgreSQL database.",
                "It looks like postgresql://user@host:5432/database, with the password in ~/.pgpass.",
            )
        host = str(parts.get("host") or parts.get("hostaddr") or "this machine")
        return cls(url, f"PostgreSQL database {parts.get('dbname') or 'of its user'} on {host}")

    def connect(
        self, *, autocommit: bool = True, lock_seconds: int = LOCK_SECONDS, options: Sequence[str] = ()
    ) -> psycopg.Connection:
        """A connection, usable from one thread at a time, which waits so long for the locks of others.

        `options` are the session's, beside those that every one has.

        Raises:
            psycopg.Error: `as_tenure_error` puts it into words.
        """
        given = conninfo_to_dict(self.url)
        own = (*_SESSION, f"-c lock_timeout={lock_seconds}s", *options)
        all_options = " ".join([str(given.get("options") or ""), *own]).strip()
        return psycopg.connect(
            make_conninfo("", **{**_DEFAULTS, **given, "options": all_options}), autocommit=autocommit
        )

    def state(self, *, but: bytes, since: int) -> DatabaseState:
        """How safe the server keeps what it is told, and how many hosts but one recorded machines there after `since`.

        Raises:
            Unavailable, Untrusted: as `errors`.
        """
        with self.errors(), closing(self.connect()) as connection:
            row = connection.execute(_STATE, (but, since)).fetchone()
        if row is None:  # pragma: no cover - the statement gives a row
            raise AssertionError("the server told nothing of itself")
        return DatabaseState(*row)

    def database(self, *, lock_seconds: int = LOCK_SECONDS) -> Database:
        """The database through SQLAlchemy: of those who write, one at a time."""
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: self.connect(autocommit=False, lock_seconds=lock_seconds),
            poolclass=QueuePool,
            pool_pre_ping=True,
        )
        event.listen(engine, "begin", _take_turn)
        return Database(engine, self.errors)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Whatever the database raises inside leaves as an error of ours.

        Raises:
            Unavailable: code `storage_unavailable`.
            Untrusted: code `state_damaged`.
        """
        try:
            yield
        except DBAPIError as error:
            raise as_tenure_error(error.orig if error.orig is not None else error, self) from error
        except psycopg.Error as error:
            raise as_tenure_error(error, self) from error


def _take_turn(connection: sqlalchemy.Connection) -> None:
    if not connection.get_execution_options().get(READS):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


_CURES: Final[tuple[tuple[type[psycopg.Error], str], ...]] = (
    (
        errors.ReadOnlySqlTransaction,
        "It is a standby: name all servers in the URL, with target_session_attrs=read-write.",
    ),
    (
        errors.InsufficientPrivilege,
        "Make the host's user the owner of the database, or grant it CREATE on its schema.",
    ),
    (errors.DiskFull, "Free some space on its server's disk."),
    (errors.TooManyConnections, "Raise max_connections: a host needs four, and one more for each command."),
    (errors.LockNotAvailable, "Another program holds a lock on it: look into pg_stat_activity."),
    (
        errors.UndefinedTable,
        "Its tables are gone. Restore the newest backup, or make them anew: tenure host database URL.",
    ),
)
_DAMAGE: Final = (errors.DataCorrupted, errors.IndexCorrupted)


def as_tenure_error(error: BaseException, server: PostgresServer) -> TenureError:
    """What a database error means to whoever runs the program."""
    words = one_line(str(error))
    if isinstance(error, _DAMAGE):
        return Untrusted(
            Code.STATE_DAMAGED,
            f"The {server.name} is damaged ({words}).",
            "Stop the hosts that use it, and restore the newest backup.",
        )
    cure = next(
        (cure for kind, cure in _CURES if isinstance(error, kind)),
        "Check that it runs, that this machine reaches it, and that user and password are right (~/.pgpass).",
    )
    return Unavailable(Code.STORAGE_UNAVAILABLE, f"The {server.name} cannot be used now: {words}.", cure)
