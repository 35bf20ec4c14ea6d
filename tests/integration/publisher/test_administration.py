"""The publisher's administration on a real socket with a real database: tokens, roles, and what each endpoint does."""

from __future__ import annotations

import json
import logging
import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import urllib3

from simulators.authority import machine_request
from simulators.certificates import SimulatedCa
from simulators.running import running
from tenure.adapters.http.publisher_admin import OPERATIONS
from tenure.adapters.os.home import Home
from tenure.core.policy import Kind
from tenure.core.product_key import KeyType, parse
from tenure.programs import publisher, publisher_audit, publisher_tokens
from tenure.programs.publisher_server import PublisherServer
from tenure.publisher.audit_records import AuditQuery
from tenure.publisher.authority import NewProduct
from tenure.publisher.machine_activation import activate_machine
from tenure.publisher.tokens import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tenure.publisher.audit import AuditEvent

POOL = urllib3.PoolManager(retries=False)


@dataclass
class Said:
    """An answer."""

    status: int
    body: dict[str, Any]
    headers: urllib3.HTTPHeaderDict


@dataclass
class Serving:
    """A publisher that serves, with a MAK that a machine holds, and a token of each role."""

    home: Home
    url: str
    mak: str
    key_id: str
    activation_id: str
    product_id: UUID
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(
        self, route: str, token: str | None, body: object = None, *, headers: dict[str, str] | None = None
    ) -> Said:
        """What a route answers: `GET /v1/...` or `POST /v1/...`."""
        method, _, path = route.partition(" ")
        sent = {"content-type": "application/json", **(headers or {})}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        answer = POOL.request(method, self.url + path, body=raw if method == "POST" else None, headers=sent)
        return Said(answer.status, json.loads(answer.data), answer.headers)

    def audited(self, **asked: Any) -> list[AuditEvent]:
        """What the audit says, oldest first."""
        return [row.event for row in publisher_audit.all_rows(self.home, AuditQuery(**asked))]


def made(folder: Path) -> tuple[Home, str, str, str, UUID]:
    """A home with a publisher of one product, and a MAK of three that one machine holds."""
    home = Home(folder)
    publisher.init(home, name="Example Software", contact="", publisher_url=None)
    (product,) = publisher.add_products(
        home, source=None, product=NewProduct(name="Draft Studio", kind=Kind.WORKSTATION)
    )
    key, issued, _ = publisher.issue_machine_key(
        home, KeyType.MAK, product=None, activations=3, customer="Example Corp", agreement="A-1"
    )
    with publisher.open_authority(home) as authority:
        activate_machine(
            authority, machine_request(key.text, product_id=product.product_id, now=int(time.time()))
        )
    (holder,) = publisher.show_key(home, issued.key_id).holders
    return home, key.text, issued.key_id, str(holder.activation_id), product.product_id


@contextmanager
def served(folder: Path) -> Iterator[Serving]:
    """The publisher, serving; tokens are made while it does."""
    home, mak, key_id, activation_id, product_id = made(folder)
    with running(lambda: PublisherServer(home, "127.0.0.1", 0)) as server:
        found = Serving(home, server.url, mak, key_id, activation_id, product_id)
        for role in Role:
            found.tokens[role.value], _ = publisher_tokens.add(home, role.value, role, days=30, out=None)
        yield found


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """A publisher that a test may change."""
    with served(tmp_path) as serving:
        yield serving


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A publisher for those who are refused everything."""
    with served(tmp_path_factory.mktemp("unchanged")) as serving:
        yield serving


ROUTES = {
    "GET /v1/admin/keys": "reader",
    "GET /v1/admin/keys/{key_id}": "reader",
    "GET /v1/admin/audit": "reader",
    "POST /v1/admin/activations/{activation_id}/release": "support",
    "POST /v1/admin/keys": "issuer",
    "POST /v1/admin/keys/{key_id}/revocation": "admin",
}
"""Every route, and the lowest role that may."""
BODIES: dict[str, object] = {"POST /v1/admin/keys": {"type": "host"}}
RANKS = ["reader", "support", "issuer", "admin"]


def test_every_route_is_in_the_table_of_roles() -> None:
    """None is served that this file does not try."""
    assert {f"{one.method} {one.path}" for one in OPERATIONS} == set(ROUTES)
    assert all(one.bearer for one in OPERATIONS)


def test_each_role_may_exactly_what_the_table_says(serving: Serving) -> None:
    """Every pair of role and route: done, or 403 `forbidden_role` and nothing done."""
    for route, lowest in ROUTES.items():
        path = route.format(key_id=serving.key_id, activation_id=serving.activation_id)
        for role in RANKS:
            said = serving.ask(path, serving.tokens[role], BODIES.get(route))
            if RANKS.index(role) < RANKS.index(lowest):
                assert (role, route, said.status, said.body["code"]) == (role, route, 403, "forbidden_role")
            else:
                # The activation is gone after its first release.
                done = {200, 201, 404} if "release" in route else {200, 201}
                assert (role, route, said.status in done) == (role, route, True)
    actions = [event.action for event in serving.audited(actor="token ")]
    assert [action for action in actions if not action.startswith("refused")] == [
        "activation release",
        "key issue",
        "key issue",
        "key revoke",
    ]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="no-header"),
        pytest.param("", id="an-empty-one"),
        pytest.param("Bearer", id="no-token"),
        pytest.param("Bearer ", id="an-empty-token"),
        pytest.param("Basic YWRtaW46YWRtaW4=", id="basic"),
        pytest.param("Bearer tenure_" + "A" * 43, id="a-wrong-one"),
        pytest.param("Bearer " + "A" * 5_000, id="a-long-one"),
    ],
)
def test_without_a_right_token_nothing_is_told(unchanged: Serving, header: str | None) -> None:
    """On no route: 401 with `WWW-Authenticate`, before anything of the body is read."""
    headers = {"authorization": header} if header is not None else {}
    for route in ROUTES:
        path = route.format(key_id=unchanged.key_id, activation_id=unchanged.activation_id)
        said = unchanged.ask(path, None, b"{not even JSON", headers=headers)
        assert (said.status, said.body["code"]) == (401, "unauthorized")
        assert said.headers["www-authenticate"] == "Bearer"


def test_a_removed_token_is_good_for_nothing_at_once(serving: Serving) -> None:
    """The running server need not be told."""
    token = serving.tokens["reader"]
    assert serving.ask("GET /v1/admin/keys", token).status == 200
    publisher_tokens.remove(serving.home, "reader")
    assert serving.ask("GET /v1/admin/keys", token).status == 401


def test_the_scheme_of_a_token_is_read_in_any_case(serving: Serving) -> None:
    """RFC 9110, section 11.1; the token itself is not."""
    token = serving.tokens["reader"]
    for header, status in (
        (f"bearer {token}", 200),
        (f"BEARER  {token}", 200),
        (f"Bearer {token.lower()}", 401),
    ):
        said = serving.ask("GET /v1/admin/keys", None, headers={"authorization": header})
        assert said.status == status


def test_a_key_is_issued_and_told_in_one_answer_alone(serving: Serving) -> None:
    """201 with a key of the type that was asked for; no other answer and no cache has it, and the audit says who."""
    token = serving.tokens["issuer"]
    wanted: list[dict[str, Any]] = [
        {"type": "host", "customer": "C", "pools": ["workstations"], "trial": True},
        {"type": "mak", "product_id": str(serving.product_id), "activations": 50},
        {"type": "retail", "product_id": str(serving.product_id)},
    ]
    for body in wanted:
        said = serving.ask("POST /v1/admin/keys", token, body)
        assert (said.status, said.headers["cache-control"]) == (201, "no-store")
        key = parse(said.body["key"])
        assert key.type.label == said.body["type"] == body["type"]
        shown = serving.ask(f"GET /v1/admin/keys/{said.body['key_id']}", token).body
        assert (shown["activations"], shown["partial_key"]) == (said.body["activations"], key.partial)
        assert key.text not in json.dumps(shown)
        event = serving.audited()[-1]
        assert (event.action, event.subject) == ("key issue", said.body["key_id"])
        assert (event.actor.name, event.actor.address) == ("token issuer", "127.0.0.1")


@pytest.mark.parametrize(
    ("route", "body", "status", "code"),
    [
        pytest.param("POST /v1/admin/keys", b"", 400, "invalid_request", id="nothing"),
        pytest.param(
            "POST /v1/admin/keys", {"type": "host", "pool": "x"}, 400, "invalid_request", id="mistyped"
        ),
        pytest.param(
            "POST /v1/admin/keys", {"type": "host", "pools": ["x"]}, 400, "invalid_request", id="no-such-pool"
        ),
        pytest.param(
            "POST /v1/admin/keys",
            {"type": "host", "customer": "two\nlines"},
            400,
            "invalid_request",
            id="a-customer-of-two-lines",
        ),
        pytest.param(
            "POST /v1/admin/keys",
            {"type": "retail", "product_id": str(UUID(int=9))},
            422,
            "product_unknown",
            id="no-such-product",
        ),
        pytest.param("POST /v1/admin/keys", b"x" * 16_385, 413, "too_large", id="one-byte-too-many"),
        pytest.param("POST /v1/admin/keys/nobody/revocation", {}, 404, "key_unknown", id="no-such-key"),
        pytest.param(
            "POST /v1/admin/keys/{key_id}/revocation", {"from": -1}, 400, "invalid_request", id="before-1970"
        ),
        pytest.param(
            f"POST /v1/admin/activations/{UUID(int=9)}/release", {}, 404, "activation_unknown", id="released"
        ),
        pytest.param("POST /v1/admin/activations/x/release", {}, 404, "activation_unknown", id="no-uuid"),
        pytest.param("GET /v1/admin/keys/nobody", None, 404, "key_unknown", id="no-key-to-show"),
        pytest.param(
            "GET /v1/admin/keys/{key_id:.42}", None, 404, "key_unknown", id="the-beginning-of-an-id"
        ),
        pytest.param(
            "POST /v1/admin/keys/{key_id:.42}/revocation", {}, 404, "key_unknown", id="nor-to-revoke"
        ),
        pytest.param("GET /v1/admin/keys?typ=mak", None, 400, "invalid_request", id="a-mistyped-filter"),
        pytest.param("GET /v1/admin/keys?type=generic", None, 400, "invalid_request", id="no-such-type"),
        pytest.param("GET /v1/admin/keys?limit=1001", None, 400, "invalid_request", id="too-large-a-page"),
        pytest.param("GET /v1/admin/keys?after=nobody", None, 404, "key_unknown", id="after-no-key"),
        pytest.param("GET /v1/admin/audit?before=x", None, 400, "invalid_request", id="before-no-number"),
        pytest.param("DELETE /v1/admin/keys", None, 404, "not_found", id="another-method"),
        pytest.param("GET /v1/admin/tokens", None, 404, "not_found", id="tokens-are-not-served"),
    ],
)
def test_what_cannot_be_done_is_a_problem_document(
    unchanged: Serving, *, route: str, body: object, status: int, code: str
) -> None:
    """For an admin, who may everything: words and a code, and no key more."""
    said = unchanged.ask(route.format(key_id=unchanged.key_id), unchanged.tokens["admin"], body)
    assert (said.status, said.body["code"]) == (status, code)
    assert len(publisher.list_keys(unchanged.home)) == 1


def test_keys_are_searched_page_by_page(serving: Serving) -> None:
    """The next page begins where the last one said."""
    for number in range(4):
        publisher.issue_host_key(serving.home, pools=(), customer=f"Büro {number}", agreement="", trial=False)
    token = serving.tokens["reader"]
    names: list[str] = []
    after = ""
    while True:
        said = serving.ask(f"GET /v1/admin/keys?customer=B%C3%9CRO&limit=3{after}", token).body
        names += [key["customer"] for key in said["keys"]]
        if said["next"] is None:
            break
        after = f"&after={said['next']}"
    assert names == [f"Büro {number}" for number in range(4)]
    found = serving.ask("GET /v1/admin/keys?type=mak&holder=machine-fingerprint-1", token).body["keys"]
    assert [key["key_id"] for key in found] == [serving.key_id]


def test_support_releases_the_activation_that_the_key_shows(serving: Serving) -> None:
    """Its place is free, and the audit says by whom and why."""
    token = serving.tokens["support"]
    (holder,) = serving.ask(f"GET /v1/admin/keys/{serving.key_id}", token).body["holders"]
    said = serving.ask(
        f"POST /v1/admin/activations/{holder['activation_id']}/release", token, {"reason": "case 4711"}
    )
    assert (said.status, said.body["used"], said.body["left"]) == (200, 0, 3)
    event = serving.audited()[-1]
    assert (event.action, event.actor.name) == ("activation release", "token support")
    assert "case 4711" in event.detail


def test_an_admin_revokes_a_key(serving: Serving) -> None:
    """The list of revocations has it, and the key says so; again changes nothing."""
    token = serving.tokens["admin"]
    route = f"POST /v1/admin/keys/{serving.key_id}/revocation"
    said = serving.ask(route, token, {"reason": "leaked"})
    assert (said.status, said.body["changed"], said.body["reason"]) == (200, True, "leaked")
    assert serving.ask(route, token).body["changed"] is False
    (key,) = serving.ask("GET /v1/admin/keys", token).body["keys"]
    assert (key["state"], key["reason"], key["blocked"]) == ("revoked", "leaked", True)


def test_the_audit_is_told_newest_first_page_by_page(serving: Serving) -> None:
    """Each row with the digest that chains it."""
    token = serving.tokens["reader"]
    told: list[int] = []
    before = ""
    while True:
        said = serving.ask(f"GET /v1/admin/audit?limit=3{before}", token).body
        told += [entry["id"] for entry in said["entries"]]
        if said["next"] is None:
            break
        before = f"&before={said['next']}"
    assert told == list(range(len(serving.audited()), 0, -1))
    (only,) = serving.ask("GET /v1/admin/audit?action=machine+activate", token).body["entries"]
    assert only["subject"] == serving.key_id
    assert len(only["digest"]) == 64


def test_neither_tokens_nor_keys_are_logged(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is asked, right or wrong."""
    caplog.set_level(logging.DEBUG)
    token = serving.tokens["issuer"]
    said = serving.ask("POST /v1/admin/keys", token, {"type": "host"})
    for wrong in (token + "x", token[:-1]):
        serving.ask("GET /v1/admin/audit", wrong)
    for secret in (token[:-1], said.body["key"]):
        assert secret not in caplog.text
        assert all(secret not in repr(event) for event in serving.audited())


def test_over_tls_it_is_served_as_well(tmp_path: Path) -> None:
    """By the same tokens."""
    home, *_ = made(tmp_path / "home")
    token, _ = publisher_tokens.add(home, "shop", Role.READER, days=None, out=None)
    ca = SimulatedCa(tmp_path)
    files = ca.issue()
    with (
        running(lambda: PublisherServer(home, "127.0.0.1", 0, tls=lambda: files)) as server,
        urllib3.PoolManager(ssl_context=ssl.create_default_context(cafile=ca.file), retries=False) as pool,
    ):
        answer = pool.request(
            "GET", f"{server.url}/v1/admin/keys", headers={"authorization": f"Bearer {token}"}
        )
        assert (answer.status, len(answer.json()["keys"])) == (200, 1)
