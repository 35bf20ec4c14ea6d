"""A host's home for a measurement: activated, its thresholds at 1, and as many machines known as wanted."""

from __future__ import annotations

import os
import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from tenure.adapters.files.host_keys import HostKeyFolder
from tenure.adapters.files.publisher_keys import PublisherKeyFolder
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.randomness import new_uuid, random_bits
from tenure.adapters.sql.sqlite import open_connection
from tenure.core.policy import Kind
from tenure.host import setup
from tenure.programs.host import open_store
from tenure.publisher.activation import activate_host
from tenure.publisher.audit import Actor
from tenure.publisher.authority import Authority, NewProduct
from tenure.publisher.keys import issue_host_key
from tenure.publisher.memory import MemoryPublisherStore

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.os.home import Home

FIRST_MACHINE = 1
"""Known machines have the machine ids UUID(int=1), UUID(int=2), ...; `load.py` asks as them."""
_SPREAD_SECONDS = 7 * 86_400
_CHUNK = 50_000


@dataclass(frozen=True)
class BenchPublisher:
    """A publisher with one workstation product, and a key for the hosts that grant leases of it."""

    authority: Authority
    product: UUID
    key: str

    def activate(self, home: Home) -> None:
        """The home's host may grant leases of the product."""
        host_keys = HostKeyFolder(home.host)
        with open_store(home) as store:
            setup.install_key(
                self.key,
                self.authority.catalogs().tokens,
                root_kid=None,
                store=store,
                keys=host_keys,
                new_uuid=new_uuid,
                refuse_foreign=lambda _: None,
            )
            draft = setup.draft_activation(
                None,
                store=store,
                keys=host_keys,
                fingerprint_of=lambda _: "bench-host-fingerprint",
                new_uuid=new_uuid,
                clock=system_clock,
            )
            certificate = activate_host(self.authority, draft.token).certificate
            setup.accept_certificate(
                certificate,
                (),
                publisher_id=draft.publisher_id,
                request_id=draft.request_id,
                store=store,
                keys=host_keys,
                clock=system_clock,
            )


def new_publisher(folder: Path, *, threshold: int = 1) -> BenchPublisher:
    """A publisher whose keys are in the folder, and whose pool has this threshold."""
    keys = PublisherKeyFolder(folder)
    keys.make_missing()
    authority = Authority(
        MemoryPublisherStore(), keys, system_clock, new_uuid, random_bits, Actor("user bench")
    )
    authority.init(name="Bench", contact="", publisher_url=None)
    terms = {"workstations": {"threshold": threshold}}
    (product,) = authority.add_products([NewProduct(name="Bench", kind=Kind.WORKSTATION)], terms=terms)
    key, _ = issue_host_key(authority, pools=(), customer="Bench", agreement="", trial=True)
    return BenchPublisher(authority, product.product_id, key.text)


def activated_home(home: Home) -> UUID:
    """The home's host is activated for a workstation product with a threshold of 1; the product's id."""
    publisher = new_publisher(home.publisher)
    publisher.activate(home)
    return publisher.product


@dataclass(frozen=True, slots=True)
class KnownMachine:
    """A machine as `load.py` asks as it, last seen within the past week."""

    machine_id: bytes
    digest: bytes
    """What stands for its fingerprint."""
    seen: int
    hostname: str


def known_machines(numbers: range) -> Iterator[KnownMachine]:
    """The machines with these numbers."""
    now = int(time.time())
    for number in numbers:
        machine = uuid.UUID(int=number)
        yield KnownMachine(
            machine.bytes,
            blake2b(f"{machine.hex}bench".encode(), digest_size=16).digest(),
            now - number % _SPREAD_SECONDS,
            f"pc-{number}.bench.example",
        )


def know(home: Home, machines: int) -> float:
    """The host knows so many machines more, last seen over the past week; bytes of the database a machine."""
    path = home.host_database
    with closing(open_connection(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        before = _bytes(connection)
        (first,) = connection.execute("SELECT COUNT(*) FROM machine").fetchone()
        for start in range(first, first + machines, _CHUNK):
            _insert(
                connection,
                range(start + FIRST_MACHINE, min(start + _CHUNK, first + machines) + FIRST_MACHINE),
            )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (_bytes(connection) - before) / machines if machines else 0.0


def _insert(connection: sqlite3.Connection, numbers: range) -> None:
    machines, installations = [], []
    for one in known_machines(numbers):
        machines.append((one.machine_id, one.digest, one.seen, one.seen, one.hostname))
        installations.append((one.machine_id, os.urandom(16), os.urandom(16), one.seen))
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO machine VALUES (1, ?, ?, ?, ?, ?, 0)", machines)
    connection.executemany("INSERT INTO installation VALUES (?, 1, ?, ?, 0, 0, ?)", installations)
    connection.execute("COMMIT")


def _bytes(connection: sqlite3.Connection) -> int:
    """The bytes of the tables that grow with machines, indexes included; the log is not one of them."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)
