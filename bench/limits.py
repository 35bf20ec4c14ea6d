"""The limits of this machine, against which the whole path is held: HTTP, signing, the bare database."""

from __future__ import annotations

import os
import time
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import UUID

from tenure.adapters.os.randomness import random_seed
from tenure.adapters.sodium import sodium_signer
from tenure.adapters.sql.sqlite import open_connection
from tenure.core.lease import Lease
from tenure.core.policy import DAY
from tenure.wire.keys import SigningKey
from tenure.wire.lease import LeaseMint

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

STORE_BATCH = 64


def signing_rate(seconds: float) -> float:
    """Leases that one core mints a second: built by hand, signed by the library of the request path."""
    mint = LeaseMint(sodium_signer(SigningKey(random_seed())))
    now = int(time.time())
    lease = Lease(
        lease_id=str(UUID(int=1)),
        host_id=UUID(int=2),
        machine_id=UUID(int=3),
        product_id=UUID(int=4),
        pool="workstations",
        nonce=str(UUID(int=5)),
        fingerprint="f" * 43,
        count=25,
        threshold=25,
        iat=now,
        exp=now + 180 * DAY,
        renew_after=now + 7 * DAY,
        epoch=now,
    )
    made, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for _ in range(200):
            mint.mint(lease)
        made += 200
    return made / (time.perf_counter() - started)


def store_rate(path: Path, seconds: float, known: int) -> float:
    """Requests that the bare database records a second: the rows of a renewal, 64 requests a commit, FULL."""
    done, started = 0, time.perf_counter()
    with closing(open_connection(path)) as connection:
        while time.perf_counter() - started < seconds:
            _commit(connection, known, done)
            done += STORE_BATCH
    return done / (time.perf_counter() - started)


def _commit(connection: sqlite3.Connection, known: int, done: int) -> None:
    now = int(time.time())
    machines = [UUID(int=1 + (done + number) * 7919 % known).bytes for number in range(STORE_BATCH)]
    requests = [(os.urandom(16), os.urandom(16), machine) for machine in machines]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "UPDATE machine SET last_seen = ?, hostname = 'pc.bench.example', virtual = 0 WHERE pool = 1 AND machine_id = ?",
        [(now, machine) for machine in machines],
    )
    connection.executemany(
        "UPDATE installation SET request_id = ?, digest = ?, outcome = 0 WHERE machine_id = ? AND product = 1",
        requests,
    )
    connection.executemany(
        "INSERT INTO request_log (at, last_at, repeats, outcome, product_id, machine_id, request_id, hostname, address,"
        " count, threshold, sighting, virtual, license_status, minutes_remaining)"
        " VALUES (?, ?, 1, 0, ?, ?, ?, 'pc.bench.example', '127.0.0.1', 1, 1, 'known', 0, 2, 250000)",
        [(now, now, machine, machine, request) for request, _, machine in requests],
    )
    connection.execute("COMMIT")
