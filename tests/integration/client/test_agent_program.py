"""The agent over real files and sockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from simulators.agents import agent
from simulators.processes import serving
from simulators.world import SHORT
from tenure.adapters.os.home import Home
from tenure.core.errors import Code, LocalFault, Unavailable
from tenure.programs.agent import AgentProgram

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from simulators.command_line import Cli

    Captured = pytest.CaptureFixture[str]


def status(cli: Cli, capsys: Captured) -> str:
    """The machine's license status."""
    capsys.readouterr()
    assert cli("client", "status", "--json") == 0
    return str(json.loads(capsys.readouterr().out)["license_status"])


def test_it_licenses_a_machine_and_says_so(cli: Cli, capsys: Captured) -> None:
    """Its lease is on disk when the log names it."""
    cli.install()
    with agent(cli.home) as it:
        it.until("Draft Studio has a lease until")
        assert status(cli, capsys) == "licensed"


def test_it_waits_at_the_host_until_it_is_granted(cli: Cli) -> None:
    """Each request may be held for as long as it was told to let hosts hold them."""
    cli.install()
    cli.host.script.extend([SHORT, SHORT])
    with agent(cli.home, wait=3) as it:
        it.until("waits at")
        it.until("has a lease")
    assert cli.host.waits == [3, 3, 3]


def test_what_a_command_installs_is_seen_without_a_restart(cli: Cli) -> None:
    """A key and a host that come while it runs."""
    with agent(cli.home) as it:
        it.until("No product key is installed")
        cli.install()
        it.until("has a lease")


def test_two_products_wait_at_the_same_time(cli: Cli) -> None:
    """A held request of one keeps the other from nothing."""
    cli.install()
    assert cli("client", "install-key", cli.publisher.server.generic_keys[0]) == 0
    both = threading.Barrier(2, timeout=30)
    answer = cli.host.on_the_way

    def hold(sent: object) -> object:
        both.wait()
        return sent

    cli.host.on_the_way = hold  # type: ignore[assignment]  # whatever arrives is passed on
    with agent(cli.home) as it:
        it.until("Draft Studio has a lease")
        it.until("Render Server has a lease")
    cli.host.on_the_way = answer


def test_a_host_that_is_away_is_asked_again(cli: Cli) -> None:
    """A second after a 503."""
    cli.install()
    cli.host.script.append(Unavailable(Code.STORAGE_UNAVAILABLE, "The host's disk is full."))
    with agent(cli.home) as it:
        it.until("The host's disk is full.")
        it.until("has a lease")


def test_a_fault_of_our_own_is_told_and_ends_no_agent(cli: Cli) -> None:
    """Whatever breaks while a host is asked, the agent asks again."""
    cli.install()
    broken = iter([True])

    def fingerprint_of(_publisher_id: UUID) -> str:
        if threading.current_thread().name.startswith("ask-") and next(broken, False):
            raise ZeroDivisionError
        return "fingerprint-of-this-machine"

    lines: SimpleQueue[str] = SimpleQueue()
    program = AgentProgram(
        Home(cli.home), tell=lambda notice: lines.put(notice.text), wait=1, fingerprint_of=fingerprint_of
    )
    thread = threading.Thread(target=program.run)
    thread.start()
    said = ""
    while "has a lease until" not in said:
        said += lines.get(timeout=30) + "\n"
    program.stop()
    thread.join()
    assert "The agent itself failed: ZeroDivisionError()" in said


def test_a_damaged_state_file_is_set_aside_named_and_replaced(cli: Cli, capsys: Captured) -> None:
    """The agent gets itself a new lease; the damaged one is kept beside it."""
    cli.install()
    assert cli("client", "activate") == 0
    (lease,) = (cli.home / "client" / "leases").iterdir()
    lease.write_text("{")
    with agent(cli.home) as it:
        assert f"{lease.name}.damaged-1" in it.until("is damaged")
        it.until("has a lease")
    assert status(cli, capsys) == "licensed"
    assert lease.with_name(f"{lease.name}.damaged-1").read_text() == "{"


def test_one_agent_a_home(cli: Cli) -> None:
    """The second one is refused; after the first has stopped a new one may run."""
    cli.install()
    with agent(cli.home) as first:
        first.until("looks after")
        with agent(cli.home) as second, pytest.raises(AssertionError):
            second.until("looks after")
        (failure,) = second.failure
        assert isinstance(failure, LocalFault)
        assert failure.code is Code.HOME_IN_USE
    with agent(cli.home) as third:
        third.until("looks after")


def test_it_stops_at_once_while_a_host_holds_its_request(cli: Cli) -> None:
    """Nobody waits for the host, and what it answers later is not written any more."""
    cli.install()
    held, release = threading.Event(), threading.Event()

    def hold(sent: object) -> object:
        held.set()
        assert release.wait(30)
        return sent

    cli.host.on_the_way = hold  # type: ignore[assignment]  # whatever arrives is passed on
    with agent(cli.home) as it:
        assert held.wait(30)
    assert it.log[-1].startswith("The agent has stopped")
    release.set()
    assert not list((cli.home / "client").glob("leases/*"))


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_command_with_exit_code_0(cli: Cli, number: signal.Signals) -> None:
    """`tenure client run`, told by systemd or by Ctrl-C."""
    cli.install()
    with serving("client", "run", home=cli.home) as process:
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 0
    assert "The agent has stopped" in out


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals of POSIX")
def test_with_json_every_line_is_an_object(cli: Cli) -> None:
    """Time, level and text."""
    cli.install()
    with serving("client", "run", "--json", home=cli.home) as process:
        process.terminate()
        out, _ = process.communicate(timeout=30)
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines
    assert {tuple(line) for line in lines} == {("time", "level", "text")}


@pytest.mark.skipif(sys.platform == "win32", reason="the journal is Linux'")
def test_under_systemd_lines_carry_the_journal_s_priority(cli: Cli) -> None:
    """`<6>` before the text when standard output is what `JOURNAL_STREAM` names, and no time of its own."""
    cli.install()
    reading, writing = os.pipe()
    found = os.fstat(writing)
    environment = {**os.environ, "JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "tenure", "client", "run"], stdout=writing, env=environment
    ) as process:
        os.close(writing)
        with os.fdopen(reading) as log:
            assert log.readline().startswith("<6>The agent looks after")
            process.terminate()
            log.read()


def test_a_home_that_cannot_be_used_is_exit_1(cli: Cli, capsys: Captured, tmp_path: Path) -> None:
    """A file stands where the client's folder should be."""
    (tmp_path / "client").write_text("")
    assert cli("client", "run", "--home", str(tmp_path)) == 1
    assert "home_unusable" in capsys.readouterr().err
