"""A publisher on a real socket with a real database: what it answers, to good requests and to bad ones."""

from __future__ import annotations

import http.client
import json
import sqlite3
import stat
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import pytest

from simulators import processes
from simulators.authority import host_request
from simulators.publisher import seeded
from simulators.running import running
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.publisher import OPERATIONS
from tenure.adapters.os.home import Home
from tenure.core.errors import Code, LocalFault, UsageError
from tenure.core.policy import Kind
from tenure.core.product_key import KeyType, make
from tenure.programs import publisher
from tenure.programs.publisher_server import PublisherServer
from tenure.publisher.authority import NewProduct
from tenure.wire.enrolment import RequestBody
from tenure.wire.openapi import PUBLICATION
from tenure.wire.trust import catalogs_in, first_catalogs, open_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tenure.adapters.http.client import HttpAnswer
    from tenure.core.catalog import Catalog

PRODUCTS = [
    NewProduct(name="Draft Studio", kind=Kind.WORKSTATION),
    NewProduct(name="Render Server", kind=Kind.SERVER),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a publisher of two products that does not serve yet; its catalog has seq 3."""
    home = Home(tmp_path)
    publisher.init(home, name="Example Software", contact="licenses@publisher.example", publisher_url=None)
    for product in PRODUCTS:
        publisher.add_products(home, source=None, product=product)
    return home


@pytest.fixture
def server(home: Home) -> Iterator[PublisherServer]:
    """The publisher, serving."""
    with serving(home) as server:
        yield server


def serving(home: Home) -> AbstractContextManager[PublisherServer]:
    """The publisher of the home, serving inside the block."""
    return running(lambda: PublisherServer(home, "127.0.0.1", 0))


def catalog_of(home: Home) -> Catalog:
    """The newest catalog, as it is exported."""
    return first_catalogs(catalogs_in(publisher.export_catalog(home, None))).newest


def host_key(home: Home) -> str:
    """A new host key."""
    key, _ = publisher.issue_host_key(home, pools=(), customer="Customer", agreement="A-1", trial=False)
    return key.text


def ask(home: Home, key: str, number: int = 1) -> str:
    """A request of the host with this number."""
    return host_request(
        key,
        audience=catalog_of(home).publisher_id,
        host_id=UUID(int=number),
        request_id=f"request-{number}",
        now=int(time.time()),
    )


def post(server: PublisherServer, request: str) -> HttpAnswer:
    """The answer to a request document."""
    body = msgspec.json.encode(RequestBody(request))
    return HttpClient().request("POST", f"{server.url}/v1/host-activations", body=body)


def get(server: PublisherServer, path: str) -> HttpAnswer:
    """What a path serves."""
    return HttpClient().request("GET", server.url + path)


def said(answer: HttpAnswer) -> dict[str, Any]:
    """The answer's JSON object."""
    value = json.loads(answer.body)
    assert isinstance(value, dict)
    return value


def test_a_host_is_activated_with_a_certificate_that_verifies(home: Home, server: PublisherServer) -> None:
    """The key was issued while the publisher served; the certificate names customer, agreement and both pools."""
    answer = post(server, ask(home, host_key(home)))
    assert answer.status == 200
    certificate = open_certificate(said(answer)["certificate"], catalog_of(home), now=int(time.time()))
    assert (certificate.org, certificate.agreement) == ("Customer", "A-1")
    assert set(certificate.pools) == {"workstations", "servers"}
    assert certificate.host_kid == seeded(3).kid
    assert (said(answer)["used"], said(answer)["limit"]) == (1, 6)


def test_an_answer_is_on_disk_before_it_leaves(home: Home, server: PublisherServer) -> None:
    """Place, stored answer and audit row, in one transaction; the key itself is in no file."""
    key = host_key(home)
    assert post(server, ask(home, key)).status == 200
    with closing(sqlite3.connect(home.publisher / "publisher.db")) as connection:
        assert connection.execute("SELECT count(*) FROM host_seat").fetchone() == (1,)
        assert connection.execute("SELECT request_id, used FROM answer").fetchone() == ("request-1", 1)
        actions = [row[0] for row in connection.execute("SELECT action FROM audit ORDER BY id")]
    assert actions == ["publisher init", "product add", "product add", "key issue", "host activate"]
    for path in home.publisher.iterdir():
        assert key.encode() not in path.read_bytes()
        assert key.replace("-", "").encode() not in path.read_bytes()


def test_a_stopped_publisher_starts_with_what_it_had(home: Home) -> None:
    """The same request gets the same bytes, and the place stays taken."""
    key = host_key(home)
    request = ask(home, key)
    with serving(home) as server:
        first = post(server, request)
    with serving(home) as server:
        assert post(server, ask(home, key, 2)).status == 200
        assert post(server, request).body == first.body
    (report,) = publisher.list_keys(home)
    assert (report.used, report.left) == (2, 4)


def test_the_last_places_go_to_whoever_comes_first(home: Home, server: PublisherServer) -> None:
    """Eight hosts ask at the same moment for six places: 409 and 0xC004C008 for two."""
    key = host_key(home)
    requests = [ask(home, key, number) for number in range(8)]
    start = threading.Barrier(len(requests))
    answers: list[HttpAnswer] = []

    def activate(request: str) -> None:
        start.wait()
        answers.append(post(server, request))

    threads = [threading.Thread(target=activate, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200] * 6 + [409] * 2
    refused = [said(answer) for answer in answers if answer.status == 409]
    assert {(problem["code"], problem["hresult"]) for problem in refused} == {("key_limit", "0xC004C008")}
    assert sorted(said(answer)["used"] for answer in answers if answer.status == 200) == [1, 2, 3, 4, 5, 6]


def test_a_key_of_another_publisher_is_404(home: Home, server: PublisherServer) -> None:
    """Unknown and unproven are told alike."""
    answer = post(server, ask(home, make(KeyType.HOST, 1023, 4711).text))
    assert (answer.status, said(answer)["code"]) == (404, "key_unknown")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_mak_activates_no_host(home: Home, server: PublisherServer) -> None:
    """422 `key_type`."""
    key, _, _ = publisher.issue_machine_key(
        home, KeyType.MAK, product="Draft Studio", activations=3, customer="", agreement=""
    )
    answer = post(server, ask(home, key.text))
    assert (answer.status, said(answer)["code"], said(answer)["hresult"]) == (422, "key_type", "0xC004F050")


BODIES = [
    pytest.param(b"", 400, "invalid_request", id="nothing"),
    pytest.param(b"{", 400, "invalid_request", id="half-an-object"),
    pytest.param(b"[" * 10_000, 400, "invalid_request", id="10000-brackets"),
    pytest.param(b"{}", 400, "invalid_request", id="no-request"),
    pytest.param(b'{"request": 5}', 400, "invalid_request", id="a-number"),
    pytest.param(b'{"request": "\xff"}', 400, "invalid_request", id="no-utf-8"),
    pytest.param(b'{"request": "a.b.c"}', 400, "invalid_request", id="no-document"),
    pytest.param(b"x" * (16 * 1024 + 1), 413, "too_large", id="one-byte-too-many"),
    pytest.param(b"x" * 1_000_000, 413, "too_large", id="a-megabyte"),
]


@pytest.mark.parametrize(("body", "status", "code"), BODIES)
def test_a_bad_body_is_a_problem_document(
    server: PublisherServer, body: bytes, status: int, code: str
) -> None:
    """Words and a code; the publisher goes on."""
    answer = HttpClient().request("POST", f"{server.url}/v1/host-activations", body=body)
    assert (answer.status, said(answer)["code"]) == (status, code)
    assert get(server, "/v1/health").status == 200


def test_another_content_type_is_415(server: PublisherServer) -> None:
    """A form is no JSON."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    with closing(connection):
        connection.request(
            "POST", "/v1/host-activations", "request=x", {"content-type": "application/x-www-form-urlencoded"}
        )
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (415, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/", id="the-root"),
        pytest.param("GET", "/v1/host-activations", id="another-method"),
        pytest.param("POST", "/v1/activations", id="a-hosts-activation"),
        pytest.param("GET", "/v1/certificates", id="a-hosts-path"),
        pytest.param("GET", "/v1/publishers/nobody/catalogs", id="no-publisher-id"),
        pytest.param("GET", f"/v1/publishers/{UUID(int=0)}/catalogs", id="another-publisher"),
    ],
)
def test_what_is_not_served_is_404(server: PublisherServer, method: str, path: str) -> None:
    """`not_found`, as a problem document."""
    answer = HttpClient().request(method, server.url + path)
    assert (answer.status, said(answer)["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        pytest.param("", [1, 3], id="all"),
        pytest.param("?after=0", [1, 3], id="after-none"),
        pytest.param("?after=1", [3], id="after-the-first"),
        pytest.param("?after=2", [3], id="after-one-that-travels-no-more"),
        pytest.param("?after=3", [], id="after-the-newest"),
        pytest.param("?after=9007199254740992", [], id="after-the-highest-there-can-be"),
        pytest.param("?before=1", [1, 3], id="another-parameter"),
    ],
)
def test_catalogs_after_a_seq_are_those_that_lead_to_the_newest(
    home: Home, server: PublisherServer, query: str, seqs: list[int]
) -> None:
    """The first, then the newest: seq 2 changed no roots."""
    path = f"/v1/publishers/{catalog_of(home).publisher_id}/catalogs"
    tokens = said(get(server, path + query))["catalogs"]
    assert [first_catalogs([token]).newest.seq for token in tokens] == seqs


@pytest.mark.parametrize("after", ["-1", "", "1.5", "x", "1&after=2", "%31%00", "\u0661", "1" * 17])
def test_a_seq_that_is_no_number_is_400(home: Home, server: PublisherServer, after: str) -> None:
    """`invalid_request`, and no guess."""
    path = f"/v1/publishers/{catalog_of(home).publisher_id}/catalogs?after={after}"
    answer = get(server, path)
    assert (answer.status, said(answer)["code"]) == (400, "invalid_request")


def test_a_product_that_is_added_beside_the_server_is_served_at_once(
    home: Home, server: PublisherServer
) -> None:
    """Commands work beside a running server."""
    publisher.add_products(home, source=None, product=NewProduct(name="New", kind=Kind.SERVER))
    path = f"/v1/publishers/{catalog_of(home).publisher_id}/catalogs?after=3"
    (token,) = said(get(server, path))["catalogs"]
    assert [product.name for product in first_catalogs([token]).newest.products][-1] == "New"


def test_everyone_may_ask_how_it_is_and_whose_it_is(home: Home, server: PublisherServer) -> None:
    """Health and the publisher's id."""
    health = said(get(server, "/v1/health"))
    assert health["status"] == "ok"
    assert abs(health["time"] - time.time()) < 60
    assert said(get(server, "/v1/publishers")) == {"publishers": [str(catalog_of(home).publisher_id)]}


def test_the_description_names_every_path_and_resolves(server: PublisherServer) -> None:
    """OpenAPI 3.1: each operation is there, and every reference leads to a schema."""
    described = said(get(server, "/openapi.json"))
    assert described["openapi"] == "3.1.0"
    for operation in (*OPERATIONS, *PUBLICATION):
        assert operation.method.lower() in described["paths"][operation.path]
    text = json.dumps(described)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert {"HostActivated", "Problem", "RequestBody"} <= names
    assert names <= set(described["components"]["schemas"])


def test_a_missing_signing_key_is_the_publishers_own_fault(
    home: Home, server: PublisherServer, caplog: pytest.LogCaptureFixture
) -> None:
    """500 without a path of the machine, the words in the log, and no place lost."""
    request = ask(home, host_key(home))
    signing = home.publisher / "signing.jwk"
    signing.rename(home.publisher / "signing.away")
    answer = post(server, request)
    assert (answer.status, said(answer)["code"]) == (500, "internal")
    assert str(home.root) not in answer.body.decode()
    assert str(signing) in caplog.text
    (home.publisher / "signing.away").rename(signing)
    assert said(post(server, request))["used"] == 1


def test_a_database_that_fails_is_503_and_afterwards_all_is_well(
    home: Home, server: PublisherServer, caplog: pytest.LogCaptureFixture
) -> None:
    """`storage_unavailable` with `Retry-After`; a table that is gone plays the disk that fails."""
    request = ask(home, host_key(home))
    with closing(sqlite3.connect(home.publisher / "publisher.db")) as connection:
        connection.execute("ALTER TABLE answer RENAME TO answer_away")
        answer = post(server, request)
        connection.execute("ALTER TABLE answer_away RENAME TO answer")
    assert (answer.status, said(answer)["code"]) == (503, "storage_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert str(home.root) not in answer.body.decode()
    assert "publisher.db" in caplog.text
    assert said(post(server, request))["used"] == 1


def test_one_server_a_home(home: Home, server: PublisherServer) -> None:
    """The second is refused, the first goes on."""
    with pytest.raises(LocalFault) as caught:
        PublisherServer(home, "127.0.0.1", 0)
    assert caught.value.code is Code.HOME_IN_USE
    assert get(server, "/v1/health").status == 200


def test_a_taken_port_leaves_the_home_free(home: Home, tmp_path: Path, server: PublisherServer) -> None:
    """A failed start holds no lock."""
    other = Home(tmp_path / "other")
    publisher.init(other, name="Other", contact="", publisher_url=None)
    port = urlsplit(server.url).port
    assert port is not None
    with pytest.raises(LocalFault) as caught:
        PublisherServer(other, "127.0.0.1", port)
    assert caught.value.code is Code.ADDRESS_IN_USE
    with serving(other) as second:
        assert get(second, "/v1/health").status == 200


def test_a_home_without_a_publisher_serves_nobody(tmp_path: Path) -> None:
    """And nothing is made in it."""
    with pytest.raises(UsageError) as caught:
        PublisherServer(Home(tmp_path / "empty"), "127.0.0.1", 0)
    assert caught.value.code is Code.NOT_SET_UP
    assert not (tmp_path / "empty").exists()


def test_a_process_that_is_told_to_stop_leaves_with_0(home: Home) -> None:
    """SIGTERM: the home is free for the next one at once."""
    for _ in range(2):
        with processes.serving("publisher", "serve", "--port", "0", "--json", home=home.root) as process:
            pass
        assert process.returncode == 0


def test_private_keys_are_their_owners_alone(home: Home) -> None:
    """0600; the public halves beside them are for everyone and hold nothing private."""
    for name in ("root", "signing"):
        assert stat.S_IMODE((home.publisher / f"{name}.jwk").stat().st_mode) == 0o600
        public = home.publisher / f"{name}.pub.jwk"
        assert stat.S_IMODE(public.stat().st_mode) == 0o644
        assert "d" not in json.loads(public.read_text())
