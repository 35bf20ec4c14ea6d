"""`tenure client install-service`: the command, and what systemd's own tools say of the unit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulators.systemd_tools import systemd_tool
from tenure.adapters.os.home import SYSTEM_HOME, Home
from tenure.programs.client_service import agent_service

if TYPE_CHECKING:
    from simulators.command_line import Cli

    Captured = pytest.CaptureFixture[str]

MOST_EXPOSURE = 20
"""Tenths of systemd's scale from 0 (nothing exposed) to 10; it calls up to 2.0 "OK"."""


@pytest.fixture(params=["the system's home", "another home", "an odd home"])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The agent's unit in a file."""
    homes = {
        "the system's home": SYSTEM_HOME,
        "another home": Path("/srv/tenure"),
        "an odd home": Path('/srv/a "100%" $HOME'),
    }
    path = tmp_path / "tenure-agent.service"
    path.write_text(agent_service(Home(homes[request.param])).unit())
    return path


@pytest.mark.real
def test_systemd_understands_every_line_of_the_unit(unit: Path) -> None:
    """`systemd-analyze verify` has nothing to say."""
    verified = systemd_tool("systemd-analyze", "verify", str(unit))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


@pytest.mark.real
def test_the_unit_exposes_little(unit: Path) -> None:
    """`systemd-analyze security`: 2.0 or less."""
    judged = systemd_tool(
        "systemd-analyze",
        "security",
        "--offline=yes",
        f"--threshold={MOST_EXPOSURE}",
        "--no-pager",
        str(unit),
    )
    assert judged.returncode == 0, judged.stdout


def test_print_shows_the_unit_and_touches_nothing(cli: Cli, capsys: Captured) -> None:
    """With `--json` beside the service's name and home."""
    assert cli("client", "install-service", "--print", "--home", "/srv/tenure") == 0
    shown = capsys.readouterr().out
    assert shown == agent_service(Home(Path("/srv/tenure"))).unit()
    assert cli("client", "install-service", "--print", "--json", "--home", "/srv/tenure") == 0
    assert json.loads(capsys.readouterr().out) == {
        "service": "tenure-agent.service",
        "home": "/srv/tenure",
        "user": "root",
        "unit": shown,
    }


def test_a_home_that_does_not_last_is_exit_2(cli: Cli, capsys: Captured) -> None:
    """A temporary folder is emptied, and a service has one of its own."""
    assert cli("client", "install-service", "--print", "--home", "/tmp/tenure") == 2  # noqa: S108 - to be refused
    assert "/var/lib/tenure" in capsys.readouterr().err
