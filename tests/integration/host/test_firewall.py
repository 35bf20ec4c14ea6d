"""`tenure host firewall`: the port of this host, and the lines for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.programs import host

if TYPE_CHECKING:
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]


def firewall(home: Path, *arguments: str) -> int:
    """The exit code of the command."""
    return run(command, ["host", "firewall", "--home", str(home), *arguments])


def test_the_port_that_was_set_is_let_in(tmp_path: Path, capsys: Captured) -> None:
    """Without a host it is 1688; `--port` goes before both."""
    assert firewall(tmp_path) == 0
    assert "ufw allow 1688/tcp" in capsys.readouterr().out
    with host.open_store(Home(tmp_path)) as store:
        store.save_setting("listening_port", "2000")
    assert firewall(tmp_path) == 0
    assert "ufw allow 2000/tcp" in capsys.readouterr().out
    assert firewall(tmp_path, "--port", "3000") == 0
    assert "ufw allow 3000/tcp" in capsys.readouterr().out


def test_json_has_a_field_for_everything(tmp_path: Path, capsys: Captured) -> None:
    """What a configuration management tool needs, besides our lines."""
    assert firewall(tmp_path, "--from", "10.0.0.0/8", "--from", "192.0.2.7", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["port"], said["protocol"], said["from"]) == (1688, "tcp", ["10.0.0.0/8", "192.0.2.7"])
    assert [rule["firewall"] for rule in said["rules"]] == ["ufw", "firewalld", "nftables", "windows"]
    assert all(rule["lines"] and rule["note"] for rule in said["rules"])


@pytest.mark.parametrize("arguments", [("--from", "corp"), ("--port", "0"), ("--port", "65536")])
def test_what_is_no_network_or_port_is_exit_2(
    tmp_path: Path, capsys: Captured, arguments: tuple[str, ...]
) -> None:
    """Nothing is printed that somebody might paste."""
    assert firewall(tmp_path, *arguments) == 2
    assert capsys.readouterr().out == ""
