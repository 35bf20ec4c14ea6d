"""A host's settings on a running server, and `tenure slmgr` on a host without a machine beside it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from simulators.authority import SimulatedAuthority
from simulators.host_home import activate_home
from simulators.machines import SimulatedMachine
from simulators.publisher import SimulatedPublisher
from simulators.running import running
from tenure.adapters.http.client import HttpClient
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.product_key import KeyType, make
from tenure.programs.host_server import HostServer
from tenure.wire.catalog import CatalogList

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]

PUBLISHER = SimulatedPublisher(opened=0)
NOW = int(time.time())
"""The commands read the real clock, so the server stands at it, too."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with an activated host that does not serve yet, and the command line on it."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("TENURE_CATALOG", raising=False)
    home = Home(tmp_path / "home")
    activate_home(home, PUBLISHER, now=NOW)
    return home


@pytest.fixture
def server(home: Home) -> Iterator[HostServer]:
    """The host, serving at a clock that stands at NOW."""
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
        yield server


def slmgr(*words: str) -> int:
    """The exit code of `tenure slmgr ...`."""
    return run(command, ["slmgr", *words])


def put(home: Home, name: str, value: object) -> None:
    """A setting as any program could have written it."""
    with closing(sqlite3.connect(home.host / "host.db")) as connection:
        connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))
        connection.commit()


def retry_interval(server: HostServer) -> int:
    """What a new machine is told, below the threshold."""
    body = msgspec.json.encode(SimulatedMachine(PUBLISHER.workstation.product_id).ask(NOW))
    answer = HttpClient().request("POST", f"{server.url}/v1/activations", body=body)
    assert answer.status == 202
    interval: int = json.loads(answer.body)["retry_interval_s"]
    return interval


def test_an_interval_takes_effect_without_restart(server: HostServer) -> None:
    """`slmgr /sai` beside the running server; machines hear the new interval soon after."""
    assert retry_interval(server) == 7_200
    assert slmgr("/sai", "15") == 0
    while retry_interval(server) != 900:
        pass


def test_another_interval_of_asking_publishers_takes_effect_without_restart(
    server: HostServer, caplog: pytest.LogCaptureFixture
) -> None:
    """`host refresh --every` beside the running server, which says so once; it is kept though nobody could be asked."""
    caplog.set_level("INFO", "tenure.host")
    told = "publishers are asked every 15 minutes from now on"
    assert run(command, ["host", "refresh", "--every", "15"]) == 2
    while told not in caplog.messages:
        pass
    assert slmgr("/sai", "15") == 0
    while retry_interval(server) != 900:
        pass
    assert caplog.messages.count(told) == 1


def test_a_bad_setting_neither_stops_a_server_nor_keeps_it_from_starting(
    home: Home, server: HostServer, capsys: Captured
) -> None:
    """It counts as not set: the policy holds again, and `/dli` names it."""
    assert slmgr("/sai", "20") == 0
    while retry_interval(server) != 1_200:
        pass
    put(home, "retry_interval_s", "soon")
    while retry_interval(server) != 7_200:
        pass
    for value in (b"\xff\x00", -5, 2.5, "9" * 6000, ""):
        for name in ("retry_interval_s", "renewal_interval_s", "listening_port", "dns_publishing"):
            put(home, name, value)
        assert slmgr("/dli") == 0
        assert "The stored setting retry_interval_s cannot be used" in capsys.readouterr().out
    assert retry_interval(server) == 7_200


def test_a_server_starts_on_bad_settings(home: Home) -> None:
    """With the policy's intervals."""
    for name in ("retry_interval_s", "renewal_interval_s", "listening_port", "dns_publishing"):
        put(home, name, "\x00bad")
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
        assert retry_interval(server) == 7_200


def test_the_stored_port_is_used_when_none_is_given(home: Home, capsys: Captured) -> None:
    """`slmgr /sprt` with a port that was just free; `/dli` tells it before and while it serves."""
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
        port = server.url.rpartition(":")[2]
    assert slmgr("/sprt", port) == 0
    assert "must be restarted" in capsys.readouterr().out
    assert slmgr("/dli") == 0
    assert f"    Listening on Port: {port}\n" in capsys.readouterr().out
    with running(lambda: HostServer(home, "127.0.0.1", None, clock=lambda: NOW)) as again:
        assert again.url.rpartition(":")[2] == port


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("/sai", "14"), "15 to 43,200 minutes", id="an-interval-too-short"),
        pytest.param(("/sri", "43201"), "15 to 43,200 minutes", id="an-interval-too-long"),
        pytest.param(("/sprt", "0"), "1 to 65535", id="no-port"),
        pytest.param(("/sprt", "65536"), "1 to 65535", id="a-port-too-high"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(
    home: Home, capsys: Captured, words: tuple[str, ...], told: str
) -> None:
    """Exit 2, the bounds, and nothing is stored."""
    assert slmgr(*words) == 2
    assert told in capsys.readouterr().err
    with closing(sqlite3.connect(home.host / "host.db")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM setting").fetchone() == (0,)


def test_dns_publishing_is_stored_and_told(home: Home, capsys: Captured) -> None:
    """And what is missing for it (tests/integration/dns has the rest)."""
    for switch, label in (("/sdns", "enabled"), ("/cdns", "disabled")):
        assert slmgr(switch) == 0
        assert ("publish-dns --zone ZONE" in capsys.readouterr().out) == (switch == "/sdns")
        assert slmgr("/dli") == 0
        assert f"    DNS publishing {label}\n" in capsys.readouterr().out


def test_a_host_tells_its_licenses(home: Home, server: HostServer, capsys: Captured) -> None:
    """One block a pool with its count, the counters once, and a name by which each publisher can be asked for."""
    retry_interval(server)
    capsys.readouterr()
    assert slmgr("/dli", "--json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["products"] == []
    assert {
        (one["pool"], one["count"], one["threshold"], one["license_status"])
        for one in told["host"]["licenses"]
    } == {("workstations", 1, 25, "licensed"), ("servers", 0, 5, "licensed")}
    assert told["host"]["requests"] == {"total": 1, "refused": 0}
    assert told["host"]["requests_by_status"] == {"notification": 1}
    publisher_id = told["host"]["licenses"][0]["publisher_id"]
    assert slmgr("/dlv", publisher_id.upper()) == 0
    assert f"Activation ID: {publisher_id}" in capsys.readouterr().out
    assert slmgr("/xpr") == 0
    assert "The host's certificate will expire" in capsys.readouterr().out
    assert slmgr("/dli", "No Such Product") == 2
    assert "0xC004F069" in capsys.readouterr().err


def test_a_host_key_that_is_another_users_is_not_shown(home: Home, capsys: Captured) -> None:
    """The rest is for everybody."""
    (home.host / f"{PUBLISHER.publisher_id}.product-key").mkdir()
    assert slmgr("/dli") == 0
    assert "Partial Product Key: not readable for this user" in capsys.readouterr().out


def test_a_host_without_a_server_keeps_its_key(home: Home, capsys: Captured) -> None:
    """`/upk` is about machines' products."""
    assert slmgr("/upk") == 2
    assert "a host keeps its key" in capsys.readouterr().err


def test_a_host_key_is_installed_on_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Its catalog must be named or be the only one; it is never printed; until it is activated, a warning says so."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TENURE_CATALOG", raising=False)
    key = make(KeyType.HOST, 1023, 5).text
    assert slmgr("/ipk", key) == 2
    assert "No publisher's catalog was found" in capsys.readouterr().err
    catalogs = tmp_path / "home" / "catalogs"
    catalogs.mkdir(parents=True)
    (catalogs / "one.json").write_bytes(msgspec.json.encode(CatalogList((PUBLISHER.catalog_token,))))
    assert slmgr("/ipk", key) == 0
    out = capsys.readouterr().out
    assert f"XXXXX-{key[-5:]} successfully." in out
    assert key not in out
    assert slmgr("/sri", "60") == 0
    assert "not an activated host" in capsys.readouterr().out
    assert slmgr("/dli") == 0
    assert "is not activated: tenure slmgr /ato" in capsys.readouterr().out
    # The publisher of the simulator has no address: the cure says what is missing.
    assert slmgr("/ato") != 0
    told = capsys.readouterr()
    assert told.out.startswith("Activating Example Software (")
    assert told.err.startswith("Error:")
    other = SimulatedAuthority().authority.catalogs().tokens
    (catalogs / "two.json").write_bytes(msgspec.json.encode(CatalogList(tuple(other))))
    assert slmgr("/ipk", key) == 2
    assert "Several publishers' catalogs" in capsys.readouterr().err


def test_a_damaged_host_does_not_hide_the_machine_beside_it(home: Home, capsys: Captured) -> None:
    """The product is told of, with a note about the host; alone, the host's damage is the error."""
    for leftover in home.host.glob("host.db*"):
        leftover.unlink()
    (home.host / "host.db").write_bytes(b"no database" * 100)
    assert slmgr("/dli") == 5
    assert capsys.readouterr().err.startswith("Error:")
    key = PUBLISHER.workstation.generic_keys[0]
    catalog = home.root / "catalog.json"
    catalog.write_bytes(msgspec.json.encode(CatalogList((PUBLISHER.catalog_token,))))
    assert slmgr("/ipk", key, "--catalog", str(catalog)) == 0
    capsys.readouterr()
    assert slmgr("/dli") == 0
    told = capsys.readouterr()
    assert "Name: Draft Studio" in told.out
    assert "the host in this home cannot be told of" in told.err


def test_a_host_without_the_servers_packages_is_told_in_words(home: Home) -> None:
    """The error says which extra brings them, and that is no crash."""
    program = (
        "import sys; sys.modules['sqlalchemy'] = None;"
        "from tenure.cli.main import main; sys.argv = ['tenure', 'slmgr', '/sai', '60']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "sqlalchemy" in done.stderr
    assert "tenure[server]" in done.stderr
    assert "Traceback" not in done.stderr
