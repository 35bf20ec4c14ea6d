"""Backup and restore of a real home: beside a busy server, into another home, and from files that are no good."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from simulators.command_line import Cli
from simulators.host import HOST_ID
from simulators.host_home import activate_home
from simulators.machines import SimulatedMachine
from simulators.publisher import NOW, SimulatedPublisher
from simulators.running import running
from tenure.adapters.files.host_keys import HostKeyFolder
from tenure.adapters.http.client import HttpClient
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.errors import Code, LocalFault, UsageError
from tenure.core.product_key import parse
from tenure.programs.host import accept_clock, new_epoch, open_store
from tenure.programs.host_backup import back_up
from tenure.programs.host_restore import restore
from tenure.programs.host_server import HostServer
from tenure.wire.jws import Typ, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]

PUBLISHER = SimulatedPublisher()
KEY = PUBLISHER.workstation.generic_keys[0]
EPOCH = NOW - 500


@dataclass
class Clock:
    """A clock that the test sets."""

    now: int = NOW

    def __call__(self) -> int:
        """The time."""
        return self.now


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with an activated host, its key, and a product key."""
    home = Home(tmp_path / "old")
    activate_home(home, PUBLISHER, now=NOW)
    HostKeyFolder(home.host).save_product_key(PUBLISHER.publisher_id, parse(KEY))
    return home


def made(home: Home, file: Path) -> Path:
    """The backup of the home, in the file."""
    back_up(home, file, force=False, clock=Clock())
    return file


def ask(server: HostServer, machine: SimulatedMachine, now: int = NOW) -> dict[str, Any]:
    """What the host says to a machine."""
    answer = HttpClient().request(
        "POST", f"{server.url}/v1/activations", body=msgspec.json.encode(machine.ask(now))
    )
    said = json.loads(answer.body)
    assert isinstance(said, dict)
    return said


def counted(server: HostServer) -> int:
    """How many machines the host knows that it counted."""
    pools = json.loads(HttpClient().request("GET", f"{server.url}/v1/health").body)["pools"]
    return sum(pool["count"] for pool in pools)


def machines_in(database: Path) -> int:
    """How many machines a database knows."""
    with closing(sqlite3.connect(database)) as connection:
        (number,) = connection.execute("SELECT count(*) FROM machine").fetchone()
    return int(number)


def test_a_backup_beside_a_busy_server_is_of_one_moment_and_whole(home: Home, tmp_path: Path) -> None:
    """Every machine that was answered before stands in it, and its database is sound."""
    stop = threading.Event()
    answered = [0]

    def load(server: HostServer) -> None:
        while not stop.is_set():
            ask(server, SimulatedMachine(PUBLISHER.workstation.product_id))
            answered[0] += 1

    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=Clock())) as server:
        ask(server, SimulatedMachine(PUBLISHER.workstation.product_id))
        thread = threading.Thread(target=load, args=(server,))
        thread.start()
        before = answered[0]
        file = made(home, tmp_path / "backup.tar")
        stop.set()
        thread.join()
    restored = restore(Home(tmp_path / "new"), file, force=False, clock=Clock())
    database = restored.home / "host" / "host.db"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert before + 1 <= machines_in(database) <= answered[0] + 1


def test_a_restored_host_is_the_same_host_with_a_new_epoch(home: Home, tmp_path: Path) -> None:
    """Id, keys, documents and settings are there, with the rights that they had; the epoch is now."""
    with open_store(home) as store:
        store.save_setting("listening_port", "1700")
        enrolments = store.enrolments()
    file = made(home, tmp_path / "backup.tar")
    new = Home(tmp_path / "new")
    restored = restore(new, file, force=False, clock=Clock())
    assert (restored.host_id, restored.epoch, restored.moved_aside) == (HOST_ID, NOW, None)
    with open_store(new) as store:
        identity = store.identity()
        assert identity is not None
        assert (identity.host_id, identity.epoch) == (HOST_ID, NOW)
        assert store.enrolments() == enrolments
        assert store.settings()["listening_port"] == "1700"
    for name in ("host.jwk", "host.pub.jwk", f"{PUBLISHER.publisher_id}.product-key"):
        assert (new.host / name).read_bytes() == (home.host / name).read_bytes()
    if os.name == "posix":
        modes = {path.name: path.stat().st_mode & 0o777 for path in [*new.host.iterdir(), file]}
        secret = {name for name, mode in modes.items() if mode == 0o600}
        assert secret == {"host.jwk", f"{PUBLISHER.publisher_id}.product-key", "backup.tar"}
        assert {mode for name, mode in modes.items() if name not in secret} == {0o644}
    assert [path.name for path in new.root.iterdir()] == ["host"]


def test_nothing_is_overwritten_unless_that_is_demanded(home: Home, tmp_path: Path) -> None:
    """A file that is there stays, a home that is not empty stays; with force the one is replaced, the other moved aside."""
    file = made(home, tmp_path / "backup.tar")
    before = file.read_bytes()
    with pytest.raises(UsageError, match="already"):
        back_up(home, file, force=False)
    with pytest.raises(UsageError) as caught:
        restore(home, file, force=False)
    assert caught.value.code is Code.SET_UP_ALREADY
    assert file.read_bytes() == before
    back_up(home, file, force=True)
    aside = restore(home, file, force=True).moved_aside
    assert aside is not None
    assert machines_in(aside / "host.db") == machines_in(home.host_database) == 0


def test_a_home_whose_server_runs_is_not_replaced(home: Home, tmp_path: Path) -> None:
    """Not even with force."""
    file = made(home, tmp_path / "backup.tar")
    with (
        running(lambda: HostServer(home, "127.0.0.1", 0, clock=Clock())),
        pytest.raises(LocalFault) as caught,
    ):
        restore(home, file, force=True)
    assert caught.value.code is Code.HOME_IN_USE


@pytest.fixture
def server(home: Home) -> Iterator[HostServer]:
    """The host serves."""
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=Clock())) as server:
        yield server


def test_a_running_server_grants_under_the_new_epoch(home: Home, server: HostServer) -> None:
    """Within a second, without a restart."""
    product_id = PUBLISHER.workstation.product_id
    for _ in range(24):
        ask(server, SimulatedMachine(product_id))
    machine = SimulatedMachine(product_id)

    def epoch() -> int:
        value = read(ask(server, machine)["lease"], Typ.LEASE).claims["epoch"]
        assert isinstance(value, int)
        return value

    assert epoch() == EPOCH
    assert new_epoch(home, clock=lambda: EPOCH).epoch == EPOCH + 1
    while epoch() == EPOCH:
        pass
    assert epoch() == EPOCH + 1


def test_a_host_whose_clock_ran_ahead_grants_again_once_its_clock_is_accepted(home: Home) -> None:
    """The machines that it recorded in the future are still counted; the running server needs no restart."""
    clock = Clock(NOW + 86_400)
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=clock)) as server:
        ask(server, SimulatedMachine(PUBLISHER.workstation.product_id), clock.now)
        # Its desk hears of what was recorded after the machine does.
        while counted(server) == 0:
            pass
        clock.now = NOW
        machine = SimulatedMachine(PUBLISHER.workstation.product_id)
        assert ask(server, machine)["code"] == "host_clock"
        assert accept_clock(home, clock=clock) == (NOW, 1)
        while (said := ask(server, machine))["code"] == "host_clock":
            pass
        assert (said["code"], said["count"]) == ("count_insufficient", 2)


def test_an_old_copy_is_noticed_by_a_client_that_met_the_restored_host(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease is refused as superseded, and the next host is asked, which is the restored one."""
    publisher, now = SimulatedPublisher(opened=0), int(time.time())
    old, new = Home(tmp_path / "old"), Home(tmp_path / "new")
    activate_home(old, publisher, now=now)
    restore(new, made(old, tmp_path / "backup.tar"), force=False)
    cli = Cli(tmp_path / "client", publisher)
    monkeypatch.setenv("TENURE_HOME", str(cli.home))
    with (
        running(lambda: HostServer(old, "127.0.0.1", 0)) as copy,
        running(lambda: HostServer(new, "127.0.0.1", 0)) as restored,
    ):
        for server in (copy, restored):
            for _ in range(25):
                ask(server, SimulatedMachine(publisher.workstation.product_id), now)
        cli.url = restored.url
        cli.install()
        assert cli("client", "activate") == 0
        assert cli("client", "set-host", copy.url) == 0
        capsys.readouterr()
        assert cli("client", "renew", "--json") == 5
        assert "host_superseded" in capsys.readouterr().out
        assert cli("client", "set-host", copy.url, restored.url) == 0
        assert cli("client", "renew") == 0
        capsys.readouterr()
        assert cli("client", "status", "--json") == 0
        assert json.loads(capsys.readouterr().out)["host"] == restored.url.removeprefix("http://")


def tenure(*arguments: str) -> int:
    """The exit code of `tenure host ...`."""
    return run(command, ["host", *arguments])


def test_the_commands_do_the_same(home: Home, tmp_path: Path, capsys: Captured) -> None:
    """Each with its JSON; the page that is kept names the host and no key."""
    file, new = str(tmp_path / "b.tar"), str(tmp_path / "new")
    asked: dict[str, Any] = {}
    for name, *words in (
        ("backup", file, "--home", str(home.root)),
        ("restore", file, "--check"),
        ("restore", file, "--home", new),
        ("new-epoch", "--home", new),
        ("accept-clock", "--home", new),
        ("record", "--home", new),
    ):
        assert tenure(name, *words, "--json") == 0
        asked["check" if "--check" in words else name] = json.loads(capsys.readouterr().out)
    assert asked["backup"]["members"][0] == "host.db"
    assert [member["name"] for member in asked["check"]["members"]] == asked["backup"]["members"]
    for fact in ("host_id", "epoch", "made_at"):
        assert asked["check"][fact] == asked["backup"][fact]
    assert asked["restore"]["epoch"] < asked["new-epoch"]["epoch"]
    assert asked["accept-clock"]["machines_moved_back"] == 0
    (publisher,) = asked["record"]["publishers"]
    assert publisher["pools"]["workstations"] == 25
    assert tenure("record", "--home", new, "--out", str(tmp_path / "page.md")) == 0
    page = (tmp_path / "page.md").read_text()
    assert str(HOST_ID) in page
    assert "tenure host restore FILE" in page
    assert json.loads((home.host / "host.jwk").read_text())["d"] not in page


def test_a_check_tells_what_is_in_a_backup_and_writes_nothing(
    home: Home, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even in the home that the environment names; a damaged file is told by the exit code."""
    file = made(home, tmp_path / "b.tar")
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "nowhere"))
    before = set(tmp_path.iterdir())
    assert tenure("restore", str(file), "--check") == 0
    out = capsys.readouterr().out
    assert re.search(r"good backup of +2027-", out)
    assert f"{home.host_database.stat().st_size:,} bytes  host.db\n" in out
    for option in (("--force",), ("--home", str(tmp_path))):
        assert tenure("restore", str(file), "--check", *option) == 2
    assert tenure("restore", str(tmp_path / "nothing.tar"), "--check") == 2
    file.write_bytes(file.read_bytes().replace(b"SQLite format 3", b"SQLite format 4"))
    assert tenure("restore", str(file), "--check") == 5
    assert "host.db is damaged" in capsys.readouterr().err
    assert set(tmp_path.iterdir()) == before
