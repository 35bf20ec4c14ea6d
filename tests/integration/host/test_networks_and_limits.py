"""`tenure host networks` and `tenure host limits`, beside a running server and peers of several networks."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from simulators.host_home import activate_home
from simulators.machines import SimulatedMachine
from simulators.network import ONE, OTHER, SERVER_SIX, SIX, Heard, Network, needs_network, network
from simulators.publisher import SimulatedPublisher
from simulators.running import running
from tenure.adapters.http.client import HttpClient
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.host.limits import Limits
from tenure.programs.host_server import HostServer
from tenure.wire.activation import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]

PUBLISHER = SimulatedPublisher(opened=0)
NOW = int(time.time())
WAITS = Heard(202, "count_insufficient", "7200")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with an activated host that does not serve yet, and the command line on it."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path))
    home = Home(tmp_path)
    activate_home(home, PUBLISHER, now=NOW)
    return home


@pytest.fixture
def site(home: Home) -> Iterator[Network]:
    """The host, serving a network of its own."""
    needs_network()
    with network(home.root) as site:
        yield site


def tenure(*arguments: str) -> int:
    """The exit code of `tenure host ...`."""
    return run(command, ["host", *arguments])


def status(capsys: Captured) -> dict[str, Any]:
    """What `tenure host status --json` tells."""
    capsys.readouterr()
    assert tenure("status", "--json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def new(number: int = 1) -> list[str]:
    """The requests of so many new machines."""
    machines = (SimulatedMachine(PUBLISHER.workstation.product_id) for _ in range(number))
    return [msgspec.json.encode(machine.ask(NOW)).decode() for machine in machines]


def until(ask: Callable[[], list[Heard]], wanted: Callable[[Heard], bool]) -> Heard:
    """The first answer that is wanted: a running server goes by a change within a second."""
    while True:
        (heard,) = ask()
        if wanted(heard):
            return heard


@pytest.mark.real
def test_only_networks_that_are_allowed_are_served_from_the_next_second_on(
    site: Network, capsys: Captured
) -> None:
    """One by one: everybody, one network, another one and an IPv6 one, everybody again."""
    assert (
        site.ask(ONE, new()) == site.ask(OTHER, new()) == site.ask(SIX, new(), server=SERVER_SIX) == [WAITS]
    )
    assert tenure("networks", "192.0.2.0/24") == 0
    refused = until(lambda: site.ask(OTHER, new()), lambda heard: heard.status != 202)
    assert refused == Heard(403, "not_allowed_from_here", None)
    assert site.ask(SIX, new(), server=SERVER_SIX) == [refused]
    assert site.ask(ONE, new()) == [WAITS]
    assert site.ask("127.0.0.1", new(), server="127.0.0.1") == [WAITS]
    assert tenure("networks", "198.51.100.2", "2001:db8::/64") == 0
    until(lambda: site.ask(OTHER, new()), lambda heard: heard == WAITS)
    assert site.ask(SIX, new(), server=SERVER_SIX) == [WAITS]
    assert site.ask(ONE, new()) == [refused]
    assert tenure("networks", "--any") == 0
    until(lambda: site.ask(ONE, new()), lambda heard: heard == WAITS)
    while not (reasons := status(capsys)["turned_away"]["reasons"]):
        pass
    assert set(reasons) == {"network"}
    assert reasons["network"]["last_address"] in {OTHER, ONE, SIX}
    lines = [line for line in site.log.read_text().splitlines() if "is not allowed" in line]
    assert len(lines) == 1
    assert f"a request from {OTHER} was refused" in lines[0]


@pytest.mark.real
def test_an_address_beyond_its_limits_is_told_when_to_come_back_and_no_other_is(site: Network) -> None:
    """Requests, new machines and connections, each limit beside the running server."""
    assert tenure("limits", "--new-machines", "3") == 0
    refused = until(lambda: site.ask(ONE, new()), lambda heard: heard.status != 202)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert int(refused.retry_after or 0) > 60
    assert site.ask(OTHER, new(3)) == [WAITS] * 3

    assert tenure("limits", "--connections", "5") == 0
    site.hold(ONE, connections=30, left=5)
    assert f"{ONE} held 30 connections; 25 were closed" in site.log.read_text()

    assert tenure("limits", "--address-rate", "1", "--address-burst", "2", "--new-machines", "1000000") == 0
    refused = until(
        lambda: site.ask(ONE, new()), lambda heard: heard.status == 429 and int(heard.retry_after or 0) <= 60
    )
    assert refused.code == "rate_limited"
    assert site.ask(SIX, new(), server=SERVER_SIX) == [WAITS]
    assert site.ask("127.0.0.1", new(5), server="127.0.0.1") == [WAITS] * 5


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        pytest.param(b"{" + b" " * MAX_BODY, "too_large", "requests that were too large", id="too-large"),
        pytest.param(b"GET me a license", "unreadable", "requests that could not be read", id="unreadable"),
    ],
)
def test_what_never_came_to_the_desk_is_counted(
    home: Home, capsys: Captured, body: bytes, reason: str, words: str
) -> None:
    """`host status` beside the running server tells within seconds how many, and whose was the last."""
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
        while status(capsys)["turned_away"] is None:
            pass
        assert status(capsys)["turned_away"]["reasons"] == {}
        assert tenure("status") == 0
        assert "nobody since" in capsys.readouterr().out
        assert HttpClient().request("POST", f"{server.url}/v1/activations", body=body).status in {400, 413}
        while not (reasons := status(capsys)["turned_away"]["reasons"]):
            pass
        assert set(reasons) == {reason}
        assert (reasons[reason]["times"], reasons[reason]["last_address"]) == (1, "127.0.0.1")
        assert tenure("status") == 0
        assert f"1 {words}, the last of 127.0.0.1 at " in capsys.readouterr().out
    assert status(capsys)["turned_away"] is None


def test_networks_are_shown_and_set(home: Home, capsys: Captured) -> None:
    """In words and as JSON; what is no network is exit 2 and changes nothing."""
    assert tenure("networks") == 0
    assert capsys.readouterr().out == "This host serves every network.\n"
    assert tenure("networks", "192.0.2.0/24", "10.0.0.0/8", "--json") == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert shown == {"networks": ["10.0.0.0/8", "192.0.2.0/24"], "unusable": []}
    assert tenure("networks", "10.0.0.1/8") == 2
    assert "10.0.0.0/8 was meant, perhaps" in capsys.readouterr().err
    assert tenure("networks", "10.0.0.0/8", "--any") == 2
    capsys.readouterr()
    assert tenure("networks") == 0
    assert capsys.readouterr().out == "This host serves loopback and:\n  10.0.0.0/8\n  192.0.2.0/24\n"


def test_limits_are_shown_and_set(home: Home, capsys: Captured) -> None:
    """Those that are given change, the others stay; out of bounds is exit 2."""
    assert tenure("limits", "--json") == 0
    shown: dict[str, int] = json.loads(capsys.readouterr().out)
    assert Limits(**shown) == Limits()
    assert tenure("limits", "--address-rate", "50") == 0
    assert "50 a second, 5,000 at once" in capsys.readouterr().out
    assert tenure("limits", "--connections", "0") == 2
    assert "connections is 1 to 1,000,000" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["networks", "limits"])
def test_without_a_host_there_is_nothing_to_set(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, with what to do first."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "none"))
    assert tenure(name) == 2
