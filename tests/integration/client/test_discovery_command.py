"""`tenure client discovery`: shows and sets how hosts are found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simulators.command_line import Cli

    Captured = pytest.CaptureFixture[str]

UNTOUCHED: dict[str, Any] = {
    "hosts": [],
    "domain": None,
    "label": "_tenure",
    "dns_server": None,
    "host_caching": True,
    "found": None,
}


def told(cli: Cli, capsys: Captured, *arguments: str) -> dict[str, Any]:
    """What it says after this was set."""
    capsys.readouterr()
    assert cli("client", "discovery", *arguments, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_showing_writes_nothing(cli: Cli, capsys: Captured) -> None:
    """On a machine that has nothing, the defaults are told."""
    assert told(cli, capsys) == UNTOUCHED
    assert cli("client", "discovery") == 0
    assert "this machine's own, then its search list" in capsys.readouterr().out
    assert not cli.home.exists()


def test_each_setting_is_set_and_taken_back(cli: Cli, capsys: Captured) -> None:
    """`auto` is the machine's own again; what is not named stays."""
    assert told(cli, capsys, "--domain", "Corp.Test.") == {**UNTOUCHED, "domain": "corp.test"}
    everything = told(
        cli, capsys, "--label", "_own", "--dns-server", "[fd00::2]:5353", "--host-caching", "off"
    )
    assert everything == {
        **UNTOUCHED,
        "domain": "corp.test",
        "label": "_own",
        "dns_server": "[fd00::2]:5353",
        "host_caching": False,
    }
    assert told(cli, capsys) == everything
    back = ("--domain", "auto", "--label", "_tenure", "--dns-server", "auto", "--host-caching", "on")
    assert told(cli, capsys, *back) == UNTOUCHED


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(("--domain", "corp.test:1688"), 2, "is no DNS domain", id="a domain with a port"),
        pytest.param(("--label", "tenure"), 2, "is no label", id="a label without its underscore"),
        pytest.param(("--label", "_vlmcs"), 3, "belongs to Microsoft's clients", id="Microsoft's label"),
        pytest.param(("--dns-server", "dns.test"), 2, "no address of a DNS server", id="a server's name"),
        pytest.param(("--host-caching", "maybe"), 2, "maybe", id="neither on nor off"),
    ],
)
def test_what_is_none_is_refused_and_nothing_is_set(
    cli: Cli, capsys: Captured, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """With what to write instead."""
    assert cli("client", "discovery", *arguments) == code
    assert words in capsys.readouterr().err
    assert not cli.home.exists()


def test_hosts_that_are_set_are_told(cli: Cli, capsys: Captured) -> None:
    """The DNS is not asked then, and how to change that."""
    cli.install()
    capsys.readouterr()
    assert cli("client", "discovery") == 0
    assert "tenure client clear-host" in capsys.readouterr().out
    assert told(cli, capsys)["hosts"] == [cli.url.removeprefix("http://")]
