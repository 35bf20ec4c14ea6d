"""Entries and refusals as a desk writes them, and every ledger to commit them to."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tenure.adapters.sql.host_ledger import SqliteLedger
from tenure.adapters.sql.ledger_process import LedgerProcess
from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.sqlite import open_connection
from tenure.core.policy import DAY
from tenure.host.ledger import Entry, PoolTerms, Receipt, Refusal
from tenure.host.memory import MemoryLedger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.host.ledger import Ledger

NOW = 1_800_000_000
WINDOW = 30 * DAY
WORKSTATIONS = PoolTerms(1, WINDOW, 25)
SERVERS = PoolTerms(2, WINDOW, 5)
LEDGERS = ("memory", "sqlite", "process")


def empty_sqlite(path: Path) -> SqliteLedger:
    """A new SQLite ledger, the rows of its pools and products made."""
    path.write_bytes(_empty_host_database())
    connection = open_connection(path)
    connection.execute("INSERT INTO publisher (id, publisher_id) VALUES (1, x'01')")
    connection.executemany("INSERT INTO pool (id, publisher, name) VALUES (?, 1, ?)", [(1, "w"), (2, "s")])
    connection.executemany(
        "INSERT INTO product (id, pool, product_id) VALUES (?, ?, ?)",
        [(1, 1, b"w"), (2, 1, b"v"), (3, 2, b"s")],
    )
    connection.close()
    return SqliteLedger(path, lambda: {1: WINDOW, 2: WINDOW})


@contextmanager
def empty_ledger(kind: str, folder: Path) -> Iterator[Ledger]:
    """A new ledger of one of `LEDGERS`, with two pools and a product or two in each."""
    if kind == "memory":
        yield MemoryLedger()
        return
    ledger: Ledger = empty_sqlite(folder / "host.db")
    if kind == "process":
        ledger.close()
        ledger = LedgerProcess(folder / "host.db", lambda: {1: WINDOW, 2: WINDOW})
    yield ledger
    ledger.close()


@cache
def _empty_host_database() -> bytes:
    """A migrated file, made once: Alembic takes longer than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "host.db"
        migrate(path, History.HOST)
        return path.read_bytes()


def entry(
    machine: int,
    *,
    now: int = NOW,
    pool: PoolTerms = WORKSTATIONS,
    product: int | None = None,
    fingerprint: int | None = None,
    request: int = 1,
    content: int = 0,
    waking: bool = False,
    address: str = "192.0.2.1",
    newcomers: int = 0,
) -> Entry:
    """An entry of machine number `machine`, whose fingerprint has the same number unless it is given."""
    fingerprint = machine if fingerprint is None else fingerprint
    return Entry(
        now=now,
        pool=pool,
        product_row=product or {1: 1, 2: 3}[pool.row],
        product_id=b"p" * 16,
        machine_id=machine.to_bytes(16),
        fingerprint=fingerprint.to_bytes(16),
        request_id=request.to_bytes(16),
        digest=content.to_bytes(16),
        hostname="pc.example",
        address=address,
        virtual=False,
        license_status=0,
        minutes_remaining=0,
        waking=waking,
        newcomers=newcomers,
    )


def commit(ledger: Ledger, *entries: Entry) -> list[Receipt]:
    """The receipts of a batch of entries."""
    return [receipt for receipt in ledger.commit(entries) if receipt is not None]


def refusal(*, now: int = NOW, address: str = "192.0.2.1") -> Refusal:
    """A refusal of a machine whose clock is wrong."""
    return Refusal(
        now=now,
        product_id=b"p" * 16,
        machine_id=b"m" * 16,
        request_id=b"r" * 16,
        hostname="pc",
        address=address,
        code="clock_skew",
    )


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """What the database at `path` answers."""
    connection = open_connection(path, read_only=True)
    try:
        return list(connection.execute(query))
    finally:
        connection.close()
