"""Forty agents in front of a host: who came too early is licensed with the rest, not two hours later."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from simulators.agents import RunningAgent
from simulators.processes import serving
from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.home import Home
from tenure.client.host_address import parse_host
from tenure.programs import client

if TYPE_CHECKING:
    from pathlib import Path

EARLY, ALL = 24, 40
WAITS = 3


def repeats(home: Path) -> list[int]:
    """How often each machine that waits has asked, by the host's log."""
    with closing(sqlite3.connect(home / "host" / "host.db", timeout=10)) as database:
        return [
            row[0] for row in database.execute("SELECT sum(repeats) FROM request_log GROUP BY machine_id")
        ]


@pytest.mark.alone
@pytest.mark.timeout(180)
def test_all_of_forty_agents_are_licensed_within_2_seconds_of_the_25th_request(tmp_path: Path) -> None:
    """24 have waited past several waits when 16 more ask at once; real files, sockets and a real host process.

    The time runs from before the 25th agent is started, so that its request lies within it.
    """
    site = tmp_path / "site"
    with serving("up", "--port", "0", "--publisher-port", "0", home=site), ExitStack() as agents:
        said = json.loads((site / "quickstart.json").read_text())
        key = next(p["generic_key"] for p in said["products"] if p["name"] == "Draft Studio")
        homes = [Home(tmp_path / f"machine-{number}") for number in range(ALL)]
        for home in homes:
            client.install_key(home, key, catalog=site / "catalogs" / "trial.json", root=None, warn=print)
            client.set_hosts(home, [parse_host(said["activation_url"])], warn=print)

        def start(home: Home) -> RunningAgent:
            agent = RunningAgent(home.root, wait=1, fingerprint=f"fingerprint-of-{home.root.name}")
            agents.callback(agent.stop)
            return agent

        running = [start(home) for home in homes[:EARLY]]
        while len(asked := repeats(site)) < EARLY or min(asked) < WAITS:
            time.sleep(0.05)
        assert not any(FileClientStore(home.client).load().leases for home in homes)

        before_the_25th = time.monotonic()
        running += [start(home) for home in homes[EARLY:]]
        for agent in running:
            agent.until("has a lease")
        took = time.monotonic() - before_the_25th
        assert took < 2, f"{took:.2f} s"
        machines = {client.status_after(home, product=None).chosen.machine_id for home in homes}
        assert len(machines) == ALL
