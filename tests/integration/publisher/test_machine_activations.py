"""Machines at a publisher on a real socket with a real database."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest

from simulators.authority import machine_request
from simulators.running import running
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.publisher_client import PublisherClient
from tenure.adapters.os.home import Home
from tenure.core.errors import Code, Refused
from tenure.core.policy import Kind
from tenure.core.product_key import KeyType
from tenure.programs import publisher
from tenure.programs.publisher_server import PublisherServer
from tenure.publisher.authority import NewProduct
from tenure.wire.enrolment import RequestBody
from tenure.wire.trust import catalogs_in, first_catalogs, stored_grant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tenure.adapters.http.client import HttpAnswer
    from tenure.core.catalog import Catalog


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a publisher of one product."""
    home = Home(tmp_path)
    publisher.init(home, name="Example Software", contact="", publisher_url=None)
    publisher.add_products(home, source=None, product=NewProduct(name="Draft Studio", kind=Kind.WORKSTATION))
    return home


@pytest.fixture
def server(home: Home) -> Iterator[PublisherServer]:
    """The publisher, serving."""
    with running(lambda: PublisherServer(home, "127.0.0.1", 0)) as server:
        yield server


def catalog_of(home: Home) -> Catalog:
    """The newest catalog, as it is exported."""
    return first_catalogs(catalogs_in(publisher.export_catalog(home, None))).newest


def mak(home: Home, activations: int) -> str:
    """A new MAK."""
    key, _, _ = publisher.issue_machine_key(
        home, KeyType.MAK, product=None, activations=activations, customer="", agreement=""
    )
    return key.text


def ask(home: Home, key: str, number: int = 1) -> str:
    """A request of the machine with this number."""
    return machine_request(
        key,
        product_id=catalog_of(home).products[0].product_id,
        machine_id=UUID(int=number),
        fingerprint=f"machine-fingerprint-{number}",
        request_id=f"request-{number}",
        now=int(time.time()),
    )


def post(server: PublisherServer, body: bytes) -> HttpAnswer:
    """The answer to a body."""
    return HttpClient().request("POST", f"{server.url}/v1/machine-activations", body=body)


def said(answer: HttpAnswer) -> dict[str, Any]:
    """The answer's JSON object."""
    value = json.loads(answer.body)
    assert isinstance(value, dict)
    return value


def test_a_machine_is_activated_with_a_grant_that_verifies(home: Home, server: PublisherServer) -> None:
    """The key was issued while the publisher served."""
    answer = PublisherClient(server.url, HttpClient()).activate_machine(ask(home, mak(home, 3)))
    catalog = catalog_of(home)
    grant = stored_grant(answer.grant, catalog, product_id=catalog.products[0].product_id)
    assert (grant.machine_id, grant.fingerprint) == (UUID(int=1), "machine-fingerprint-1")
    assert (answer.used, answer.limit) == (1, 3)


def test_an_answer_is_on_disk_before_it_leaves(home: Home, server: PublisherServer) -> None:
    """Place, stored answer and audit row, in one transaction; the key itself is in no file."""
    key = mak(home, 3)
    assert post(server, msgspec.json.encode(RequestBody(ask(home, key)))).status == 200
    with closing(sqlite3.connect(home.publisher / "publisher.db")) as connection:
        assert connection.execute("SELECT count(*) FROM installation").fetchone() == (1,)
        assert connection.execute("SELECT request_id, used FROM answer").fetchone() == ("request-1", 1)
        actions = [row[0] for row in connection.execute("SELECT action FROM audit ORDER BY id")]
    assert actions[-2:] == ["key issue", "machine activate"]
    for path in home.publisher.iterdir():
        assert key.encode() not in path.read_bytes()


def test_the_last_place_of_a_mak_goes_to_exactly_one_of_twenty(home: Home, server: PublisherServer) -> None:
    """They ask at the same moment: one 200, and 409 with 0xC004C020 for the others."""
    key = mak(home, 1)
    requests = [ask(home, key, number) for number in range(20)]
    start = threading.Barrier(len(requests))
    client = PublisherClient(server.url, HttpClient())
    outcomes: list[object] = []

    def activate(request: str) -> None:
        start.wait()
        try:
            outcomes.append(client.activate_machine(request).used)
        except Refused as error:
            outcomes.append((error.code, error.hresult))

    threads = [threading.Thread(target=activate, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == sorted(map(str, [1, *[(Code.KEY_LIMIT, "0xC004C020")] * 19]))


def test_a_place_that_is_released_beside_the_server_is_free_at_once(
    home: Home, server: PublisherServer
) -> None:
    """Commands work beside a running server."""
    key = mak(home, 1)
    client = PublisherClient(server.url, HttpClient())
    client.activate_machine(ask(home, key, 1))
    with pytest.raises(Refused):
        client.activate_machine(ask(home, key, 2))
    (report,) = publisher.list_keys(home)
    (holder,) = publisher.show_key(home, report.key.key_id).holders
    publisher.release_activation(home, holder.activation_id, reason="stolen")
    assert client.activate_machine(ask(home, key, 2)).used == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"", 400, "invalid_request", id="nothing"),
        pytest.param(b'{"request": "a.b.c"}', 400, "invalid_request", id="no-document"),
        pytest.param(b"[" * 10_000, 400, "invalid_request", id="10000-brackets"),
        pytest.param(b"x" * (16 * 1024 + 1), 413, "too_large", id="one-byte-too-many"),
    ],
)
def test_a_bad_body_is_a_problem_document(
    server: PublisherServer, body: bytes, status: int, code: str
) -> None:
    """Words and a code; the publisher goes on."""
    answer = post(server, body)
    assert (answer.status, said(answer)["code"]) == (status, code)
    assert HttpClient().request("GET", f"{server.url}/v1/health").status == 200
