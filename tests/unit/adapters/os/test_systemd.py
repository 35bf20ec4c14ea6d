from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.os.home import SYSTEM_HOME
from tenure.adapters.os.systemd import Service, Systemd
from tenure.core.errors import Code, LocalFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


def service(home: Path = SYSTEM_HOME, *, program: Path = Path("/usr/bin/python3")) -> Service:
    """An agent's."""
    return Service(
        name="an-agent", description="An agent", arguments=("client", "run"), home=home, program=program
    )


def line(text: str, name: str) -> str:
    """What the unit says of a name."""
    (found,) = (row.partition("=")[2] for row in text.splitlines() if row.startswith(f"{name}="))
    return found


def test_the_system_s_home_is_made_by_systemd() -> None:
    """Readable by every program, writable by the service; nothing else is."""
    text = service().unit()
    assert (line(text, "StateDirectory"), line(text, "StateDirectoryMode")) == ("tenure", "0755")
    assert line(text, "ProtectSystem") == "strict"
    assert line(text, "CapabilityBoundingSet") == ""
    assert "ReadWritePaths" not in text
    assert line(text, "ExecStart") == "/usr/bin/python3 -P -m tenure client run --home /var/lib/tenure"


@pytest.mark.parametrize(
    ("home", "command", "writable"),
    [
        ("/srv/tenure", "/srv/tenure", "/srv/tenure"),
        ("/srv/with space", '"/srv/with space"', '"/srv/with space"'),
        ('/srv/100%"$', '"/srv/100%%\\"$$"', '"/srv/100%%\\"$"'),
        ("/srv/back\\slash", '"/srv/back\\\\slash"', '"/srv/back\\\\slash"'),
    ],
)
def test_another_home_is_written_as_systemd_reads_it(home: str, command: str, writable: str) -> None:
    """Spaces, quotes, percent and dollar signs stand for themselves; only a command line has variables."""
    text = service(Path(home)).unit()
    assert line(text, "ExecStart").endswith(f"--home {command}")
    assert line(text, "ReadWritePaths") == writable
    assert "StateDirectory" not in text


@pytest.mark.parametrize(
    "home",
    [
        "/home/ann/tenure",
        "/root",
        "/tmp/x",  # noqa: S108 - to be refused
        "/var/tmp/x",  # noqa: S108 - to be refused
        "/run/user/0/x",
        "/srv/a\nb",
    ],
)
def test_a_home_that_the_service_would_not_keep_is_refused(home: str) -> None:
    """Private to users, emptied by a cleaner, or no name for a folder."""
    with pytest.raises(UsageError) as caught:
        service(Path(home)).unit()
    assert caught.value.code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("program", "protection"),
    [
        ("/usr/bin/python3", "yes"),
        ("/opt/tenure/bin/python", "yes"),
        ("/home/ann/venv/bin/python", "read-only"),
        ("/root/venv/bin/python", "read-only"),
    ],
)
def test_homes_are_hidden_unless_the_program_lies_in_one(program: str, protection: str) -> None:
    """Then they can be read, never written."""
    assert line(service(program=Path(program)).unit(), "ProtectHome") == protection


@pytest.fixture
def manager(tmp_path: Path) -> Callable[..., Systemd]:
    """A system with a systemctl that writes down what it is asked, and fails at the word that is given."""

    def make(*, failing: str = "-", booted: bool = True) -> Systemd:
        program = tmp_path / "systemctl"
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
            f'if [ "$1" = {failing} ]; then echo "Access denied" >&2; exit 4; fi\n'
        )
        program.chmod(0o755)
        (tmp_path / "units").mkdir(exist_ok=True)
        if booted:
            (tmp_path / "booted").mkdir(exist_ok=True)
        return Systemd(folder=tmp_path / "units", booted=tmp_path / "booted", systemctl=str(program))

    return make


def here(tmp_path: Path) -> Service:
    """A service whose home can be made in a test: only `unit` looks at where it lies."""

    class AnywhereService(Service):
        def unit(self) -> str:
            return "[Unit]\n"

    return AnywhereService(
        name="an-agent", description="-", arguments=("client", "run"), home=tmp_path / "new" / "home"
    )


@pytest.mark.skipif(os.name != "posix", reason="systemd is Linux'")
def test_installing_writes_the_unit_enables_and_starts_it(
    manager: Callable[..., Systemd], tmp_path: Path
) -> None:
    """In this order; a second time starts the new unit, and the home exists for it."""
    for _ in range(2):
        path = manager().install(here(tmp_path))
        assert path.read_text() == "[Unit]\n"
        assert path.name == "an-agent.service"
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["daemon-reload", "enable an-agent.service", "restart an-agent.service"] * 2
    assert (tmp_path / "new" / "home").is_dir()


@pytest.mark.skipif(os.name != "posix", reason="systemd is Linux'")
@pytest.mark.parametrize("failing", ["daemon-reload", "enable", "restart"])
def test_a_systemctl_that_refuses_is_told_in_its_words(
    manager: Callable[..., Systemd], tmp_path: Path, failing: str
) -> None:
    """What was run, what it said, and where to look."""
    with pytest.raises(LocalFault, match="Access denied") as caught:
        manager(failing=failing).install(here(tmp_path))
    assert caught.value.code is Code.SERVICE_NOT_INSTALLED
    assert failing in caught.value.detail


def test_a_machine_without_systemd_is_told_what_to_do(
    manager: Callable[..., Systemd], tmp_path: Path
) -> None:
    """A container, an image, another system: nothing is written, `--print` is named."""
    with pytest.raises(LocalFault, match="not started by systemd") as caught:
        manager(booted=False).install(here(tmp_path))
    assert "--print" in caught.value.cure
    assert not list((tmp_path / "units").iterdir())


def test_without_a_systemctl_or_the_right_to_write_it_is_told_too(tmp_path: Path) -> None:
    """Both are faults of this machine, with their cures."""
    (tmp_path / "file").write_text("")
    for folder, words in (
        (tmp_path / "file" / "units", "cannot be used"),
        (tmp_path / "units", "could not be run"),
    ):
        manager = Systemd(folder=folder, booted=tmp_path, systemctl=str(tmp_path / "missing"))
        with pytest.raises(LocalFault, match=words) as caught:
            manager.install(here(tmp_path))
        assert caught.value.code is Code.SERVICE_NOT_INSTALLED
