"""A backup of a large database while its host answers without a pause: real processes, real sockets."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec
import pytest

from simulators.host_home import activate_home
from simulators.known_machines import know
from simulators.machines import SimulatedMachine
from simulators.processes import serving, tenure, unmeasured
from simulators.publisher import SimulatedPublisher
from simulators.raw_http import connect
from tenure.adapters.os.home import Home
from tenure.core.policy import Policy
from tenure.programs import host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE = Policy(threshold=1)
PUBLISHER = SimulatedPublisher(opened=0, policies={"workstations": ONE, "servers": ONE})
KNOWN = 200_000
"""So many take 40 MB, of which 16 MiB are copied at a time."""
CLIENTS = 4
HELD_SECONDS = 3.0
"""On an idle machine it is a tenth of a second; the bound leaves room for one with twenty other programs."""
MORE_MEMORY = 20_000_000
"""Bytes: half of the database, and many pieces of it."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with an activated host."""
    home = Home(tmp_path / "home")
    activate_home(home, PUBLISHER, now=int(time.time()))
    return home


@dataclass
class Load:
    """What machines heard that ask one after the other, each over a connection that stays open."""

    answered: set[UUID] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)
    longest: float = 0.0
    """Seconds that one answer took."""

    def ask(self, url: str, stop: threading.Event) -> None:
        """As one new machine after the other, until `stop`."""
        with connect(url) as connection, connection.makefile("rb") as answers:
            while not stop.is_set():
                machine = SimulatedMachine(
                    PUBLISHER.workstation.product_id, machine_id=uuid4(), fingerprint=f"fingerprint-{uuid4()}"
                )
                body = machine.ask(int(time.time()), request_id=uuid4())
                content = msgspec.json.encode(body)
                began = time.perf_counter()
                connection.sendall(
                    b"POST /v1/activations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                    b"content-length: %d\r\n\r\n%b" % (len(content), content)
                )
                self.statuses.add(int(answers.readline().split()[1]))
                length = 0
                while (line := answers.readline().lower()) != b"\r\n":
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                answers.read(length)
                self.longest = max(self.longest, time.perf_counter() - began)
                self.answered.add(body.machine_id)


@contextmanager
def under_load(url: str) -> Iterator[Load]:
    """Machines ask from before the block until after it."""
    load, stop = Load(), threading.Event()
    threads = [threading.Thread(target=load.ask, args=(url, stop)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        while len(load.answered) < 300:
            assert all(thread.is_alive() for thread in threads)
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_backup_beside_machines_that_ask_without_a_pause(home: Home, tmp_path: Path) -> None:
    """It ends although they do not, holds everyone who was answered before, and nobody waits for it or is refused."""
    know(home, KNOWN, now=int(time.time()))
    file, new = str(tmp_path / "backup.tar"), Home(tmp_path / "new")
    with serving("host", "serve", "--host", "127.0.0.1", "--port", "0", home=home.root):
        url = host.status(home)[1]
        assert url is not None
        with under_load(url) as load:
            before = frozenset(load.answered)
            made = tenure("host", "backup", file, "--json", home=home.root)
            during = len(load.answered) - len(before)
    assert made.exit_code == 0, made.err
    assert during > 20
    assert load.statuses == {200}
    assert load.longest < HELD_SECONDS
    assert tenure("host", "restore", file, home=new.root).exit_code == 0
    with closing(sqlite3.connect(new.host_database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        recorded = {UUID(bytes=row[0]) for row in database.execute("SELECT machine_id FROM machine")}
        logged = {UUID(bytes=row[0]) for row in database.execute("SELECT machine_id FROM request_log")}
    assert before <= recorded
    assert len(recorded) - len(logged) == KNOWN


@pytest.mark.skipif(sys.platform == "win32", reason="reads a process's memory from wait4")
def test_a_large_backup_takes_no_more_memory_than_a_small_one(home: Home, tmp_path: Path) -> None:
    """The database goes to the file and back piece by piece."""
    small = [
        peak("backup", str(tmp_path / "small.tar"), home=home),
        peak("restore", str(tmp_path / "small.tar"), home=Home(tmp_path / "small")),
    ]
    know(home, KNOWN, now=int(time.time()))
    large = [
        peak("backup", str(tmp_path / "large.tar"), home=home),
        peak("restore", str(tmp_path / "large.tar"), home=Home(tmp_path / "large")),
    ]
    assert (tmp_path / "large.tar").stat().st_size > 2 * MORE_MEMORY
    assert all(more - less < MORE_MEMORY for less, more in zip(small, large, strict=True))


def peak(*arguments: str, home: Home) -> int:
    """The most memory that a command of the host ever had, in bytes; it must work."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tenure", "host", *arguments, "--json", "--home", str(home.root)],
        stdout=subprocess.PIPE,
        env=unmeasured(os.environ),
    )
    assert process.stdout is not None
    said = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert json.loads(said)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
