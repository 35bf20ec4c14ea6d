"""`tenure host install-service` and the publisher's: the commands, and what systemd's own tools say of the units."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulators.systemd_tools import systemd_tool
from tenure.adapters.os.home import SYSTEM_HOME, Home
from tenure.cli.command import run
from tenure.cli.main import command as tenure
from tenure.programs import host
from tenure.programs.server_service import host_service, publisher_service

if TYPE_CHECKING:
    from tenure.adapters.os.systemd_unit import Service

    Captured = pytest.CaptureFixture[str]

MOST_EXPOSURE = 15
"""Tenths of systemd's scale from 0 (nothing exposed) to 10: what docs/how-to/host-service.md says. A port below 1024
costs one tenth more."""

SERVICES = {
    "the system's home": host_service(Home(SYSTEM_HOME), port=1688),
    "another home": host_service(Home(Path("/srv/tenure")), port=17_000),
    "an odd home": host_service(Home(Path('/srv/a "100%" $HOME')), port=1688),
    "a low port": host_service(Home(SYSTEM_HOME), port=443),
    "a publisher": publisher_service(Home(SYSTEM_HOME), port=1690),
}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    """A server's service."""
    return SERVICES[request.param]


@pytest.fixture
def unit(service: Service, tmp_path: Path) -> Path:
    """Its unit in a file."""
    path = tmp_path / service.unit_name
    path.write_text(service.unit())
    return path


@pytest.mark.real
def test_systemd_understands_every_line_of_the_unit(unit: Path) -> None:
    """`systemd-analyze verify` has nothing to say."""
    verified = systemd_tool("systemd-analyze", "verify", str(unit))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


@pytest.mark.real
def test_the_unit_exposes_little(service: Service, unit: Path) -> None:
    """`systemd-analyze security`, without running it."""
    most = MOST_EXPOSURE + (service.server is not None and service.server.low_port)
    judged = systemd_tool(
        "systemd-analyze", "security", "--offline=yes", f"--threshold={most}", "--no-pager", str(unit)
    )
    assert judged.returncode == 0, judged.stdout


@pytest.mark.real
def test_systemd_makes_the_user_as_we_write_it(service: Service, tmp_path: Path) -> None:
    """`systemd-sysusers`, in a system that is not this one: a system user without a shell, once."""
    (tmp_path / "etc").mkdir()
    for _ in range(2):
        made = systemd_tool(
            "systemd-sysusers", f"--root={tmp_path}", "--inline", (service.sysusers() or "").strip()
        )
        assert (made.returncode, made.stdout) == (0, "")
    (user,) = (tmp_path / "etc" / "passwd").read_text().splitlines()
    name, _, number, _, description, folder, shell = user.split(":")
    assert service.server is not None
    assert (name, description, folder) == (service.server.user, service.description, str(service.home))
    assert int(number) < 1000
    assert shell.endswith("nologin")


def test_a_publisher_s_service_may_listen_elsewhere(capsys: Captured) -> None:
    """On the address that was given, instead of the loopback one."""
    arguments = ("publisher", "install-service", "--print", "--home", "/srv/tenure", "--host", "192.0.2.1")
    assert run(tenure, arguments) == 0
    assert "publisher serve --host 192.0.2.1 --port 1690 --home /srv/tenure\n" in capsys.readouterr().out


@pytest.mark.parametrize(("command", "part"), [("host", "host"), ("publisher", "publisher")])
def test_print_shows_the_unit_and_touches_nothing(capsys: Captured, command: str, part: str) -> None:
    """With `--json` beside the service's name, home and user; the home need not exist."""
    arguments = (
        command,
        "install-service",
        "--print",
        "--home",
        "/srv/tenure",
        "--port",
        "2000",
        "--user",
        "u",
    )
    assert run(tenure, arguments) == 0
    shown = capsys.readouterr().out
    assert f"{command} serve --port 2000 --home /srv/tenure\n" in shown
    assert f"ReadWritePaths=/srv/tenure/{part}\nProtectHome" in shown
    assert run(tenure, [*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "service": f"tenure-{command}.service",
        "home": "/srv/tenure",
        "user": "u",
        "unit": shown,
    }
    assert not Path("/srv/tenure").exists()


@pytest.mark.parametrize(
    "arguments",
    [("--home", "/tmp/tenure"), ("--user", "root"), ("--user", "A b"), ("--port", "0")],  # noqa: S108 - to be refused
)
def test_what_no_service_can_be_is_exit_2(capsys: Captured, arguments: tuple[str, ...]) -> None:
    """Told before anything is written."""
    assert run(tenure, ["host", "install-service", "--print", *arguments]) == 2
    assert capsys.readouterr().out == ""


def test_the_port_that_was_set_decides_on_the_right_for_low_ports(tmp_path: Path) -> None:
    """The unit itself names no port: whichever is set when the service starts is taken."""
    home = Home(tmp_path)
    with host.open_store(home) as store:
        store.save_setting("listening_port", "443")
    service = host_service(home)
    assert service.server is not None
    assert service.server.low_port
    assert service.arguments == ("host", "serve")


def test_host_and_publisher_are_different_users() -> None:
    """A host that faces a network cannot reach the keys of a publisher on the same machine."""
    users = {service.name: service.server.user for service in SERVICES.values() if service.server}
    assert users == {"tenure-host": "tenure", "tenure-publisher": "tenure-publisher"}
