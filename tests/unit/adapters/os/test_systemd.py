from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.os.systemd import Systemd
from tenure.adapters.os.systemd_unit import ServerTraits, Service
from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name != "posix", reason="systemd is Linux'")

PROGRAM = Path("/usr/bin/python3")


@pytest.fixture
def manager(tmp_path: Path) -> Callable[..., Systemd]:
    """A system whose programs write down what they are asked, and fail at the word that is given."""

    def make(*, failing: str = "nothing", booted: bool = True, present: bool = True) -> Systemd:
        for name in ("systemctl", "systemd-sysusers"):
            program = tmp_path / name
            program.write_text(
                f'#!/bin/sh\necho "{name} $@" >> {tmp_path}/asked\n'
                f'case "$*" in *{failing}*) echo "Access denied" >&2; exit 4;; esac\n'
            )
            program.chmod(0o755)
        if present:
            (tmp_path / "units").mkdir(exist_ok=True)
        if booted:
            (tmp_path / "booted").mkdir(exist_ok=True)
        return Systemd(
            folder=tmp_path / "units",
            sysusers=tmp_path / "sysusers",
            booted=tmp_path / "booted",
            programs=tmp_path,
        )

    return make


class AnywhereService(Service):
    """A service whose home can be made in a test: only `unit` looks at where it lies."""

    def unit(self) -> str:
        """The shortest."""
        return "[Unit]\n"


def agent(tmp_path: Path, program: Path = PROGRAM) -> Service:
    """An agent's service."""
    return AnywhereService(
        name="an-agent",
        description="-",
        arguments=("client", "run"),
        home=tmp_path / "new" / "home",
        program=program,
    )


def server(tmp_path: Path, program: Path = PROGRAM, user: str | None = None) -> Service:
    """A server's, which runs as a user that exists."""
    return AnywhereService(
        name="a-server",
        description="A server",
        arguments=("host", "serve"),
        home=tmp_path / "new" / "home",
        program=program,
        server=ServerTraits(user=user or tmp_path.owner(), part="host"),
    )


def test_installing_an_agent_writes_the_unit_enables_and_starts_it(
    manager: Callable[..., Systemd], tmp_path: Path
) -> None:
    """In this order; a second time starts the new unit, and the home exists for it."""
    for _ in range(2):
        installed = manager().install(agent(tmp_path))
        assert installed.started
        assert installed.file.read_text() == "[Unit]\n"
        assert installed.file.name == "an-agent.service"
    asked = (tmp_path / "asked").read_text().splitlines()
    assert (
        asked
        == [
            "systemctl daemon-reload",
            "systemctl enable an-agent.service",
            "systemctl restart an-agent.service",
        ]
        * 2
    )
    assert (tmp_path / "new" / "home").is_dir()


def test_a_server_s_user_is_made_first(manager: Callable[..., Systemd], tmp_path: Path) -> None:
    """By a file that makes it again wherever the system's image is started; its part of the home exists."""
    manager().install(server(tmp_path))
    conf = tmp_path / "sysusers" / "a-server.conf"
    assert conf.read_text().startswith(f"u {tmp_path.owner()} - ")
    assert (tmp_path / "asked").read_text().splitlines() == [
        f"systemd-sysusers {conf}",
        "systemctl daemon-reload",
        "systemctl enable a-server.service",
        "systemctl restart a-server.service",
    ]
    assert (tmp_path / "new" / "home" / "host").stat().st_mode & 0o777 == 0o750


def test_in_an_image_the_unit_is_written_and_enabled_but_not_started(
    manager: Callable[..., Systemd], tmp_path: Path
) -> None:
    """There is systemd, which did not start this machine: the service starts with the first boot."""
    assert not manager(booted=False).install(server(tmp_path)).started
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[1:] == ["systemctl enable a-server.service"]


@pytest.mark.parametrize("failing", ["sysusers", "daemon-reload", "enable", "restart"])
def test_a_program_that_refuses_is_told_in_its_words(
    manager: Callable[..., Systemd], tmp_path: Path, failing: str
) -> None:
    """What was run, what it said, and where to look."""
    with pytest.raises(LocalFault, match="Access denied") as caught:
        manager(failing=failing).install(server(tmp_path))
    assert caught.value.code is Code.SERVICE_NOT_INSTALLED
    assert failing in caught.value.detail


def test_a_machine_without_systemd_is_told_what_to_do(
    manager: Callable[..., Systemd], tmp_path: Path
) -> None:
    """Nothing is written, `--print` is named."""
    with pytest.raises(LocalFault, match="no systemd") as caught:
        manager(booted=False, present=False).install(server(tmp_path))
    assert "--print" in caught.value.cure
    assert "tenure host serve" in caught.value.cure
    assert not (tmp_path / "units").exists()
    assert not (tmp_path / "sysusers").exists()


def test_without_the_right_to_write_it_says_how_to_get_it(
    manager: Callable[..., Systemd], tmp_path: Path
) -> None:
    """A file in the folder's place plays the missing right, which root has everywhere."""
    (tmp_path / "sysusers").write_text("")
    with pytest.raises(LocalFault, match="cannot be used") as caught:
        manager().install(server(tmp_path))
    assert caught.value.cure == "Run it as root: sudo tenure host install-service."
    assert not list((tmp_path / "units").iterdir())


def test_a_user_that_was_not_made_is_named(manager: Callable[..., Systemd], tmp_path: Path) -> None:
    """Nothing is started then."""
    with pytest.raises(LocalFault, match="no user nobody-of-this-name"):
        manager().install(server(tmp_path, user="nobody-of-this-name"))
    assert not list((tmp_path / "units").iterdir())


def test_without_a_systemctl_it_is_told_too(tmp_path: Path) -> None:
    """A fault of this machine, with its cure."""
    (tmp_path / "units").mkdir()
    manager = Systemd(folder=tmp_path / "units", booted=tmp_path, programs=tmp_path / "missing")
    with pytest.raises(LocalFault, match="could not be run") as caught:
        manager.install(agent(tmp_path))
    assert caught.value.code is Code.SERVICE_NOT_INSTALLED


@pytest.mark.parametrize(
    ("make", "program", "closed"),
    [
        (server, "/root/venv/bin/python", "/root"),
        (server, "/home/ann/venv/bin/python", "/home"),
        (server, "/tmp/venv/bin/python", "/tmp"),  # noqa: S108 - to be refused
        (agent, "/tmp/venv/bin/python", "/tmp"),  # noqa: S108 - to be refused
        (agent, "/root/venv/bin/python", None),
        (server, "/opt/tenure/bin/python", None),
    ],
)
def test_a_program_that_the_service_could_not_run_is_refused(
    manager: Callable[..., Systemd],
    tmp_path: Path,
    make: Callable[[Path, Path], Service],
    program: str,
    closed: str | None,
) -> None:
    """Before anything is written: a unit that can only fail helps nobody."""
    if closed is None:
        manager().install(make(tmp_path, Path(program)))
        return
    with pytest.raises(LocalFault, match=f"{closed} is closed to it") as caught:
        manager().install(make(tmp_path, Path(program)))
    assert "/opt" in caught.value.cure
    assert not (tmp_path / "asked").exists()


def test_a_link_into_a_closed_folder_is_followed(manager: Callable[..., Systemd], tmp_path: Path) -> None:
    """A virtual environment's Python is one."""
    (tmp_path / "python").symlink_to("/root/python/bin/python3")
    with pytest.raises(LocalFault, match="closed to it"):
        manager().install(server(tmp_path, tmp_path / "python"))


@pytest.mark.parametrize("now", [" --now", ""], ids=["running", "an image"])
def test_removing_stops_it_and_leaves_its_state(
    manager: Callable[..., Systemd],
    tmp_path: Path,
    now: str,
) -> None:
    """Again: there is nothing to remove."""
    systemd = manager(booted=bool(now))
    systemd.install(server(tmp_path))
    (tmp_path / "asked").unlink()
    assert systemd.remove(server(tmp_path))
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == f"systemctl disable{now} a-server.service"
    assert asked[1:] == ["systemctl daemon-reload"] * bool(now)
    assert not list((tmp_path / "units").iterdir())
    assert not list((tmp_path / "sysusers").iterdir())
    assert (tmp_path / "new" / "home" / "host").is_dir()
    assert not systemd.remove(server(tmp_path))
