"""A host and its publisher over TLS, as their administrators set them up."""

from __future__ import annotations

import json
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from simulators.certificates import DAY, SimulatedCa
from simulators.host_home import activate_home
from simulators.publisher import SimulatedPublisher
from simulators.running import running
from tenure.adapters.http.client import HttpClient
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.errors import Code, LocalFault
from tenure.core.policy import Kind, Policy
from tenure.core.product_key import KeyType
from tenure.programs import publisher
from tenure.programs.host_server import HostServer
from tenure.programs.publisher_server import PublisherServer
from tenure.programs.server_tls import tls_source
from tenure.programs.up import Up
from tenure.publisher.authority import NewProduct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]

PUBLISHER = SimulatedPublisher(
    opened=0, policies={"workstations": Policy(threshold=1), "servers": Policy(threshold=5)}
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with an activated host, and the command line on it."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("TENURE_CATALOG", raising=False)
    home = Home(tmp_path / "home")
    activate_home(home, PUBLISHER, now=int(time.time()))
    return home


@pytest.fixture
def ca(tmp_path: Path) -> SimulatedCa:
    """The site's own authority."""
    return SimulatedCa(tmp_path)


def tenure(*arguments: object) -> int:
    """The exit code of `tenure ...`."""
    return run(command, [str(argument) for argument in arguments])


def printed(capsys: Captured) -> dict[str, Any]:
    """The JSON object that was printed last."""
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def serving(home: Home) -> AbstractContextManager[HostServer]:
    """The host of the home, with the TLS that is set for it."""
    return running(lambda: HostServer(home, "127.0.0.1", 0, tls=tls_source(home.host, None, None)))


def set_tls(side: str, ca: SimulatedCa, *names: str, ends_in: int = 90 * DAY) -> int:
    """The exit code of `tenure <side> tls` with a new certificate."""
    files = ca.issue(*names, called=side, ends_in=ends_in)
    return tenure(side, "tls", "--certificate", files.certificate, "--key", files.key)


def test_a_host_serves_with_the_certificate_that_was_set_and_its_status_tells_of_it(
    home: Home, ca: SimulatedCa, capsys: Captured
) -> None:
    """URL, names, end; without a warning where everything is right."""
    assert set_tls("host", ca, "localhost", socket.gethostname()) == 0
    capsys.readouterr()
    with serving(home) as server:
        assert HttpClient(ca=ca.file).request("GET", f"{_named(server)}/v1/health").status == 200
        assert tenure("host", "status", "--json") == 0
        told = printed(capsys)
        assert told["listening"] == server.url
        assert server.url.startswith("https://")
        assert told["tls"]["names"] == ["localhost", socket.gethostname().lower()]
        assert told["warnings"] == []


@pytest.mark.parametrize(
    ("names", "ends_in", "words"),
    [
        pytest.param([], 20 * DAY + 60, "ends in 20 days", id="ends soon"),
        pytest.param([], -60, "has expired", id="expired"),
        pytest.param(["elsewhere.example"], 90 * DAY, "calls itself", id="another name"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told_by_setting_and_status(
    home: Home, ca: SimulatedCa, capsys: Captured, *, names: list[str], ends_in: int, words: str
) -> None:
    """It is set all the same: its administrator may know better."""
    assert set_tls("host", ca, *(names or [socket.gethostname()]), ends_in=ends_in) == 0
    assert words in capsys.readouterr().out
    assert tenure("host", "status", "--json") == 0
    (warning,) = printed(capsys)["warnings"]
    assert words in warning


def test_files_that_vanish_are_told_by_status_and_keep_the_host_from_starting(
    home: Home, ca: SimulatedCa, capsys: Captured
) -> None:
    """A host that is set to speak TLS never serves plain HTTP instead."""
    assert set_tls("host", ca) == 0
    (ca.folder / "host.key").unlink()
    capsys.readouterr()
    assert tenure("host", "status", "--json") == 0
    told = printed(capsys)
    assert told["tls"] is None
    assert "host.key does not exist" in told["warnings"][0]
    with pytest.raises(LocalFault) as caught, serving(home):
        pass
    assert caught.value.code is Code.TLS_FILES_UNUSABLE


def test_files_that_cannot_be_used_are_not_set(home: Home, ca: SimulatedCa, capsys: Captured) -> None:
    """Exit 1, and what was set before stays."""
    assert set_tls("host", ca, "localhost") == 0
    files = ca.issue(called="new")
    files.key.chmod(0o644)
    capsys.readouterr()
    assert tenure("host", "tls", "--certificate", files.certificate, "--key", files.key) == 1
    assert "chmod 0600" in capsys.readouterr().err
    assert tenure("host", "tls", "--json") == 0
    assert printed(capsys)["certificate"] == str(ca.folder / "host.pem")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["host", "tls", "--certificate", "a.pem"], id="no key"),
        pytest.param(["host", "tls", "--key", "a.key"], id="no certificate"),
        pytest.param(["host", "tls", "--off", "--key", "a.key"], id="off and a key"),
        pytest.param(["host", "serve", "--port", "0", "--tls-certificate", "a.pem"], id="serve, no key"),
        pytest.param(
            ["publisher", "serve", "--port", "0", "--tls-key", "a.key"], id="publisher, no certificate"
        ),
    ],
)
def test_half_of_a_pair_is_exit_2(home: Home, arguments: list[str]) -> None:
    """Both or none."""
    assert tenure(*arguments) == 2


def test_tls_is_taken_back_with_off(home: Home, ca: SimulatedCa, capsys: Captured) -> None:
    """The next start serves plain HTTP."""
    assert set_tls("host", ca) == 0
    assert tenure("host", "tls", "--off") == 0
    assert "off: plain HTTP is served" in capsys.readouterr().out
    with serving(home) as server:
        assert server.url.startswith("http://")


def test_a_real_machine_is_licensed_over_tls_and_told_when_it_asks_without(
    home: Home, ca: SimulatedCa, tmp_path: Path, capsys: Captured
) -> None:
    """The machine's POST reaches a port that speaks TLS only: exit 4 and the cure names the scheme; then exit 0."""
    set_tls("host", ca)
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps({"catalogs": [PUBLISHER.catalog_token]}))
    with serving(home) as server:
        key = PUBLISHER.workstation.generic_keys[0]
        assert tenure("client", "install-key", key, "--catalog", catalog) == 0
        assert tenure("client", "set-host", _named(server).removeprefix("https://")) == 0
        capsys.readouterr()
        assert tenure("client", "activate") == 4
        assert "https://" in capsys.readouterr().err
        assert tenure("client", "set-host", _named(server), "--ca", ca.file) == 0
        assert tenure("client", "activate") == 0
        capsys.readouterr()
        assert tenure("client", "check-host", "--json") == 0
        assert printed(capsys)["hosts"][0]["tls"]["version"] == "TLSv1.3"


@pytest.fixture
def site(tmp_path: Path) -> Home:
    """A home with a publisher of one product, and its catalog in `exported.json`."""
    site = Home(tmp_path / "publisher")
    publisher.init(site, name="Example Software", contact="licenses@publisher.example", publisher_url=None)
    publisher.add_products(site, source=None, product=NewProduct(name="Draft Studio", kind=Kind.WORKSTATION))
    publisher.export_catalog(site, tmp_path / "exported.json")
    return site


@contextmanager
def publishing(site: Home, ca: SimulatedCa) -> Iterator[str]:
    """The URL of the publisher, which serves over TLS with the files of its command line."""
    files = ca.issue()
    tls = tls_source(site.publisher, files.certificate, files.key)
    with running(lambda: PublisherServer(site, "127.0.0.1", 0, tls=tls)) as server:
        assert server.url.startswith("https://")
        yield server.url.replace("127.0.0.1", "localhost")


def test_a_host_is_activated_by_a_publisher_of_its_own_authority(
    site: Home, ca: SimulatedCa, tmp_path: Path, capsys: Captured
) -> None:
    """Without `--ca` it trusts the system's and sends nothing; with it, it is activated, now and later."""
    key, _ = publisher.issue_host_key(site, pools=(), customer="Customer", agreement="A-1", trial=False)
    new = ["--home", tmp_path / "new"]
    assert tenure("host", "install-key", key.text, "--catalog", tmp_path / "exported.json", *new) == 0
    with publishing(site, ca) as url:
        capsys.readouterr()
        assert tenure("host", "activate", "--publisher", url, "--json", *new) == 5
        assert printed(capsys)["error"]["code"] == "tls_untrusted"
        assert tenure("host", "activate", "--publisher", url, "--ca", ca.file, *new) == 0
        assert tenure("host", "activate", "--publisher", url, *new) == 0


def test_a_machine_with_a_mak_trusts_its_publisher_apart_from_hosts(
    site: Home, ca: SimulatedCa, tmp_path: Path
) -> None:
    """`--ca` of activate is for those that it asks: here the publisher alone."""
    key, _, _ = publisher.issue_machine_key(
        site, KeyType.MAK, product=None, activations=3, customer="", agreement=""
    )
    machine = ["--home", tmp_path / "machine"]
    assert tenure("client", "install-key", key.text, "--catalog", tmp_path / "exported.json", *machine) == 0
    with publishing(site, ca) as url:
        assert tenure("client", "activate", "--publisher", url, *machine) == 5
        assert tenure("client", "activate", "--publisher", url, "--ca", ca.file, *machine) == 0
        assert tenure("client", "activate", "--publisher", url, *machine) == 0
    kept = {path.name for path in (tmp_path / "machine" / "client").glob("*.pem")}
    assert kept == {"publisher-ca.pem"}


def test_tenure_up_stays_plain_on_loopback(
    tmp_path: Path, ca: SimulatedCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is set for the host and the publisher of its home: nothing leaves the machine."""
    home = Home(tmp_path / "up")
    monkeypatch.setenv("TENURE_HOME", str(home.root))
    assert set_tls("host", ca) == set_tls("publisher", ca) == 0
    with running(lambda: Up(home, "127.0.0.1", port=0, publisher_port=0)) as up:
        assert up.quickstart["activation_url"].startswith("http://")
        assert up.quickstart["publisher_url"].startswith("http://")


def _named(server: HostServer) -> str:
    """The server's URL with the name in its certificate."""
    return server.url.replace("127.0.0.1", "localhost")
