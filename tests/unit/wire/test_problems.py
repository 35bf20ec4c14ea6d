"""Problem documents: one table from codes to statuses, and what a client makes of whatever a peer sends."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import (
    HRESULTS,
    Code,
    LocalFault,
    Refused,
    TenureError,
    Unavailable,
    Untrusted,
    UsageError,
)
from tenure.wire.problems import CONTENT_TYPE, RETRY_AFTER_SECONDS, STATUSES, Problem, error_of, problem_of
from unit.wire.forgery import to_json


def test_the_media_type_and_the_pause_are_the_designs() -> None:
    """RFC 9457's type; a minute after a 503."""
    assert (CONTENT_TYPE, RETRY_AFTER_SECONDS) == ("application/problem+json", 60)


DESIGN: dict[int, set[str]] = {
    # Section 5 of the design, and two of the server's own: a wrong path, and a defect.
    400: {"invalid_request"},
    401: {"unauthorized"},
    403: {
        *("machine_blocked", "not_allowed_from_here", "key_blocked"),
        *("forbidden_role", "insecure_connection"),
    },
    404: {"key_unknown", "not_found", "activation_unknown"},
    409: {"clock_skew", "key_limit", "request_changed"},
    413: {"too_large"},
    422: {"product_unknown", "product_not_served", "key_type", "request_expired", "publisher_mismatch"},
    429: {"rate_limited"},
    500: {"internal"},
    503: {
        *("host_not_activated", "host_certificate_expired", "host_revoked", "host_clock"),
        *("storage_unavailable", "overloaded"),
    },
}


def test_every_code_has_the_status_of_the_design() -> None:
    """No code more, none less, each under its number."""
    found: dict[int, set[str]] = {}
    for code, (status, _) in STATUSES.items():
        found.setdefault(status, set()).add(code.value)
    assert found == DESIGN


def test_every_title_says_something_of_its_own() -> None:
    """Two codes share no title: people read titles."""
    titles = [title for _, title in STATUSES.values()]
    assert len(set(titles)) == len(titles)
    assert all(title and title.isprintable() and not title.endswith(".") for title in titles)


def kind_of(status: int) -> type[TenureError]:
    """Whose fault a status says it is."""
    return Refused if 400 <= status < 500 else Unavailable


@pytest.mark.parametrize("code", STATUSES)
def test_every_code_survives_the_wire(code: Code) -> None:
    """What a server raises, a client catches: the code, the text with its cure, the HRESULT, and whose fault."""
    status, title = STATUSES[code]
    raised = kind_of(status)(code, "What was expected and found.", "What to do.")
    problem = problem_of(raised)
    assert (problem.status, problem.title, problem.code) == (status, title, code.value)
    assert problem.type == f"urn:tenure:problem:{code.value}"
    caught = error_of(problem.status, msgspec.json.encode(problem))
    assert type(caught) is type(raised)
    assert caught.code is code
    assert str(caught) == str(raised) == "What was expected and found. What to do."
    assert caught.hresult == raised.hresult == HRESULTS.get(code)


def test_a_problem_document_has_the_members_of_the_rfc() -> None:
    """`type`, `title`, `status`, `detail`, our `code`, and `hresult` only where there is one."""
    blocked = json.loads(msgspec.json.encode(problem_of(Refused(Code.MACHINE_BLOCKED, "Blocked."))))
    assert list(blocked) == ["type", "title", "status", "detail", "code"]
    skewed = json.loads(msgspec.json.encode(problem_of(Refused(Code.CLOCK_SKEW, "Late."))))
    assert skewed["hresult"] == "0xC004F06C"


def test_the_two_hresults_of_a_used_up_key_survive() -> None:
    """`key_limit` is 0xC004C008 for host keys and 0xC004C020 for MAK: whoever raises it says which."""
    for hresult in ("0xC004C008", "0xC004C020"):
        problem = problem_of(Refused(Code.KEY_LIMIT, "Used up.", hresult=hresult))
        assert error_of(409, msgspec.json.encode(problem)).hresult == hresult


def test_a_status_can_be_told_apart_from_its_code() -> None:
    """A wrong content type is `invalid_request` with 415."""
    problem = problem_of(Refused(Code.INVALID_REQUEST, "Not JSON."), status=415)
    assert (problem.status, problem.code) == (415, "invalid_request")
    assert isinstance(error_of(415, msgspec.json.encode(problem)), Refused)


OTHERS = [code for code in Code if code not in STATUSES]
"""Codes that no answer bears."""


@pytest.mark.parametrize("code", [code for code in OTHERS if code is not Code.STATE_DAMAGED])
@pytest.mark.parametrize("kind", [Refused, Untrusted])
def test_a_code_that_does_not_travel_is_told_as_invalid_request(kind: type[TenureError], code: Code) -> None:
    """A document that does not verify, say: the caller learns what was wrong, under the one code for it."""
    problem = problem_of(kind(code, "Not so.", "Do this."))
    assert (problem.status, problem.code, problem.detail) == (400, "invalid_request", "Not so. Do this.")


@pytest.mark.parametrize(
    "error",
    [
        *(
            kind(code, "/var/lib/tenure is wrong.")
            for kind in (UsageError, Unavailable, LocalFault)
            for code in OTHERS
        ),
        Untrusted(Code.STATE_DAMAGED, "/var/lib/tenure is wrong."),
        Refused(Code.STATE_DAMAGED, "/var/lib/tenure is wrong."),
    ],
    ids=lambda error: f"{type(error).__name__} {error.code}",
)
def test_a_fault_of_the_servers_own_is_told_without_its_words(error: TenureError) -> None:
    """500 `internal`: it is not the caller's fault, and names of files are for the log alone."""
    problem = problem_of(error)
    assert (problem.status, problem.code) == (500, "internal")
    assert problem.detail == "The server failed. Its log says more."
    assert problem.hresult is None


GOOD: dict[str, Any] = {
    "type": "urn:tenure:problem:machine_blocked",
    "title": "The machine is blocked here",
    "status": 403,
    "detail": "Ask your administrator.",
    "code": "machine_blocked",
}


def test_a_newer_servers_problem_is_read() -> None:
    """Unknown members are passed over."""
    caught = error_of(403, to_json({**GOOD, "instance": "/v1/activations", "tomorrow": {}}))
    assert (caught.code, caught.detail) == (Code.MACHINE_BLOCKED, "Ask your administrator.")


@pytest.mark.parametrize("said", [200, 403, 503, 0, -1, 10**30])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Unavailable),
        (399, Unavailable),
        (400, Refused),
        (499, Refused),
        (500, Unavailable),
        (503, Unavailable),
        (599, Unavailable),
        (204, Unavailable),
    ],
)
def test_https_own_status_says_whose_fault_it_is(status: int, kind: type[TenureError], said: int) -> None:
    """What the body claims its status is does not matter: retrying hangs on what the server really answered."""
    assert type(error_of(status, to_json({**GOOD, "status": said}))) is kind


@pytest.mark.parametrize("body", [to_json(GOOD), b"<html>"], ids=["a problem", "a proxy's page"])
@pytest.mark.parametrize(("status", "seconds"), [(429, 30), (503, 0), (503, None)])
def test_when_to_come_back_is_part_of_the_error(status: int, seconds: int | None, body: bytes) -> None:
    """Whoever sent the answer: its `Retry-After` is advice that the asker weighs."""
    assert error_of(status, body, retry_after=seconds).retry_after == seconds


HOSTILE = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b"{}", id="no members"),
    pytest.param(b"<!DOCTYPE html>\n<html><script>alert(1)</script></html>", id="a web page"),
    pytest.param(b"<html>" + b"x" * 1_000_000, id="a huge web page"),
    pytest.param(b"\x1b[2J\x1b[31mowned\x07", id="a terminal's escapes"),
    pytest.param(b"\xff\xfe\x00\x01", id="no UTF-8"),
    pytest.param(b"[" * 100_000, id="100,000 brackets"),
    pytest.param(b'{"detail":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="100,000 levels"),
    pytest.param(to_json(GOOD)[:-1], id="cut off"),
    pytest.param(to_json({**GOOD, "detail": None}), id="detail null"),
    pytest.param(to_json({**GOOD, "detail": 5}), id="detail a number"),
    pytest.param(to_json({**GOOD, "code": "\x1b[31m"}), id="a code of escapes"),
    pytest.param(to_json({**GOOD, "code": "x" * 100_000}), id="a huge code"),
    pytest.param(to_json({**GOOD, "code": "MACHINE_BLOCKED"}), id="a code in upper case"),
    pytest.param(to_json({**GOOD, "status": "403"}), id="status as text"),
    pytest.param(to_json({**GOOD, "hresult": "\x1b[31m"}), id="an HRESULT of escapes"),
    pytest.param(to_json({**GOOD, "hresult": "0xC004F06C\n"}), id="an HRESULT with a line feed"),
    pytest.param(to_json({**GOOD, "hresult": "0x" + "C" * 100_000}), id="a huge HRESULT"),
    pytest.param(to_json({**GOOD, "hresult": 5}), id="an HRESULT that is a number"),
    pytest.param(to_json(GOOD).replace(b"Ask", b"\\ud800"), id="half a surrogate pair"),
]


def in_one_line(error: TenureError) -> bool:
    """Whether all that an error shows is safe in a terminal, short, and not empty."""
    shown = [str(error), error.hresult or "none"]
    return all(text and text.isprintable() and len(text) < 1_200 for text in shown)


@pytest.mark.parametrize("body", HOSTILE)
def test_a_body_that_is_no_problem_of_ours_is_named_not_repeated(body: bytes) -> None:
    """A proxy's page, a flood, escapes: one line that gives the status and a likely cause."""
    refused, failed = error_of(404, body), error_of(502, body)
    assert isinstance(refused, Refused)
    assert isinstance(failed, Unavailable)
    assert (refused.code, failed.code) == (Code.INVALID_REQUEST, Code.INTERNAL)
    assert refused.detail == "The server refused: HTTP status 404 without a problem document."
    assert failed.detail == "The server failed: HTTP status 502 without a problem document."
    assert refused.cure == "Is this the address of a Tenure server?"
    assert in_one_line(refused)
    assert in_one_line(failed)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(399, Unavailable), (400, Refused), (499, Refused), (500, Unavailable)],
)
def test_without_a_problem_document_https_status_still_says_whose_fault_it_is(
    status: int, kind: type[TenureError]
) -> None:
    """4xx is a refusal; anything else may pass."""
    assert type(error_of(status, b"")) is kind


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        pytest.param("Blocked since\r\nMonday.", "Blocked since  Monday.", id="two lines"),
        pytest.param("\x1b[2J\x1b[31mowned\x07", "[2J [31mowned", id="a terminal's escapes"),
        pytest.param("a\u202eb\u2028c", "a b c", id="Unicode's own tricks"),
        pytest.param("Gesperrt für Büro 7", "Gesperrt für Büro 7", id="another language"),
        pytest.param("", "machine_blocked", id="empty"),
        pytest.param(" \n\t ", "machine_blocked", id="blank"),
    ],
)
def test_a_peers_detail_is_shown_in_one_line(detail: str, shown: str) -> None:
    """Control characters become spaces; where nothing is left, the code says at least something."""
    caught = error_of(403, to_json({**GOOD, "detail": detail}))
    assert caught.detail == shown
    assert in_one_line(caught)


def test_a_flood_is_shown_as_a_few_lines() -> None:
    """A megabyte of detail becomes a thousand characters."""
    caught = error_of(403, to_json({**GOOD, "detail": "x" * 1_000_000}))
    assert len(caught.detail) == 1_000
    assert caught.code is Code.MACHINE_BLOCKED


@given(
    st.integers(100, 599),
    st.binary(max_size=200)
    | st.fixed_dictionaries(
        {"type": st.text(), "title": st.text(), "detail": st.text(st.characters()), "status": st.integers()},
        optional={"code": st.sampled_from(Code) | st.text(), "hresult": st.none() | st.text()},
    ).map(lambda members: json.dumps(members).encode()),
)
def test_whatever_a_peer_sends_becomes_one_error_in_one_line(status: int, body: bytes) -> None:
    """Never a traceback, never a control character, and the class that HTTP's status says."""
    error = error_of(status, body)
    assert type(error) is kind_of(status)
    assert in_one_line(error)


def test_every_branch_of_errors_can_be_told() -> None:
    """Whatever escapes from a use case has a problem document."""
    for kind in (UsageError, Refused, Unavailable, Untrusted, LocalFault):
        assert isinstance(problem_of(kind(Code.INTERNAL, "Something failed.")), Problem)
