"""`kill -9` of a host under load, over and over: what was answered is still there."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec
import pytest

from simulators.host_home import activate_home
from simulators.machines import SimulatedMachine
from simulators.processes import serving
from simulators.publisher import SimulatedPublisher
from tenure.adapters.http.client import HttpClient, NoAnswerError
from tenure.adapters.os.home import Home
from tenure.core.policy import Policy
from tenure.programs import host

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROUNDS = 5
CLIENTS = 8
ANSWERED_A_ROUND = 300


@pytest.mark.timeout(240)
def test_a_killed_host_loses_no_answered_request(tmp_path: Path) -> None:
    """Machines ask without a pause while the host is killed; every answer that arrived stands in the database."""
    home = Home(tmp_path)
    publisher = SimulatedPublisher(
        opened=0, policies={"workstations": Policy(threshold=1), "servers": Policy(threshold=1)}
    )
    now = int(time.time())
    activate_home(home, publisher, now=now)
    answered: set[UUID] = set()
    for _ in range(ROUNDS):
        with serving("host", "serve", "--host", "127.0.0.1", "--port", "0", home=home.root) as process:
            url = host.status(home)[1]
            assert url is not None
            answered |= _ask_until_killed(url, publisher, process.kill, now)
    with closing(sqlite3.connect(home.host / "host.db")) as database:
        # The process that records outlives its host for the batch that it was at; then the count is that of the rows.
        while _count(home) != len(recorded := _machines(database, "machine")):
            pass
        logged = _machines(database, "request_log")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(answered) >= ROUNDS * ANSWERED_A_ROUND
    assert answered <= recorded
    assert answered <= logged


def _count(home: Home) -> int:
    """The workstations that the host counts, which does not listen."""
    status, listening = host.status(home)
    assert listening is None
    return {pool.pool: pool.count for pool in status.pools}["workstations"]


def _machines(database: sqlite3.Connection, table: str) -> set[UUID]:
    return {UUID(bytes=row[0]) for row in database.execute(f"SELECT machine_id FROM {table}")}  # noqa: S608 - a name of ours


def _ask_until_killed(
    url: str, publisher: SimulatedPublisher, kill: Callable[[], None], now: int
) -> set[UUID]:
    """The machines that got a 200 before the host was gone; it is killed once enough of them did."""
    answered: set[UUID] = set()
    enough = threading.Event()

    def ask() -> None:
        client = HttpClient()
        while True:
            machine = SimulatedMachine(
                publisher.workstation.product_id, machine_id=uuid4(), fingerprint=f"fingerprint-{uuid4()}"
            )
            body = machine.ask(now, request_id=uuid4())
            try:
                answer = client.request("POST", f"{url}/v1/activations", body=msgspec.json.encode(body))
            except NoAnswerError:
                return
            assert answer.status == 200
            answered.add(body.machine_id)
            if len(answered) >= ANSWERED_A_ROUND:
                enough.set()

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    kill()
    for thread in threads:
        thread.join()
    return answered
