"""PostgreSQL for a measurement: a server of its own that flushes, databases that know machines, and how fast it is alone."""

from __future__ import annotations

import os
import sys
import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import home as bench_home
import psycopg
from limits import STORE_BATCH

from tenure.adapters.os.home import Home
from tenure.programs.host_database import use_database

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # the server that the tests use

from simulators.postgresql import POSTGRESQL_MISSING, PostgreSql, find_programs, postgresql

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from uuid import UUID

SHARED_BUFFERS = "512MB"
"""Of this machine's memory, as an administrator would let it have; PostgreSQL's own default is 128 MB."""


def require() -> None:
    """PostgreSQL is installed.

    Raises:
        SystemExit: it is not.
    """
    if find_programs() is None:
        raise SystemExit(POSTGRESQL_MISSING)


def server() -> AbstractContextManager[PostgreSql]:
    """A server that flushes each commit, on a free port, with data of its own; gone after the block."""
    return postgresql(fsync=True, shared_buffers=SHARED_BUFFERS)


@dataclass(frozen=True)
class Pair:
    """Two homes whose hosts record in one database."""

    homes: tuple[Home, Home]
    publisher: bench_home.BenchPublisher
    url: str

    @property
    def product(self) -> UUID:
        """What they grant leases of."""
        return self.publisher.product


def activated_pair(folder: Path, server: PostgreSql, *, threshold: int = 1) -> Pair:
    """Two hosts of one publisher, and a database of their own where they record."""
    publisher = bench_home.new_publisher(folder / "publisher", threshold=threshold)
    homes = (Home(folder / "a"), Home(folder / "b"))
    url = server.url(server.new_database())
    for home in homes:
        publisher.activate(home)
        use_database(home, url)
    return Pair(homes, publisher, url)


def know(url: str, machines: int) -> float:
    """The database of an activated host knows so many machines, and none before; bytes of it a machine, the log excluded."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        before = _bytes(connection)
        # Every row names the one pool and product that there are: two million checks of that would say nothing.
        connection.execute("SET session_replication_role = replica")
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY machine (pool, machine_id, fingerprint, first_seen, last_seen, hostname, virtual)"
                " FROM STDIN (FORMAT BINARY)"
            ) as copy,
        ):
            copy.set_types(["int4", "bytea", "bytea", "int8", "int8", "text", "bool"])
            for one in bench_home.known_machines(
                range(bench_home.FIRST_MACHINE, bench_home.FIRST_MACHINE + machines)
            ):
                copy.write_row((1, one.machine_id, one.digest, one.seen, one.seen, one.hostname, False))
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY installation (machine_id, product, request_id, digest, outcome, log_id, logged_at)"
                " FROM STDIN (FORMAT BINARY)"
            ) as copy,
        ):
            copy.set_types(["bytea", "int4", "bytea", "bytea", "int2", "int8", "int8"])
            for one in bench_home.known_machines(
                range(bench_home.FIRST_MACHINE, bench_home.FIRST_MACHINE + machines)
            ):
                copy.write_row((one.machine_id, 1, os.urandom(16), os.urandom(16), 0, 0, one.seen))
        connection.execute("DELETE FROM window_count")  # they are made anew, as after any change by hand
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
        return (_bytes(connection) - before) / machines


def _bytes(connection: psycopg.Connection) -> int:
    """The bytes of the tables that grow with machines, indexes included."""
    row = connection.execute(
        "SELECT pg_total_relation_size('machine') + pg_total_relation_size('installation')"
    ).fetchone()
    if row is None:
        raise AssertionError("the statement gives a row")
    return int(row[0])


_RENEW = (
    """
UPDATE machine m SET last_seen = %(now)b, hostname = 'pc.bench.example', virtual = false
FROM unnest(%(machines)b::bytea[]) AS b (machine_id) WHERE m.pool = 1 AND m.machine_id = b.machine_id
""",
    """
UPDATE installation i SET request_id = b.request_id, digest = b.request_id, outcome = 0
FROM unnest(%(machines)b::bytea[], %(requests)b::bytea[]) AS b (machine_id, request_id)
WHERE i.machine_id = b.machine_id AND i.product = 1
""",
    """
INSERT INTO request_log (at, last_at, repeats, outcome, product_id, machine_id, request_id, hostname, address,
                         count, threshold, sighting, virtual, license_status, minutes_remaining)
SELECT %(now)b, %(now)b, 1, 0, machine_id, machine_id, request_id, 'pc.bench.example', '127.0.0.1',
       1, 1, 'known', false, 2, 250000
FROM unnest(%(machines)b::bytea[], %(requests)b::bytea[]) AS b (machine_id, request_id)
""",
)


def store_rate(url: str, seconds: float, known: int) -> float:
    """Requests that the bare database records a second: the rows of a renewal, 64 requests a commit, one round trip each."""
    done, started = 0, time.perf_counter()
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        while time.perf_counter() - started < seconds:
            _commit(connection, known, done)
            done += STORE_BATCH
    return done / (time.perf_counter() - started)


def _commit(connection: psycopg.Connection, known: int, done: int) -> None:
    given = {
        "now": int(time.time()),
        "machines": [
            uuid.UUID(int=1 + (done + number) * 7919 % known).bytes for number in range(STORE_BATCH)
        ],
        "requests": [os.urandom(16) for _ in range(STORE_BATCH)],
    }
    with connection.pipeline():
        connection.execute("BEGIN")
        for statement in _RENEW:
            connection.execute(statement, given)
        connection.execute("COMMIT")
