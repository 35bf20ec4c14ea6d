"""A real PostgreSQL on the loopback interface and a Unix socket, with data of its own, ended by its own process id.

Needs the server's programs (Debian and Ubuntu: the package postgresql). They refuse to run as root, so root starts them as the
user postgres, whom the package makes. Mark tests that use it `real`, and take `POSTGRESQL_MISSING` as the reason when it is not
installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from tenure.adapters.sql.migrations import History, migrate_database
from tenure.adapters.sql.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

POSTGRESQL_MISSING: Final = "PostgreSQL is not installed (apt-get install postgresql)"
USER: Final = "postgres"
_WHO_MAY: Final = f"""
local all all trust
host all {USER} samenet trust
host all all samenet scram-sha-256
"""
_TRIES: Final = 5
"""Ports that are tried: another process may take one between the look and the start."""
_START_SECONDS: Final = 30


def find_programs() -> Path | None:
    """The folder of the newest server's programs; None: there is none that this user could start."""
    newest_first = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    folders = [*newest_first, *map(Path, os.environ["PATH"].split(os.pathsep))]
    if os.geteuid() == 0 and not _can_be_postgres():
        return None
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def _version(folder: Path) -> float:
    return float(folder.parent.name)


def _can_be_postgres() -> bool:
    import pwd  # noqa: PLC0415 - Windows has none

    try:
        pwd.getpwnam(USER)
    except KeyError:
        return False
    return True


class PostgreSql:
    """A server that can be killed and started again on its data."""

    def __init__(
        self, programs: Path, folder: Path, *, address: str = "127.0.0.1", under: Sequence[str] = ()
    ) -> None:
        """Its data is made in the folder; it does not run yet.

        `under` is a command line that runs it, such as in a network of its own, which has the `address`.
        """
        self.address = address
        self._programs = programs
        self._under = (*under, *_as_postgres())
        self._data = folder / "data"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        self.port = 0
        if os.geteuid() == 0:
            shutil.chown(folder, USER, USER)
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-sync", "--locale=C.UTF-8"]
        self._run("initdb", "-D", str(self._data), *options)
        (self._data / "pg_hba.conf").write_text(_WHO_MAY)

    def start(self, *, fsync: bool = False, shared_buffers: str = "32MB") -> None:
        """It answers, on the port that it had if it ran before."""
        for _ in range(_TRIES):
            self.port = self.port or _free_port()
            with (self._folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    [
                        *(*self._under, str(self._programs / "postgres")),
                        *("-D", str(self._data), "-k", str(self._folder), "-p", str(self.port)),
                        *(
                            "-c",
                            f"listen_addresses={self.address}",
                            "-c",
                            f"fsync={'on' if fsync else 'off'}",
                        ),
                        *("-c", f"shared_buffers={shared_buffers}", "-c", "max_connections=60"),
                    ],
                    stdout=log,
                    stderr=log,
                    cwd=self._folder,
                )
            if self._answers():
                return
            self.port = 0
        raise AssertionError(f"PostgreSQL did not start: see {self._folder}/log")

    def kill(self) -> None:
        """It is gone at once, as after `kill -9` of all its processes; what was committed is in its files."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """It has stopped."""
        self._end(signal.SIGINT)

    def url(self, database: str, **options: str) -> str:
        """The URL of a database on it, over TCP."""
        asked = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://{USER}@{self.address}:{self.port}/{database}" + (f"?{asked}" if asked else "")

    def socket_url(self, database: str) -> str:
        """The same over the Unix socket."""
        return f"postgresql:///{database}?host={self._folder}&port={self.port}&user={USER}"

    def execute(self, statement: str, database: str = USER) -> list[tuple[Any, ...]]:
        """What a statement gives, as the administrator."""
        with closing(psycopg.connect(self.url(database), autocommit=True)) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str | None = None) -> str:
        """The name of a new database, empty or a copy of another."""
        name = f"test{next(self._names)}"
        self.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return name

    def host_database(self) -> str:
        """The name of a new database with the newest schema of a host."""
        if not self.execute("SELECT 1 FROM pg_database WHERE datname = 'migrated'"):
            self.execute("CREATE DATABASE migrated")
            server = PostgresServer.of(self.url("migrated"))
            database = server.database()
            migrate_database(database, History.HOST, name=server.name)
            database.close()
        return self.new_database("migrated")

    def _answers(self) -> bool:
        """Whether it takes connections; False: it has ended."""
        assert self._process is not None
        for _ in range(_START_SECONDS * 20):
            try:
                psycopg.connect(self.url(USER)).close()
            except psycopg.OperationalError:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.05)
                    return False
            else:
                return True
        return False

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(timeout=60)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._under, str(self._programs / program), *arguments],
            check=True,
            capture_output=True,
            cwd=self._folder,
        )


@contextmanager
def postgresql(*, fsync: bool = False, shared_buffers: str = "32MB") -> Iterator[PostgreSql]:
    """A server from the first use in a block to its end."""
    programs = find_programs()
    assert programs is not None, POSTGRESQL_MISSING
    # Not below pytest's own folders: those are root's alone, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="tenure-pg-") as folder:
        server = PostgreSql(programs, Path(folder))
        server.start(fsync=fsync, shared_buffers=shared_buffers)
        try:
            yield server
        finally:
            server.stop()


def _as_postgres() -> Sequence[str]:
    """What runs a command as the user whom the server's programs accept."""
    if os.geteuid() != 0:
        return ()
    return "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"


def _free_port() -> int:
    """A port that is free on the loopback interface; in a network of the server's own every port is."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
