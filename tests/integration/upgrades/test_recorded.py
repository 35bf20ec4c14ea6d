"""Every released version's home, host, publisher, machine and conversations, under today's code (tests/recorded)."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest

from simulators.dns import MemoryDns
from simulators.machines import SimulatedMachine
from simulators.raw_http import answer_to
from simulators.recorded import VERSIONS, OldHost, Recorded, Said, members
from simulators.running import running
from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.host_transport import HttpHostTransport
from tenure.adapters.sql.migrations import History
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.client.activation import Activated, Activation, StillShort, Surroundings
from tenure.client.host_address import parse_host
from tenure.client.setup import set_hosts
from tenure.client.status import product_status
from tenure.core.errors import Code, Refused
from tenure.core.policy import DAY
from tenure.programs.host_server import HostServer
from tenure.programs.publisher import open_authority
from tenure.publisher.activation import activate_host
from tenure.wire.enrolment import decode_request
from tenure.wire.problems import error_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.wire.activation import ActivationBody

    Captured = pytest.CaptureFixture[str]

SAME_EACH_TIME = {"count", "threshold", "missing", "code"}
"""Members of an answer whose values do not depend on when, or in which version, it was given."""


@pytest.fixture(params=VERSIONS)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    """A released version."""
    return Recorded(request.param)


@pytest.fixture
def home(recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy of its home, and the command line on it."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path))
    monkeypatch.delenv("TENURE_CATALOG", raising=False)
    return recorded.home(tmp_path)


@pytest.fixture
def server(recorded: Recorded, home: Home) -> Iterator[HostServer]:
    """Today's host over it, at a clock that stands a minute after the recording began."""
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: recorded.at)) as server:
        yield server


def tenure(capsys: Captured, *arguments: str) -> dict[str, Any]:
    """What today's command prints."""
    assert run(command, [*arguments, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def tells(today: object, then: object) -> bool:
    """Whether today's JSON says all that a version's said, and perhaps more: members are only ever added."""
    if isinstance(then, dict):
        return isinstance(today, dict) and all(
            name in today and tells(today[name], value) for name, value in then.items()
        )
    if isinstance(then, list):
        return (
            isinstance(today, list)
            and len(today) == len(then)
            and all(tells(one, other) for one, other in zip(today, then, strict=True))
        )
    return today == then


def counts(server: HostServer) -> dict[str, int]:
    """The count of each pool, as a monitor sees it."""
    health = members(HttpClient().request("GET", f"{server.url}/v1/health").body)
    return {pool["pool"]: pool["count"] for pool in health["pools"]}


def test_the_host_serves_from_the_home_and_counts_what_it_counted(
    recorded: Recorded, server: HostServer
) -> None:
    """Nothing that was recorded is lost, and a new machine is granted its lease on top of it."""
    then = {pool["pool"]: pool["count"] for pool in recorded.facts["host"]["pools"]}
    assert counts(server) == then
    body = msgspec.json.encode(SimulatedMachine(recorded.product_id).ask(recorded.at))
    answer = HttpClient().request("POST", f"{server.url}/v1/activations", body=body)
    assert answer.status == 200
    assert members(answer.body)["count"] == then["workstations"] + 1


def test_the_host_tells_what_it_told(recorded: Recorded, home: Home, capsys: Captured) -> None:
    """`host status`: but for the counts, which are of today, and warnings of a certificate that ages."""
    then = recorded.facts["host"]
    for pool in then["pools"]:
        del pool["count"]
    del then["warnings"]
    assert tells(tenure(capsys, "host", "status"), then)


def test_the_publisher_knows_its_keys_and_issues_more(
    recorded: Recorded, home: Home, capsys: Captured
) -> None:
    """And who holds a place on each; a new key and a new edition of the catalog work as ever."""
    then = recorded.facts["keys"]["keys"]
    for key in then:
        assert tells(tenure(capsys, "publisher", "key", "show", key["key_id"]), key)
    tenure(capsys, "publisher", "key", "issue", "--type", "host", "--customer", "Another")
    assert len(tenure(capsys, "publisher", "key", "list")["keys"]) == len(then) + 1
    tenure(capsys, "publisher", "product", "add", "--name", "Later Product", "--kind", "workstation")


@pytest.mark.parametrize("database", ["host/host.db", "publisher/publisher.db"])
def test_a_database_that_was_migrated_is_kept_as_it_was(
    recorded: Recorded, home: Home, capsys: Captured, database: str
) -> None:
    """Under a name that says before what; where nothing had to be done there is no copy."""
    path = home.root / database
    history = History.HOST if database.startswith("host") else History.PUBLISHER
    before = revision(path)
    tenure(capsys, "host", "status")
    tenure(capsys, "publisher", "key", "list")
    assert revision(path) == history.head
    copies = list(path.parent.glob("*.before-*"))
    assert [revision(copy) for copy in copies] == ([] if before == history.head else [before])


def revision(database: Path) -> str:
    """The schema of a database."""
    with closing(sqlite3.connect(database)) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found)


@pytest.mark.parametrize(
    ("days", "status"),
    [
        pytest.param(0, "licensed", id="then"),
        pytest.param(179, "licensed", id="day-179"),
        pytest.param(180, "notification", id="day-180"),
        pytest.param(250, "reduced_functionality", id="day-250"),
    ],
)
def test_the_machine_s_lease_is_worth_what_it_was(
    recorded: Recorded, home: Home, days: int, status: str
) -> None:
    """Down to the day on which it ends; everything that the version told of it is still told."""
    store = FileClientStore(home.client)
    state = store.load()
    assert state.machine is not None
    fingerprints = state.machine.fingerprints
    told = product_status(
        state,
        recorded.product_id,
        fingerprint_of=fingerprints.get,
        fingerprint_source="os",
        now=recorded.at + days * DAY,
    )
    assert store.damaged == []
    then = recorded.facts["client"]
    assert (told.license_status, told.lease_id) == (status, then["lease_id"])
    assert (str(told.machine_id), told.partial_key, told.count, told.threshold) == (
        then["machine_id"],
        then["partial_key"],
        then["count"],
        then["threshold"],
    )


def test_an_old_client_is_understood_and_understands(recorded: Recorded, server: HostServer) -> None:
    """Its very bytes get an answer of the same status, which has every member that it knows, of the same kind."""
    for said in recorded.conversation("host"):
        today = Said(said.request, answer_to(server.url, said.request)).answered
        assert today.status == said.answered.status
        then, now = members(said.answered.body), members(today.body)
        assert {name: type(now.get(name)) for name in then} == {name: type(then[name]) for name in then}
        for name in SAME_EACH_TIME & then.keys():
            assert now[name] == then[name]
        assert ("retry-after" in said.answered.headers) == ("retry-after" in today.headers)


def surroundings_of(asked: ActivationBody, *, now: int, new_uuid: Callable[[], UUID]) -> Surroundings:
    """The machine that asked so."""
    return Surroundings(
        clock=lambda: now,
        fingerprint_of=lambda _publisher: asked.fingerprint,
        hostname=asked.hostname,
        virtual=asked.virtual,
        new_uuid=new_uuid,
        draw=lambda: 0.0,
        elapsed=lambda: 0.0,
        pause=lambda _seconds: None,
        dns=MemoryDns(),
    )


def ask_again(home: Home, said: Said) -> Activated | StillShort:
    """What today's client makes of an answer, having sent the request that it was given to."""
    asked = said.asked
    surroundings = surroundings_of(asked, now=asked.client_time, new_uuid=lambda: asked.request_id)
    store = FileClientStore(home.client)
    return Activation(store, OldHost([said.answered]), surroundings).activate(asked.product_id)


def test_an_old_host_is_understood(recorded: Recorded, home: Home) -> None:
    """Its lease verifies, its 202 is one, and its refusal is told by its code."""
    granted, short, refused = recorded.conversation("host")
    outcome = ask_again(home, granted)
    assert isinstance(outcome, Activated)
    assert outcome.lease.lease_id == recorded.facts["client"]["lease_id"]
    assert isinstance(ask_again(home, short), StillShort)
    error = error_of(refused.answered.status, refused.answered.body)
    assert (type(error), error.code) == (Refused, Code.INVALID_REQUEST)


def test_everything_upgraded_at_once_goes_on(recorded: Recorded, home: Home, server: HostServer) -> None:
    """Today's client on the old state renews at today's host over the old home, as the machine that it was."""
    before = counts(server)
    store = FileClientStore(home.client)
    set_hosts([parse_host(server.url)], store=store, clock=lambda: recorded.at, new_uuid=uuid4)
    said, *_ = recorded.conversation("host")
    surroundings = surroundings_of(said.asked, now=recorded.at, new_uuid=uuid4)
    outcome = Activation(store, HttpHostTransport(HttpClient()), surroundings).renew(recorded.product_id)
    assert isinstance(outcome, Activated)
    assert (outcome.lease.iat, str(outcome.lease.machine_id)) == (
        recorded.at,
        recorded.facts["client"]["machine_id"],
    )
    assert counts(server) == before


def test_an_old_request_for_a_certificate_gets_its_answer_again(recorded: Recorded, home: Home) -> None:
    """From the database, byte for byte, without another place on the key."""
    said = recorded.conversation("publisher")[0]
    with open_authority(home) as authority:
        answer = activate_host(replace(authority, clock=lambda: recorded.at), decode_request(said.body))
    assert tells(msgspec.to_builtins(answer), members(said.answered.body))
