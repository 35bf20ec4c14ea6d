"""Several hosts on one real PostgreSQL: one count, one inventory, one log, and what happens when something is killed."""

from __future__ import annotations

import json
import logging
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest

from simulators.host_home import activate_home
from simulators.machines import SimulatedMachine
from simulators.postgresql import PostgreSql, postgresql
from simulators.processes import serving, tenure
from simulators.publisher import NOW, SimulatedPublisher
from simulators.running import running
from tenure.adapters.http.client import HttpAnswer, HttpClient
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.errors import Code, LocalFault, Refused, Unavailable
from tenure.core.policy import DAY, DEFAULT_POLICIES, Kind
from tenure.programs import host
from tenure.programs.host_database import database_in_use, use_database
from tenure.programs.host_server import HostServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

PUBLISHER = SimulatedPublisher()
SECONDS = 1.0
"""Within which everybody is licensed once the threshold is reached."""


@dataclass
class Clock:
    """A clock that the test sets."""

    now: int = NOW

    def __call__(self) -> int:
        """The time."""
        return self.now


@dataclass
class Pair:
    """Two hosts with homes and keys of their own, which record in one database."""

    homes: list[Home]
    url: str
    clock: Clock
    publisher: SimulatedPublisher

    @contextmanager
    def serving(self) -> Iterator[list[HostServer]]:
        """Both serve."""
        with (
            running(lambda: HostServer(self.homes[0], "127.0.0.1", 0, clock=self.clock)) as a,
            running(lambda: HostServer(self.homes[1], "127.0.0.1", 0, clock=self.clock)) as b,
        ):
            yield [a, b]


def make_pair(folder: Path, url: str, *, publisher: SimulatedPublisher = PUBLISHER, now: int = NOW) -> Pair:
    """Two activated hosts on the database."""
    homes = [Home(folder / name) for name in ("a", "b")]
    for number, home in enumerate(homes, start=1):
        activate_home(home, publisher, now=now, host_id=UUID(int=number), seed=10 + number)
        use_database(home, url)
    return Pair(homes, url, Clock(now), publisher)


@pytest.fixture
def pair(postgres: PostgreSql, tmp_path: Path) -> Pair:
    """Two hosts on a database of the test's own."""
    return make_pair(tmp_path, postgres.url(postgres.host_database()))


@pytest.fixture
def present_pair(postgres: PostgreSql, tmp_path: Path) -> Pair:
    """The same at the real time, which commands go by."""
    return make_pair(
        tmp_path,
        postgres.url(postgres.host_database()),
        publisher=SimulatedPublisher(opened=0),
        now=int(time.time()),
    )


def post(server: HostServer | str, machine: SimulatedMachine, now: int, *, wait: int = 0) -> HttpAnswer:
    """The answer to a machine's request."""
    base = server if isinstance(server, str) else server.url
    preference = {"prefer": f"wait={wait}"} if wait else {}
    return HttpClient().request(
        "POST",
        f"{base}/v1/activations",
        body=msgspec.json.encode(machine.ask(now)),
        wait=wait,
        headers=preference,
    )


def said(answer: HttpAnswer) -> dict[str, Any]:
    """The answer's JSON object."""
    value = json.loads(answer.body)
    assert isinstance(value, dict)
    return value


def workstation(publisher: SimulatedPublisher = PUBLISHER) -> SimulatedMachine:
    """A new machine."""
    return SimulatedMachine(publisher.workstation.product_id)


def counts(server: HostServer) -> dict[str, int]:
    """What a host's health says of its pools."""
    answer = HttpClient().request("GET", f"{server.url}/v1/health")
    return {pool["pool"]: pool["count"] for pool in said(answer)["pools"]}


@pytest.mark.alone
def test_13_machines_at_one_host_and_12_at_the_other_are_all_licensed_with_the_25th(pair: Pair) -> None:
    """Each host counts what the other recorded, and wakes its own within a second."""
    with pair.serving() as (a, b), ThreadPoolExecutor(32) as machines:
        here = [machines.submit(post, a, workstation(), NOW, wait=60) for _ in range(13)]
        there = [machines.submit(post, b, workstation(), NOW, wait=60) for _ in range(11)]
        while counts(a)["workstations"] < 24 or counts(b)["workstations"] < 24:
            pass
        assert not any(one.done() for one in here + there)
        began = time.monotonic()
        last = post(b, workstation(), NOW, wait=60)
        answers = [last, *(one.result() for one in here + there)]
        assert time.monotonic() - began < SECONDS
    assert [answer.status for answer in answers] == [200] * 25
    assert said(last)["count"] == 25


@pytest.mark.alone
def test_a_notice_that_is_lost_costs_half_a_second(pair: Pair) -> None:
    """A host that hears nothing reads the count by itself, twice a second."""
    with pair.serving() as (deaf, other), ThreadPoolExecutor(8) as machines:
        deaf._companion.stop()
        waiting = machines.submit(post, deaf, SimulatedMachine(PUBLISHER.server.product_id), NOW, wait=60)
        while counts(other)["servers"] < 1:
            pass
        for _ in range(3):
            post(other, SimulatedMachine(PUBLISHER.server.product_id), NOW)
        began = time.monotonic()
        assert post(other, SimulatedMachine(PUBLISHER.server.product_id), NOW).status == 200
        assert waiting.result().status == 200
        assert time.monotonic() - began < SECONDS


@pytest.mark.alone
def test_the_last_two_machines_at_the_same_moment_at_different_hosts(
    postgres: PostgreSql, tmp_path: Path
) -> None:
    """Thirty times: whichever comes first, both are licensed within a second, and exactly one of them was the last."""
    policy = replace(DEFAULT_POLICIES[Kind.WORKSTATION], threshold=2, window_days=1)
    publisher = SimulatedPublisher(policies={**PUBLISHER.policies, "workstations": policy})
    pair = make_pair(tmp_path, postgres.url(postgres.host_database()), publisher=publisher)
    with pair.serving() as servers, ThreadPoolExecutor(2) as machines:
        for _ in range(30):
            pair.clock.now += policy.window_days * DAY  # so that nobody from before counts
            began = time.monotonic()
            asked = [
                machines.submit(post, server, workstation(publisher), pair.clock.now, wait=20)
                for server in servers
            ]
            answers = [one.result() for one in asked]
            assert [answer.status for answer in answers] == [200, 200]
            assert [said(answer)["count"] for answer in answers] == [2, 2]
            assert time.monotonic() - began < SECONDS


def test_a_machine_is_known_to_both_hosts(pair: Pair) -> None:
    """It counts once, wherever it asks; each host has an identity and an epoch of its own, and one log is written."""
    machine = workstation()
    with pair.serving() as (a, b):
        assert [said(post(server, machine, NOW))["count"] for server in (a, b, a)] == [1, 1, 1]
        assert said(post(b, workstation(), NOW))["count"] == 2
        (one, _), (other, _) = (host.status(home) for home in pair.homes)
    assert one.host_id != other.host_id
    assert one.requests == other.requests
    assert one.requests.total == 4
    assert [pool.machines for pool in one.pools] == [pool.machines for pool in other.pools] == [0, 2]


def test_a_database_that_is_killed_promises_nothing_and_comes_back(tmp_path: Path) -> None:
    """503 with `Retry-After`; after its restart the same request counts once, without a restart of the hosts."""
    with postgresql() as server:
        pair = make_pair(tmp_path, server.url(server.host_database()))
        with pair.serving() as (a, b):
            assert said(post(a, workstation(), NOW))["count"] == 1
            server.kill()
            machine = workstation()
            body = machine.ask(NOW)
            refused = post_body(b, body)
            assert (refused.status, said(refused)["code"]) == (503, "storage_unavailable")
            assert int(refused.headers["retry-after"]) > 0
            server.start(fsync=True)
            began = time.monotonic()
            while (answer := post_body(b, body)).status == 503:
                assert time.monotonic() - began < 10
            assert said(answer)["count"] == 2
            assert said(post_body(b, body))["count"] == 2
            while (answer := post(a, workstation(), NOW)).status == 503:
                assert time.monotonic() - began < 10
            assert said(answer)["count"] == 3


def post_body(server: HostServer, body: object) -> HttpAnswer:
    """The answer to a body that may be sent again."""
    return HttpClient().request("POST", f"{server.url}/v1/activations", body=msgspec.json.encode(body))


def test_a_host_that_is_killed_leaves_its_count_to_the_others(present_pair: Pair) -> None:
    """What it answered is counted; the other host goes on, and the killed one starts again as if nothing had been."""
    (killed, left), now, publisher = present_pair.homes, present_pair.clock.now, present_pair.publisher
    arguments = ("host", "serve", "--host", "127.0.0.1", "--port", "0")
    with running(lambda: HostServer(left, "127.0.0.1", 0)) as survivor:
        with serving(*arguments, home=killed.root) as process:
            url = host.status(killed)[1]
            assert url is not None
            for number in range(1, 4):
                assert said(post(url, workstation(publisher), now))["count"] == number
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert said(post(survivor, workstation(publisher), now))["count"] == 4
        with running(lambda: HostServer(killed, "127.0.0.1", 0)) as again:
            assert said(post(again, workstation(publisher), now))["count"] == 5


def test_retention_is_shared_and_a_running_host_goes_by_it(pair: Pair) -> None:
    """Set at one host, it is the other's, too: both let go of the same rows."""
    with pair.serving() as (a, _):
        host.set_retention(pair.homes[1], log_days=7, machine_days=None)
        while a._retention.log_days != 7:
            pass
    assert host.set_retention(pair.homes[0], log_days=None, machine_days=None).log_days == 7


def test_status_says_with_whom_a_host_counts_and_what_is_unsafe(
    postgres: PostgreSql, present_pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """Alone until another host recorded a machine; the tests' server flushes nothing, and that is told, also in the log."""
    pair = present_pair
    database = pair.url.rpartition("/")[2]
    postgres.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
    told = database_in_use(pair.homes[0])
    assert told.name == f"PostgreSQL database {database} on 127.0.0.1"
    assert told.counting == "This host counts alone."
    assert ["fsync" in warning for warning in told.warnings] == [True, False]
    assert "synchronous_commit" in told.warnings[1]
    with caplog.at_level(logging.WARNING, "tenure.host"), pair.serving() as (_, b):
        assert post(b, workstation(pair.publisher), pair.clock.now).status == 202
    assert told.warnings[0] in caplog.text
    status, _ = host.status(pair.homes[0])
    assert status.storage is not None
    assert status.storage.counting == "This host shares its count with 1 other."
    assert set(told.warnings) <= set(status.warnings)


def test_a_home_that_is_moved_to_a_database_and_back_keeps_what_it_is(
    postgres: PostgreSql, tmp_path: Path
) -> None:
    """Identity, key, catalogs and certificate stay; the count begins anew in the new place, and is there still in the old."""
    home = Home(tmp_path / "host")
    activate_home(home, PUBLISHER, now=NOW)
    url = postgres.url(postgres.host_database())
    for place, expected in ((None, 1), (url, 1), (None, 2), (url, 2)):
        use_database(home, place)
        with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
            assert said(post(server, workstation(), NOW))["count"] == expected


def test_the_owner_of_a_database_needs_no_other_right_and_its_password_stands_in_a_file(
    postgres: PostgreSql, tmp_path: Path
) -> None:
    """From an empty database to a counted machine; without the password the message says where it belongs."""
    postgres.execute("CREATE ROLE tenure LOGIN PASSWORD 'swordfish'")
    postgres.execute("CREATE DATABASE owned OWNER tenure")
    home = Home(tmp_path / "host")
    activate_home(home, PUBLISHER, now=NOW)
    passwords = tmp_path / "pgpass"
    passwords.write_text("127.0.0.1:*:owned:tenure:swordfish\n")
    passwords.chmod(0o600)
    url = postgres.url("owned").replace("postgres@", "tenure@")
    with pytest.raises(Unavailable) as caught:
        use_database(home, f"{url}?passfile=/nonexistent")
    assert ".pgpass" in caught.value.cure
    use_database(home, f"{url}?passfile={passwords}")
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
        assert said(post(server, workstation(), NOW))["count"] == 1
        assert said(post(server, workstation(), NOW))["count"] == 2


def test_a_host_whose_server_runs_stays_where_it_is(pair: Pair) -> None:
    """The server would go on recording in the old place, and commands would look into the new one."""
    with pair.serving(), pytest.raises(LocalFault) as caught:
        use_database(pair.homes[0], None)
    assert caught.value.code is Code.HOME_IN_USE


def test_a_product_of_another_publisher_is_refused(pair: Pair, tmp_path: Path) -> None:
    """One product id cannot be counted for two publishers in one database; the home stays as it was."""
    stranger = SimulatedPublisher(publisher_id=UUID(int=99), names=PUBLISHER.publisher_id)
    home = Home(tmp_path / "stranger")
    activate_home(home, stranger, now=NOW)
    with pytest.raises(Refused) as caught:
        use_database(home, pair.url)
    assert caught.value.code is Code.PRODUCT_TAKEN
    assert database_in_use(home).name == str(home.host_database)


def test_the_command_stores_the_url_and_prints_no_password(
    postgres: PostgreSql, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """From the arguments or from standard input; the file is its owner's alone, and a wrong URL changes nothing."""
    home = Home(tmp_path / "host")
    activate_home(home, PUBLISHER, now=NOW)

    def database(*arguments: str) -> int:
        return run(command, ["host", "database", "--home", str(home.root), *arguments])

    assert database("--home", str(tmp_path / "nothing")) == 2
    assert "There is no host" in capfd.readouterr().err
    assert not (tmp_path / "nothing").exists()
    name = postgres.host_database()
    url = postgres.url(name).replace("postgres@", "postgres:swordfish@")
    stored = home.host / "database.url"
    given = tenure("host", "database", "-", "--json", home=home.root, stdin=f"{url}\n")
    assert given.json["database"] == f"PostgreSQL database {name} on 127.0.0.1"
    assert stored.read_text() == f"{url}\n"
    assert stored.stat().st_mode & 0o777 == 0o600
    nowhere = url.replace(name, "nowhere")
    assert [database(f"{url}?tenure=1"), database(nowhere), database(url), database()] == [2, 4, 0, 0]
    told = capfd.readouterr()
    assert "This host counts alone." in told.out
    assert "swordfish" not in given.out + given.err + told.out + told.err
    assert stored.read_text() == f"{url}\n"
    assert database("--embedded", "--json") == 0
    back = json.loads(capfd.readouterr().out)
    assert back == {"database": str(home.host_database), "other_hosts": 0, "warnings": []}
    assert not stored.exists()


def test_each_host_accepts_its_own_clock_and_nobody_is_lost_by_it(pair: Pair) -> None:
    """Machines that were recorded in the future count as seen now; the other host refuses until it is told the same."""
    product_id = PUBLISHER.workstation.product_id
    pair.clock.now = NOW + DAY
    with pair.serving() as servers:
        for server in servers:
            post(server, SimulatedMachine(product_id), pair.clock.now)
        # A desk hears of what was recorded after the machine does.
        while any(counts(server)["workstations"] < 2 for server in servers):
            pass
        pair.clock.now = NOW
        machine = SimulatedMachine(product_id)
        assert [said(post(server, machine, NOW))["code"] for server in servers] == ["host_clock"] * 2
        assert host.accept_clock(pair.homes[0], clock=pair.clock) == (NOW, 2)
        while (answer := said(post(servers[0], machine, NOW)))["code"] == "host_clock":
            pass
        assert (answer["code"], answer["count"]) == ("count_insufficient", 3)
        assert said(post(servers[1], machine, NOW))["code"] == "host_clock"
