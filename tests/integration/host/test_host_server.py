"""A host on a real socket with a real database: what it answers, to good input and to bad."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest

from simulators.host import HOST_ID
from simulators.host_home import activate_home
from simulators.machines import SimulatedMachine
from simulators.publisher import NOW, SimulatedPublisher
from simulators.running import running
from tenure.adapters.http.client import HttpAnswer, HttpClient
from tenure.adapters.os.home import Home
from tenure.adapters.sql.host_ledger import SqliteLedger
from tenure.adapters.sql.ledger_process import LedgerProcess
from tenure.core.errors import Code, LocalFault, TenureError, Unavailable, Untrusted
from tenure.programs import host
from tenure.programs.host_server import HostServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tenure.wire.activation import ActivationBody

PUBLISHER = SimulatedPublisher()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with an activated host that does not serve yet."""
    home = Home(tmp_path)
    activate_home(home, PUBLISHER, now=NOW)
    return home


@pytest.fixture
def server(home: Home) -> Iterator[HostServer]:
    """The host, serving at a clock that stands at NOW."""
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
        yield server


@dataclass
class Recorded:
    """A host that records in its own process, and the connection by which it does."""

    server: HostServer
    connection: sqlite3.Connection


@pytest.fixture
def recorded(home: Home) -> Iterator[Recorded]:
    """As `server`, for tests that make its database fail."""
    ledgers: list[SqliteLedger] = []

    def open_ledger(path: Path, windows: Callable[[], Mapping[int, int]]) -> SqliteLedger:
        ledgers.append(SqliteLedger(path, windows))
        return ledgers[-1]

    with running(
        lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW, open_ledger=open_ledger)
    ) as server:
        yield Recorded(server, ledgers[-1]._connection)


def post(
    server: HostServer, body: ActivationBody | bytes, *, wait: int = 0, headers: dict[str, str] | None = None
) -> HttpAnswer:
    """The answer to a request."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    preference = {"prefer": f"wait={wait}"} if wait else {}
    url = f"{server.url}/v1/activations"
    return HttpClient().request(
        "POST", url, body=content, wait=wait, headers={**preference, **(headers or {})}
    )


def said(answer: HttpAnswer) -> dict[str, Any]:
    """The answer's JSON object."""
    value = json.loads(answer.body)
    assert isinstance(value, dict)
    return value


def get(server: HostServer, path: str) -> dict[str, Any]:
    """What a path serves."""
    return said(HttpClient().request("GET", server.url + path))


def workstation() -> SimulatedMachine:
    """A new machine."""
    return SimulatedMachine(PUBLISHER.workstation.product_id)


def test_24_workstations_and_4_servers_wait_and_the_25th_and_the_5th_license_all_of_theirs(
    server: HostServer,
) -> None:
    """Each kind is woken by its own last machine, and by no other."""
    answers: dict[str, list[int]] = {"workstations": [], "servers": []}

    def wait(product_id: UUID, pool: str) -> None:
        answers[pool].append(post(server, SimulatedMachine(product_id).ask(NOW), wait=60).status)

    def waiting(product_id: UUID, pool: str, machines: int) -> list[threading.Thread]:
        threads = [threading.Thread(target=wait, args=(product_id, pool)) for _ in range(machines)]
        for thread in threads:
            thread.start()
        return threads

    def counts() -> dict[str, int]:
        return {pool["pool"]: pool["count"] for pool in get(server, "/v1/health")["pools"]}

    workstations = waiting(PUBLISHER.workstation.product_id, "workstations", 24)
    servers = waiting(PUBLISHER.server.product_id, "servers", 4)
    while counts() != {"workstations": 24, "servers": 4}:
        pass
    assert answers == {"workstations": [], "servers": []}
    assert post(server, SimulatedMachine(PUBLISHER.server.product_id).ask(NOW)).status == 200
    for thread in servers:
        thread.join()
    assert answers == {"workstations": [], "servers": [200] * 4}
    assert post(server, workstation().ask(NOW)).status == 200
    for thread in workstations:
        thread.join()
    assert answers == {"workstations": [200] * 24, "servers": [200] * 4}


def test_a_waiting_machine_is_told_when_to_come_back(server: HostServer) -> None:
    """202 with `Retry-After`, and no `Preference-Applied` when nothing was preferred."""
    answer = post(server, workstation().ask(NOW))
    assert (answer.status, answer.headers["retry-after"]) == (202, "7200")
    assert "preference-applied" not in answer.headers


def test_a_held_machine_is_told_that_it_was_held(server: HostServer) -> None:
    """After its time, 202 with `Preference-Applied: wait=1` and `Retry-After: 1`."""
    answer = post(server, workstation().ask(NOW), wait=1)
    assert (answer.status, answer.headers["retry-after"], answer.headers["preference-applied"]) == (
        202,
        "1",
        "wait=1",
    )


def test_a_stopped_host_starts_with_the_counts_that_it_had(home: Home) -> None:
    """Rows are the truth; memory only follows."""
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
        for _ in range(3):
            post(server, workstation().ask(NOW))
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
        assert said(post(server, workstation().ask(NOW)))["count"] == 4


def test_health_tells_time_host_and_counts(server: HostServer) -> None:
    """What a monitor needs, in one answer."""
    health = get(server, "/v1/health")
    assert (health["status"], health["time"], health["host_id"]) == ("ok", NOW, str(HOST_ID))
    assert {(p["pool"], p["count"], p["threshold"]) for p in health["pools"]} == {
        ("workstations", 0, 25),
        ("servers", 0, 5),
    }


def test_a_host_serves_its_certificates_and_catalogs(server: HostServer) -> None:
    """A client that was off for a year finds all that it needs here."""
    assert len(get(server, "/v1/certificates")["certificates"]) == 1
    publisher = str(PUBLISHER.publisher_id)
    assert get(server, "/v1/publishers") == {"publishers": [publisher]}
    assert get(server, f"/v1/publishers/{publisher}/catalogs?after=0")["catalogs"] == [
        PUBLISHER.catalog_token
    ]
    assert get(server, f"/v1/publishers/{publisher}/catalogs?after=1")["catalogs"] == []


GOOD = json.loads(msgspec.json.encode(SimulatedMachine(PUBLISHER.workstation.product_id).ask(NOW)))

BAD_BODIES = [
    pytest.param(b"", 400, Code.INVALID_REQUEST, id="empty"),
    pytest.param(b"{", 400, Code.INVALID_REQUEST, id="half-a-document"),
    pytest.param(b"[]", 400, Code.INVALID_REQUEST, id="no-object"),
    pytest.param(b"[" * 10_000, 400, Code.INVALID_REQUEST, id="10000-nested-brackets"),
    pytest.param(b'{"extra":' + b"[" * 10_000, 400, Code.INVALID_REQUEST, id="10000-nested-brackets-inside"),
    pytest.param(b"\xff\xfe{}", 400, Code.INVALID_REQUEST, id="not-utf-8"),
    pytest.param(b" " * 1_000_000, 413, Code.TOO_LARGE, id="a-megabyte"),
    pytest.param(b" " * 16_385, 413, Code.TOO_LARGE, id="a-byte-too-many"),
    pytest.param(json.dumps({**GOOD, "machine_id": "x"}).encode(), 400, Code.INVALID_REQUEST, id="no-uuid"),
    pytest.param(
        json.dumps({**GOOD, "client_time": 1.5}).encode(), 400, Code.INVALID_REQUEST, id="a-fraction"
    ),
    pytest.param(
        json.dumps({**GOOD, "hostname": "a\nb"}).encode(), 400, Code.INVALID_REQUEST, id="control-characters"
    ),
    pytest.param(
        json.dumps({**GOOD, "product_id": str(UUID(int=1))}).encode(),
        422,
        Code.PRODUCT_NOT_SERVED,
        id="unknown-product",
    ),
    pytest.param(
        json.dumps({**GOOD, "client_time": NOW + 5 * 3600}).encode(),
        409,
        Code.CLOCK_SKEW,
        id="five-hours-off",
    ),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES)
def test_a_bad_body_is_refused_in_words_and_counts_nothing(
    server: HostServer, body: bytes, status: int, code: Code
) -> None:
    """A problem document with a code, and what to do; the host goes on."""
    answer = post(server, body)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = said(answer)
    assert problem["code"] == code.value
    assert problem["detail"]
    assert "Traceback" not in answer.body.decode()
    assert said(post(server, workstation().ask(NOW)))["count"] == 1


def test_another_content_type_is_415(server: HostServer) -> None:
    """The problem says which one was expected."""
    head = b"POST /v1/activations HTTP/1.1\r\nhost: x\r\ncontent-type: text/xml\r\ncontent-length: 2\r\n\r\n"
    assert exchange(server.url.removeprefix("http://"), head + b"{}").startswith(b"HTTP/1.1 415 ")


@pytest.mark.parametrize("path", ["/", "/v1/activation", "/v1/publishers/x/catalogs", "/v1/../etc/passwd"])
def test_an_unknown_path_is_a_problem_too(server: HostServer, path: str) -> None:
    """404, as JSON."""
    answer = HttpClient().request("GET", server.url + path)
    assert (answer.status, said(answer)["code"]) == (404, "not_found")


def exchange(address: str, data: bytes) -> bytes:
    """What the server sends back to raw bytes, until it closes or has said something."""
    name, _, port = address.rpartition(":")
    with closing(socket.create_connection((name, int(port)), timeout=30)) as connection:
        connection.sendall(data)
        return connection.recv(4096)


def test_bytes_that_are_no_http_get_a_bare_400_and_nothing_of_any_other_protocol(server: HostServer) -> None:
    """Whatever speaks another protocol to this port learns only that HTTP is spoken here (ADR 0001)."""
    answer = exchange(server.url.removeprefix("http://"), bytes(range(5, 90)) * 4)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert body == b""


def test_half_a_request_and_silence_keeps_nobody_else_waiting(server: HostServer) -> None:
    """Twenty connections that stall in their body; the next machine is answered all the same."""
    name, _, port = server.url.removeprefix("http://").rpartition(":")
    head = b"POST /v1/activations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n{"
    stalled = [socket.create_connection((name, int(port))) for _ in range(20)]
    try:
        for connection in stalled:
            connection.sendall(head)
        assert post(server, workstation().ask(NOW)).status == 202
    finally:
        for connection in stalled:
            connection.close()


def test_a_second_host_on_the_same_home_is_refused(home: Home, server: HostServer) -> None:
    """The kernel's lock says so, whatever the port."""
    with pytest.raises(LocalFault) as caught:
        HostServer(home, "127.0.0.1", 0)
    assert caught.value.code is Code.HOME_IN_USE


def test_a_second_host_on_the_same_port_is_refused(server: HostServer, tmp_path: Path) -> None:
    """SO_REUSEPORT would let both start and share the connections; so the port is tried without it first."""
    other = Home(tmp_path / "other")
    activate_home(other, PUBLISHER, now=NOW)
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(LocalFault) as caught:
        HostServer(other, "127.0.0.1", port)
    assert caught.value.code is Code.ADDRESS_IN_USE


def test_a_locked_database_is_storage_unavailable_and_afterwards_all_is_well(
    home: Home, recorded: Recorded
) -> None:
    """503 with `Retry-After`; the same request sent again is recorded once."""
    server = recorded.server
    recorded.connection.execute("PRAGMA busy_timeout = 50")  # a test's patience, not an administrator's
    body = workstation().ask(NOW)
    with closing(sqlite3.connect(home.host / "host.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = post(server, body)
        assert (answer.status, said(answer)["code"]) == (503, "storage_unavailable")
        assert answer.headers["retry-after"] == "60"
        other.execute("ROLLBACK")
    assert said(post(server, body))["count"] == 1
    assert said(post(server, body))["count"] == 1


def test_a_read_only_database_is_storage_unavailable(recorded: Recorded) -> None:
    """SQLite's own switch plays the mount that went read-only; afterwards all is well."""
    server, connection = recorded.server, recorded.connection
    connection.execute("PRAGMA query_only = ON")
    answer = post(server, workstation().ask(NOW))
    assert (answer.status, said(answer)["code"]) == (503, "storage_unavailable")
    connection.execute("PRAGMA query_only = OFF")
    assert said(post(server, workstation().ask(NOW)))["count"] == 1


def test_a_full_disk_promises_nothing_and_loses_nothing(recorded: Recorded) -> None:
    """SQLite's own page limit plays the full disk; what was answered before is still there after."""
    server, connection = recorded.server, recorded.connection
    assert said(post(server, workstation().ask(NOW)))["count"] == 1
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    answers = [post(server, workstation().ask(NOW)).status for _ in range(300)]
    assert answers[-1] == 503
    accepted = 1 + answers.count(202) + answers.count(200)
    connection.execute("PRAGMA max_page_count = 1000000")
    assert said(post(server, workstation().ask(NOW)))["count"] == accepted + 1


def test_a_recording_process_that_is_killed_is_replaced_and_nothing_is_lost(server: HostServer) -> None:
    """Whoever is met by it gets 503 and asks again; what was answered before is still counted, and nothing twice."""
    assert said(post(server, workstation().ask(NOW)))["count"] == 1
    worker = server._ledger
    assert isinstance(worker, LedgerProcess)
    first = worker.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    asking = workstation().ask(NOW)
    # The death is noticed by this request or, if its second has just come, by the step of tidying before it.
    assert post(server, asking).status in {202, 503}
    assert said(post(server, asking))["count"] == 2
    assert worker.process_id != first


def test_a_damaged_database_is_named_with_its_cure(home: Home) -> None:
    """The host does not start, and says which file and what to do."""
    path = home.host / "host.db"
    path.write_bytes(b"this was a database once" * 500)
    with pytest.raises(Untrusted) as caught:
        HostServer(home, "127.0.0.1", 0)
    assert caught.value.code is Code.STATE_DAMAGED
    assert str(path) in caught.value.detail
    assert "backup" in caught.value.cure


def test_a_home_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """A folder in the place of the database file."""
    (tmp_path / "host" / "host.db").mkdir(parents=True)
    with pytest.raises(TenureError) as caught:
        HostServer(Home(tmp_path), "127.0.0.1", 0)
    assert isinstance(caught.value, Unavailable)


def test_an_activation_beside_a_running_server_takes_effect_without_restart(tmp_path: Path) -> None:
    """The server says `host_not_activated`, then serves, in one life."""
    home = Home(tmp_path)
    home.host.mkdir()
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)) as server:
        assert said(post(server, workstation().ask(NOW)))["code"] == "host_not_activated"
        activate_home(home, PUBLISHER, now=NOW)
        while get(server, "/v1/health")["status"] != "ok":
            pass
        answer = post(server, workstation().ask(NOW))
        assert (answer.status, said(answer)["count"]) == (202, 1)


def test_status_tells_what_the_server_did(home: Home, server: HostServer) -> None:
    """Beside the running server, from the same home."""
    post(server, workstation().ask(NOW))
    post(server, workstation().ask(NOW + 5 * 3600))
    status, listening = host.status(home)
    assert listening == server.url
    assert (status.activated, status.trial, status.org) == (True, False, "Example Customer")
    assert (status.requests.total, status.requests.waiting, status.requests.refused) == (2, 1, 1)
    assert {(p.pool, p.threshold, p.machines) for p in status.pools} == {
        ("workstations", 25, 1),
        ("servers", 5, 0),
    }


def test_a_stopped_host_is_not_listening(home: Home) -> None:
    """The lock tells, not a file that a crash left behind."""
    with running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW)):
        pass
    assert host.status(home)[1] is None
