"""`tenure client check-host` against a real host on a real socket."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from simulators.host_home import activate_home
from simulators.refusing_dns import refusing_dns
from simulators.running import running
from tenure.adapters.os.home import Home
from tenure.core.policy import Policy
from tenure.programs import host
from tenure.programs.host_server import HostServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulators.command_line import Cli

    Captured = pytest.CaptureFixture[str]

PORT_OF_NOBODY = 1
"""tcpmux: nothing listens there on a loopback interface."""


@pytest.fixture
def site(cli: Cli, tmp_path: Path) -> Iterator[HostServer]:
    """A real host of the command line's publisher, whose threshold is one machine."""
    cli.publisher.policies["workstations"] = Policy(threshold=1)
    home = Home(tmp_path / "site")
    activate_home(home, cli.publisher, now=int(time.time()))
    with running(lambda: HostServer(home, "127.0.0.1", 0)) as server:
        cli.url = server.url
        yield server


def printed(capsys: Captured) -> dict[str, Any]:
    """What is told of the only host."""
    (found,) = json.loads(capsys.readouterr().out)["hosts"]
    assert isinstance(found, dict)
    return found


def test_a_host_that_would_grant_is_exit_0_and_counts_nothing(
    cli: Cli, site: HostServer, capsys: Captured, tmp_path: Path
) -> None:
    """Address, clock, pools, certificate and product; the host's count stays 0."""
    cli.install()
    capsys.readouterr()
    assert cli("client", "check-host", "--json") == 0
    found = printed(capsys)
    assert found["host"] == site.url.removeprefix("http://")
    assert [(a["address"], a["outcome"]) for a in found["addresses"]] == [("127.0.0.1", "open")]
    assert abs(found["clock_difference_seconds"]) <= 1
    assert (found["certificates"][0]["verified"], found["certificates"][0]["publisher"]) == (
        True,
        "Example Software",
    )
    assert found["products"][0]["would_be_licensed"]
    assert found["error"] is None
    assert cli("client", "check-host") == 0
    told = capsys.readouterr().out
    assert "Draft Studio: would get a lease" in told
    assert "verified by Example Software" in told
    status, _ = host.status(Home(tmp_path / "site"))
    assert {pool.count for pool in status.pools} == {0}
    assert status.requests.total == 0


def test_a_host_may_be_tested_from_a_machine_that_has_nothing(
    cli: Cli, site: HostServer, capsys: Captured
) -> None:
    """No key, no catalog, no home: reachability, clock and counts are told, the certificate is not verified."""
    assert cli("client", "check-host", site.url) == 0
    told = capsys.readouterr().out
    assert "127.0.0.1 answers in" in told
    assert "workstations: 0 of 1 machines" in told
    assert "no catalog of its publisher is known here" in told
    assert "nothing would be asked for" in told
    assert not cli.home.exists()


def test_what_is_in_the_way_is_told_with_its_exit_code(cli: Cli, site: HostServer, capsys: Captured) -> None:
    """3 when a rule would refuse: the count of servers is short; the words are those of activating."""
    assert (
        cli("client", "install-key", cli.publisher.server.generic_keys[0], "--catalog", str(cli.catalog_file))
        == 0
    )
    capsys.readouterr()
    assert cli("client", "check-host", site.url) == 3
    told = capsys.readouterr()
    assert "Render Server: would get no lease" in told.out
    assert "count_insufficient, 0xC004F038" in told.err


def test_a_host_that_is_away_is_exit_4(cli: Cli, capsys: Captured) -> None:
    """A name without an address, and a port where nothing listens."""
    assert cli("client", "check-host", "nowhere.invalid") == 4
    assert "has no address here" in capsys.readouterr().err
    assert cli("client", "check-host", f"127.0.0.1:{PORT_OF_NOBODY}", "--json") == 4
    found = printed(capsys)
    assert found["addresses"][0]["outcome"] == "refused"
    assert (found["error"]["code"], found["error"]["hresult"]) == ("host_unreachable", "0xC004F074")


def test_every_host_that_is_set_is_tested(cli: Cli, site: HostServer, capsys: Captured) -> None:
    """The exit code is that of the first that would give no lease."""
    cli.install()
    assert cli("client", "set-host", site.url, f"127.0.0.1:{PORT_OF_NOBODY}") == 0
    capsys.readouterr()
    assert cli("client", "check-host", "--json") == 4
    assert len(json.loads(capsys.readouterr().out)["hosts"]) == 2


def test_without_any_host_the_dns_is_asked(cli: Cli, capsys: Captured) -> None:
    """Exit 4 where it names none, and what to do; nothing is written."""
    with refusing_dns() as server:
        assert cli("client", "check-host", "--domain", "corp.test", "--dns-server", server) == 4
    assert "_tenure._tcp.corp.test" in capsys.readouterr().err
    assert not cli.home.exists()
