"""A host as a service: what its manager is told of it, and how it ends under load."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import pytest

from simulators.host_home import activate_home
from simulators.machines import SimulatedMachine
from simulators.processes import serving
from simulators.publisher import SimulatedPublisher
from simulators.running import running
from simulators.service_manager import service_manager
from tenure.adapters.http.client import HttpClient, NoAnswerError
from tenure.adapters.os.home import Home
from tenure.adapters.sql.ledger_process import LedgerProcess
from tenure.core.policy import Policy
from tenure.programs import host
from tenure.programs.host_server import HostServer

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.adapters.http.client import HttpAnswer
    from tenure.core.catalog import Product

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="services of Windows are others")

PUBLISHER = SimulatedPublisher(
    opened=0, policies={"workstations": Policy(threshold=1), "servers": Policy(threshold=100)}
)
SERVE = ("host", "serve", "--host", "127.0.0.1", "--port", "0")
BUSY = 8
HELD = 20
ANSWERED = 200
STOP_SECONDS = 15
"""Half of the unit's TimeoutStopSec."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with an activated host that does not serve yet."""
    home = Home(tmp_path / "home")
    activate_home(home, PUBLISHER, now=int(time.time()))
    return home


def listening(home: Home) -> str:
    """The base of the host that serves this home."""
    url = host.status(home)[1]
    assert url is not None
    return url


def test_the_manager_is_told_of_each_step_of_a_host_s_life(home: Home, tmp_path: Path) -> None:
    """READY once the port answers, then life signs, RELOADING and READY for SIGHUP, and STOPPING."""
    with (
        service_manager(tmp_path, watchdog=0.5) as manager,
        serving(*SERVE, home=home.root, environment=manager.environment, stdin=subprocess.DEVNULL) as process,
    ):
        assert manager.heard()["READY"] == "1"
        assert HttpClient().request("GET", f"{listening(home)}/v1/health").status == 200
        assert [manager.heard() for _ in range(2)] == [{"WATCHDOG": "1"}] * 2
        process.send_signal(signal.SIGHUP)
        assert "MONOTONIC_USEC" in manager.heard_of("RELOADING")
        assert manager.heard_of("READY")["STATUS"] == "Serving; reloaded."
        assert HttpClient().request("GET", f"{listening(home)}/v1/health").status == 200
        process.send_signal(signal.SIGTERM)
        manager.heard_of("STOPPING")
        assert process.wait(STOP_SECONDS) == 0


def test_a_terminal_that_is_closed_stops_its_host(home: Home) -> None:
    """SIGHUP reloads a service only: nobody would find a host that went on without its terminal."""
    ours, its = os.openpty()
    with open(ours, "rb"), open(its, "rb"), serving(*SERVE, home=home.root, stdin=its) as process:  # noqa: PTH123 - they have no path
        process.send_signal(signal.SIGHUP)
        assert process.wait(STOP_SECONDS) == 0
    assert host.status(home)[1] is None


def ask(url: str, product: Product, *, wait: int = 0) -> tuple[UUID, HttpAnswer]:
    """A new machine, and the answer to it on a connection of its own."""
    body = SimulatedMachine(product.product_id).ask(int(time.time()))
    answer = HttpClient().request(
        "POST",
        f"{url}/v1/activations",
        body=msgspec.json.encode(body),
        wait=wait,
        headers={"prefer": f"wait={wait}"},
    )
    return body.machine_id, answer


def test_a_host_whose_commit_thread_hangs_is_not_alive(home: Home) -> None:
    """The process that records is stopped in its tracks, as by a disk that does not answer; afterwards all is well."""
    with (
        running(lambda: HostServer(home, "127.0.0.1", 0, hung_after=2.0)) as server,
        ThreadPoolExecutor() as machines,
    ):
        ledger = server._ledger
        assert isinstance(ledger, LedgerProcess)
        assert ledger.process_id is not None
        assert server.alive()
        os.kill(ledger.process_id, signal.SIGSTOP)
        try:
            asked = machines.submit(ask, server.url, PUBLISHER.workstation)
            while server.alive():
                assert not asked.done()
        finally:
            os.kill(ledger.process_id, signal.SIGCONT)
        assert asked.result()[1].status == 200
        while not server.alive():
            pass


def test_a_host_that_is_told_to_stop_under_load_answers_all_that_it_recorded(home: Home) -> None:
    """Machines ask without a pause, others are held for a minute; it ends within half of its TimeoutStopSec.

    Whoever was held is told to come back in 5 seconds.
    """
    answered: set[UUID] = set()
    enough = threading.Event()

    def ask_on(url: str) -> None:
        while True:
            try:
                machine_id, answer = ask(url, PUBLISHER.workstation)
            except NoAnswerError:
                return
            assert answer.status == 200
            answered.add(machine_id)
            if len(answered) >= ANSWERED:
                enough.set()

    with ThreadPoolExecutor(HELD + BUSY) as machines, serving(*SERVE, home=home.root) as process:
        url = listening(home)
        held = [machines.submit(ask, url, PUBLISHER.server, wait=60) for _ in range(HELD)]
        busy = [machines.submit(ask_on, url) for _ in range(BUSY)]
        assert enough.wait(60)
        while len(recorded(home, PUBLISHER.server)) < HELD:
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) == 0
        assert all(future.exception() is None for future in busy)
        for future in held:
            machine_id, answer = future.result()
            assert (answer.status, answer.headers["retry-after"]) == (202, "5")
            answered.add(machine_id)
    assert answered == recorded(home, PUBLISHER.workstation) | recorded(home, PUBLISHER.server)


def recorded(home: Home, product: Product) -> set[UUID]:
    """The product's machines in the host's log."""
    with closing(sqlite3.connect(home.host_database, timeout=10)) as database:
        rows = database.execute(
            "SELECT machine_id FROM request_log WHERE product_id = ?", (product.product_id.bytes,)
        )
        return {UUID(bytes=row[0]) for row in rows}
