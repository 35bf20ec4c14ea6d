"""Every ledger, for the contracts that all of them keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.entries import WINDOWS
from simulators.ledgers import Kept, in_postgresql, in_sqlite
from tenure.adapters.sql.ledger_process import LedgerProcess
from tenure.host.memory import MemoryLedger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulators.postgresql import PostgreSql
    from tenure.host.ledger import Ledger

REAL_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.real)


@pytest.fixture(params=["memory", "sqlite", "process", REAL_POSTGRESQL])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger with two pools and a product or two in each."""
    ledger: Ledger = MemoryLedger()
    if request.param != "memory":
        kept = _kept(request, tmp_path)
        in_process = request.param == "process"
        ledger = LedgerProcess(tmp_path / "host.db", lambda: WINDOWS) if in_process else kept.open()
    yield ledger
    ledger.close()


@pytest.fixture(params=["sqlite", REAL_POSTGRESQL])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """The same where rows stand in SQL; the test opens it."""
    return _kept(request, tmp_path)


@pytest.fixture(scope="session")
def contract_database(postgres: PostgreSql) -> str:
    """The one database of the contracts; it is made empty for each test."""
    return postgres.host_database()


def _kept(request: pytest.FixtureRequest, folder: Path) -> Kept:
    if request.param != "postgresql":
        return in_sqlite(folder / "host.db")
    server: PostgreSql = request.getfixturevalue("postgres")
    return in_postgresql(server, request.getfixturevalue("contract_database"), folder / "host.db")
