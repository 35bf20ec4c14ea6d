from __future__ import annotations

from pathlib import Path

import pytest

from tenure.adapters.os.home import SYSTEM_HOME
from tenure.adapters.os.systemd_unit import ServerTraits, Service
from tenure.core.errors import Code, UsageError


def service(home: Path = SYSTEM_HOME, *, program: Path = Path("/usr/bin/python3")) -> Service:
    """An agent's."""
    return Service(
        name="an-agent", description="An agent", arguments=("client", "run"), home=home, program=program
    )


def server(home: Path = SYSTEM_HOME, *, user: str = "tenure", low_port: bool = False) -> Service:
    """A server's."""
    return Service(
        name="a-server",
        description="A server",
        arguments=("host", "serve"),
        home=home,
        program=Path("/usr/bin/python3"),
        server=ServerTraits(user=user, part="host", low_port=low_port),
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


def test_a_server_runs_as_its_own_user_who_owns_one_part_of_the_home() -> None:
    """Readable by that user alone; without any capability; it tells systemd how it fares, and SIGHUP reloads it."""
    text = server().unit()
    assert (line(text, "User"), line(text, "UMask")) == ("tenure", "0077")
    assert (line(text, "StateDirectory"), line(text, "StateDirectoryMode")) == ("tenure/host", "0750")
    assert (line(text, "CapabilityBoundingSet"), line(text, "AmbientCapabilities")) == ("", "")
    assert (line(text, "Type"), line(text, "WatchdogSec")) == ("notify", "60")
    assert line(text, "ExecReload") == "/bin/kill -HUP $MAINPID"
    assert int(line(text, "LimitNOFILE")) > 2 * 4_096


def test_another_home_s_part_is_all_that_a_server_may_write() -> None:
    """The rest of the home, such as a client's state, is read-only for it."""
    text = server(Path("/srv/tenure")).unit()
    assert line(text, "ReadWritePaths") == "/srv/tenure/host"
    assert "StateDirectory" not in text


def test_a_port_below_1024_brings_the_one_capability_for_it() -> None:
    """And no other."""
    text = server(low_port=True).unit()
    assert line(text, "AmbientCapabilities") == "CAP_NET_BIND_SERVICE"
    assert line(text, "CapabilityBoundingSet") == "CAP_NET_BIND_SERVICE"


@pytest.mark.parametrize(
    "user", ["root", "", "Tenure", "a b", "-x", "x\nUser=root", "x" * 32, "1st"], ids=repr
)
def test_a_user_that_no_server_should_be_is_refused(user: str) -> None:
    """Root, or a name that systemd would not take."""
    with pytest.raises(UsageError) as caught:
        server(user=user).unit()
    assert caught.value.code is Code.INVALID_ARGUMENT


def test_only_a_server_needs_a_user() -> None:
    """In the words of sysusers.d(5)."""
    assert server(Path("/srv/a b")).sysusers() == 'u tenure - "A server" "/srv/a b"\n'
    assert service().sysusers() is None
