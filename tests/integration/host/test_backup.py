"""Backup and restore of a real home: beside a busy server, into another home, and from files that are no good."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tarfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
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
from tenure.core.errors import Code, LocalFault, Untrusted, UsageError
from tenure.core.product_key import parse
from tenure.programs.host import accept_clock, new_epoch, open_store
from tenure.programs.host_backup import back_up
from tenure.programs.host_restore import restore
from tenure.programs.host_server import HostServer
from tenure.wire.jws import Typ, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]
    Damage = Callable[["Archive"], None]

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


@dataclass
class Archive:
    """A backup taken to pieces."""

    members: dict[str, bytes]
    kinds: dict[str, bytes] = field(default_factory=dict)
    """The tar type of members that are no plain files."""
    sizes: dict[str, int] = field(default_factory=dict)
    """What headers say instead of the truth."""
    cut: int = 0
    """So many bytes are missing at the end."""
    after: bytes = b""

    @property
    def manifest(self) -> dict[str, Any]:
        """What the manifest says."""
        said = json.loads(self.members["manifest.json"])
        assert isinstance(said, dict)
        return said

    def says(self, **changes: object) -> None:
        """The manifest says this instead."""
        self.members["manifest.json"] = json.dumps(self.manifest | changes).encode()

    def adds(self, name: str, data: bytes) -> None:
        """Another member, which the manifest knows as well."""
        self.members[name] = data
        entry = {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        others = [member for member in self.manifest["members"] if member["name"] != name]
        self.says(members=[*others, entry])

    def packed(self) -> bytes:
        """The file."""
        out = BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name, data in self.members.items():
                header = tarfile.TarInfo(name)
                header.type = self.kinds.get(name, tarfile.REGTYPE)
                header.linkname = "/etc/passwd" if name in self.kinds else ""
                header.size = self.sizes.get(name, len(data))
                out.write(header.tobuf(tarfile.GNU_FORMAT))
                out.write(data + bytes(-len(data) % 512))
            tar.offset = out.tell()
        data = out.getvalue()
        return data[: len(data) - self.cut] + self.after


def flip(name: str) -> Damage:
    """One bit of a member is another."""

    def damage(archive: Archive) -> None:
        data = bytearray(archive.members[name])
        data[len(data) // 2] ^= 1
        archive.members[name] = bytes(data)

    return damage


def without(name: str) -> Damage:
    """A member is gone; the manifest still names it."""

    def damage(archive: Archive) -> None:
        del archive.members[name]

    return damage


def says(**changes: object) -> Damage:
    """The manifest says something else."""
    return lambda archive: archive.says(**changes)


def adds(name: str, data: bytes = b"x") -> Damage:
    """Another member, named in the manifest."""
    return lambda archive: archive.adds(name, data)


def unnamed(archive: Archive) -> None:
    """A member that the manifest does not name."""
    archive.members["tls.json"] = b"{}"


def link(archive: Archive) -> None:
    """A member is a symbolic link, which the manifest knows."""
    archive.adds("tls.json", b"")
    archive.kinds["tls.json"] = tarfile.SYMTYPE


def huge(archive: Archive) -> None:
    """A header says that its file has a terabyte."""
    archive.sizes["host.jwk"] = 1024**4


def cut(archive: Archive) -> None:
    """The second half is missing."""
    archive.cut = len(archive.packed()) // 2


def longer(archive: Archive) -> None:
    """Something follows the end."""
    archive.after = b"more"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(cut, "cut off", id="truncated"),
        pytest.param(longer, "follows its end", id="something-after-the-end"),
        pytest.param(flip("host.db"), "hash", id="a-bit-of-the-database"),
        pytest.param(flip("host.jwk"), "hash", id="a-bit-of-the-key"),
        pytest.param(without("host.pub.jwk"), "missing", id="a-member-is-missing"),
        pytest.param(without("manifest.json"), "no backup", id="no-manifest"),
        pytest.param(unnamed, "does not say so", id="a-member-too-many"),
        pytest.param(adds("../x"), "no file of a host", id="a-path-that-leaves"),
        pytest.param(adds("/etc/x"), "no file of a host", id="an-absolute-path"),
        pytest.param(adds("serving.json"), "no file of a host", id="a-name-that-is-not-known"),
        pytest.param(adds("pgpass", bytes(1024 * 1024 + 1)), "allowed", id="a-file-over-its-bound"),
        pytest.param(link, "no plain file", id="a-symbolic-link"),
        pytest.param(huge, "manifest says", id="a-huge-size"),
        pytest.param(says(format="another"), "no backup", id="another-format"),
        pytest.param(says(version=2), "version 2", id="a-version-to-come"),
        pytest.param(says(members=[]), "missing", id="an-empty-manifest"),
        pytest.param(says(epoch=-1), "manifest", id="an-impossible-epoch"),
        pytest.param(says(epoch=7), "epoch", id="the-epoch-of-another-moment"),
        pytest.param(adds("host.jwk", b"{}"), "private key", id="no-key-in-the-key-file"),
        pytest.param(adds("host.db", b"SQL" * 999), "damaged", id="no-database-in-the-database-file"),
    ],
)
def test_a_backup_that_is_no_good_changes_nothing(
    home: Home, tmp_path: Path, damage: Damage, reason: str
) -> None:
    """It is refused with its reason, and the home that was to hold it is as empty as before."""
    file = made(home, tmp_path / "backup.tar")
    with tarfile.open(file) as tar:
        archive = Archive({m.name: tar.extractfile(m).read() for m in tar.getmembers()})  # type: ignore[union-attr] # plain files
    damage(archive)
    file.write_bytes(archive.packed())
    new = Home(tmp_path / "new")
    with pytest.raises(Untrusted, match=reason) as caught:
        restore(new, file, force=False)
    assert caught.value.code is Code.BACKUP_INVALID
    assert list(new.root.iterdir()) == []


def test_a_backup_with_the_key_of_another_host_is_refused(home: Home, tmp_path: Path) -> None:
    """Nobody could verify what it granted."""
    (home.host / "host.jwk").unlink()
    HostKeyFolder(home.host).host_key()
    with pytest.raises(Untrusted, match="not the one of its certificate"):
        restore(Home(tmp_path / "new"), made(home, tmp_path / "backup.tar"), force=False)


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
        ("restore", file, "--home", new),
        ("new-epoch", "--home", new),
        ("accept-clock", "--home", new),
        ("record", "--home", new),
    ):
        assert tenure(name, *words, "--json") == 0
        asked[name] = json.loads(capsys.readouterr().out)
    assert asked["backup"]["members"][0] == "host.db"
    assert asked["restore"]["epoch"] < asked["new-epoch"]["epoch"]
    assert asked["accept-clock"]["machines_moved_back"] == 0
    (publisher,) = asked["record"]["publishers"]
    assert publisher["pools"]["workstations"] == 25
    assert tenure("record", "--home", new, "--out", str(tmp_path / "page.md")) == 0
    page = (tmp_path / "page.md").read_text()
    assert str(HOST_ID) in page
    assert "tenure host restore FILE" in page
    assert json.loads((home.host / "host.jwk").read_text())["d"] not in page
    (tmp_path / "b.tar").write_bytes(b"")
    assert tenure("restore", file, "--home", str(tmp_path / "other")) == 5
