"""Backup and restore of a host that records in a real PostgreSQL: the home's part, and how the restored host goes on."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest

from simulators.command_line import Cli
from simulators.host_home import activate_home
from simulators.machines import SimulatedMachine
from simulators.publisher import SimulatedPublisher
from simulators.running import running
from tenure.adapters.files.database_url import read_database_url, save_database_url
from tenure.adapters.http.client import HttpClient
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.policy import Policy
from tenure.programs import host
from tenure.programs.host_backup import back_up
from tenure.programs.host_database import use_database
from tenure.programs.host_restore import restore
from tenure.programs.host_server import HostServer

if TYPE_CHECKING:
    from pathlib import Path

    from simulators.postgresql import PostgreSql

pytestmark = pytest.mark.real

TWO = Policy(threshold=2)
PUBLISHER = SimulatedPublisher(opened=0, policies={"workstations": TWO, "servers": TWO})
NOBODY = "postgresql://tenure:swordfish@127.0.0.1:1/tenure"
"""No server listens on port 1."""


def shared_home(folder: Path, url: str, number: int) -> Home:
    """A home with an activated host of its own, which records in the database."""
    home = Home(folder)
    activate_home(home, PUBLISHER, now=int(time.time()), host_id=UUID(int=number), seed=10 + number)
    use_database(home, url)
    return home


def ask(server: HostServer) -> dict[str, Any]:
    """What the host says to a new machine."""
    body = SimulatedMachine(PUBLISHER.workstation.product_id).ask(int(time.time()))
    answer = HttpClient().request("POST", f"{server.url}/v1/activations", body=msgspec.json.encode(body))
    said = json.loads(answer.body)
    assert isinstance(said, dict)
    return said


def test_a_restored_host_counts_with_the_others_and_its_old_copy_is_noticed(
    postgres: PostgreSql, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The home is in the backup, the machines are not, and are there all the same: PostgreSQL kept them."""
    url = postgres.url(postgres.host_database())
    old, other = (shared_home(tmp_path / name, url, number) for number, name in enumerate(("a", "b"), 1))
    new, file = Home(tmp_path / "new"), tmp_path / "backup.tar"
    cli = Cli(tmp_path / "client", PUBLISHER)
    monkeypatch.setenv("TENURE_HOME", str(cli.home))
    with running(lambda: HostServer(old, "127.0.0.1", 0)) as copy:
        assert ask(copy)["count"] == 1
        made = back_up(old, file, force=False)
        assert made.recorded_in == host.status(old)[0].storage.name  # type: ignore[union-attr] # it is shared
        assert ask(copy)["count"] == 2
        restored = restore(new, file, force=False)
        with closing(sqlite3.connect(new.host_database)) as database:
            assert database.execute("SELECT count(*) FROM machine").fetchone() == (0,)
        assert read_database_url(new.host) == url
        assert (restored.recorded_in, restored.recording_fault) == (made.recorded_in, None)
        assert restored.epoch > made.manifest.epoch
        with (
            running(lambda: HostServer(new, "127.0.0.1", 0)) as again,
            running(lambda: HostServer(other, "127.0.0.1", 0)) as beside,
        ):
            assert [ask(server)["count"] for server in (again, beside, again)] == [3, 4, 5]
            cli.url = again.url
            cli.install()
            assert cli("client", "activate") == 0
            assert cli("client", "set-host", copy.url) == 0
            capsys.readouterr()
            assert cli("client", "renew", "--json") == 5
            assert "host_superseded" in capsys.readouterr().out
            assert cli("client", "set-host", copy.url, beside.url) == 0
            assert cli("client", "renew") == 0
    storage = host.status(new)[0].storage
    assert storage is not None
    assert storage.others == 1


def test_a_host_whose_database_cannot_be_reached_is_restored_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The backup asks nobody; the restore says at its end what is missing, and prints no password."""
    home, file = Home(tmp_path / "home"), str(tmp_path / "backup.tar")
    activate_home(home, PUBLISHER, now=int(time.time()))
    save_database_url(home.host, NOBODY)

    def tenure(name: str, folder: str, *options: str) -> str:
        assert run(command, ["host", name, file, "--home", str(tmp_path / folder), *options]) == 0
        said = capsys.readouterr()
        assert "swordfish" not in said.out + said.err
        return said.out

    assert "are in the PostgreSQL database tenure on 127.0.0.1: back that up, too" in tenure("backup", "home")
    told = tenure("restore", "new")
    assert "warning: The PostgreSQL database tenure on 127.0.0.1" in told
    assert "The host is restored, and starts when that database can be used." in told
    fault = json.loads(tenure("restore", "newer", "--json"))["recording_fault"]
    assert fault in told.replace("\n", " ")
    assert read_database_url(Home(tmp_path / "new").host) == NOBODY
