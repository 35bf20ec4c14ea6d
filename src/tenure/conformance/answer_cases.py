"""Cases of answers as such: good ones, late ones, refusals, broken ones, and what is no answer at all."""

from __future__ import annotations

import gzip
from typing import Final

from tenure.conformance import faults
from tenure.conformance.answers import Answer, Reply, always, granted, problem, reply, waiting
from tenure.conformance.case import GOOD, Case, Outcome, Step, accepted, rejected
from tenure.core.errors import Code, Refused, TenureError, Unavailable

FAR_TOO_LONG: Final = 12_000_000
"""Bytes; the longest answer that a host gives is 8 MiB of catalogs."""
DETOUR: Final = "/detour/v1/activations"
"""Where a redirect leads: a lease is to be had there."""
CURE: Final = "Nothing: this case wants it so."
"""What the host's problem documents advise."""
_ABSURD: Final = "9" * 40
"""Seconds that fit into no integer of a machine."""


def _refusal(code: Code) -> TenureError:
    return Refused(code, "The host refuses.", CURE)


def _later(code: Code) -> TenureError:
    return Unavailable(code, "The host cannot now.", CURE)


def _no_answer(name: str, host: str, why: str, answer: Answer) -> Case:
    return rejected(name, host, why, answer, Outcome.UNAVAILABLE)


def _page(status: int, text: str) -> Answer:
    return always(reply(status, f"<!doctype html><title>{text}</title>".encode(), "text/html"))


def _said(status: int, body: bytes) -> Answer:
    return always(reply(status, body))


def _padded(whole: bytes) -> bytes:
    """The same object with a member that is far too long."""
    return whole[:-1] + b',"more":"' + b"x" * FAR_TOO_LONG + b'"}'


GOOD_ANSWERS: Final = (
    Case(
        name="granted",
        host="grants a lease, and grants it anew",
        why="A good lease licenses, and is renewed by the next one.",
        steps=(GOOD, GOOD),
    ),
    Case(
        name="waiting-then-granted",
        host="answers 202, then grants",
        why="A 202 is a refusal for now: the machine is counted, and asks again.",
        steps=(Step(answer=waiting(), outcome=Outcome.REFUSED, licensed=False), GOOD),
    ),
    Case(
        name="waiting-keeps-the-lease",
        host="grants, then answers 202",
        why="A 202 never ends or shortens a lease.",
        steps=(GOOD, Step(answer=waiting(), outcome=Outcome.REFUSED, licensed=True), GOOD),
    ),
    rejected(
        "waiting-for-ages",
        "answers 202 with a Retry-After that fits into no integer",
        "Advice without sense is no reason to fail: it is still a 202.",
        waiting(_ABSURD),
        Outcome.REFUSED,
    ),
    Case(
        name="recovery",
        host="answers 503, then half a JSON, then grants",
        why="One good answer cures whatever came before it.",
        steps=(
            Step(
                answer=always(problem(_later(Code.OVERLOADED))), outcome=Outcome.UNAVAILABLE, licensed=False
            ),
            Step(answer=_said(200, b"{"), outcome=Outcome.UNAVAILABLE, licensed=False),
            GOOD,
        ),
    ),
    accepted(
        "newer-members",
        "adds members to answer and lease that nobody knows yet",
        "Members that a client does not know are ignored: they are only ever added.",
        granted(body=lambda whole: whole[:-1] + b',"since":"tomorrow"}'),
    ),
    accepted(
        "another-content-type",
        "calls its answer text/plain",
        "What was signed counts, not what an answer is called.",
        granted(content_type="text/plain"),
    ),
    accepted(
        "in-chunks",
        "sends its answer in chunks",
        "HTTP/1.1 knows two ways to say where an answer ends; a client takes both.",
        faults.in_chunks(granted()),
    ),
    accepted(
        "two-answers",
        "sends its answer twice, one behind the other",
        "What follows an answer is not part of it.",
        faults.twice(granted()),
    ),
)

TIMES: Final = (
    accepted(
        "late",
        "answers after half of the time that the client waits",
        "A host may take its time.",
        faults.late(granted()),
    ),
    _no_answer(
        "too-late",
        "answers after three times the time that the client waits",
        "A client waits for a while, not for ever.",
        faults.too_late(granted()),
    ),
    Case(
        name="dripping",
        host="sends its body in small pieces, over three times the time that the client waits",
        why="The time is that of the whole answer, not that between two pieces.",
        steps=(
            GOOD,
            Step(answer=faults.dripping(granted()), outcome=Outcome.UNAVAILABLE, licensed=True),
            GOOD,
        ),
    ),
    Case(
        name="dripping-header",
        host="sends its header in small pieces, over three times the time that the client waits",
        why="The time is that of the whole answer, its header included.",
        steps=(
            GOOD,
            Step(
                answer=faults.dripping_from_the_start(granted()), outcome=Outcome.UNAVAILABLE, licensed=True
            ),
            GOOD,
        ),
    ),
)

REFUSALS: Final = (
    _no_answer(
        "overloaded",
        "answers 503 with a Retry-After",
        "A 503 says: come back later.",
        always(problem(_later(Code.OVERLOADED))),
    ),
    _no_answer(
        "overloaded-for-a-while",
        "answers 503 and does not say when to come back",
        "A 503 without a Retry-After is one all the same.",
        always(problem(_later(Code.STORAGE_UNAVAILABLE), retry_after=None)),
    ),
    _no_answer(
        "overloaded-for-ages",
        "answers 503 with a Retry-After that fits into no integer",
        "Advice without sense is no reason to fail: it is still a 503.",
        always(problem(_later(Code.OVERLOADED), retry_after=_ABSURD)),
    ),
    _no_answer(
        "overloaded-until-a-date",
        "answers 503 with a date as Retry-After",
        "The other form of Retry-After (RFC 9110, section 10.2.3) may be passed over, not stumbled over.",
        always(problem(_later(Code.OVERLOADED), retry_after="Fri, 31 Dec 1999 23:59:59 GMT")),
    ),
    _no_answer(
        "host-not-activated",
        "answers 503: it has no certificate",
        "A host without a certificate is no host: another one may be.",
        always(problem(_later(Code.HOST_NOT_ACTIVATED))),
    ),
    _no_answer(
        "host-revoked",
        "answers 503: it was revoked",
        "A host that says so of itself grants nothing, and its word alone takes nothing away.",
        always(problem(_later(Code.HOST_REVOKED))),
    ),
    _no_answer(
        "host-clock",
        "answers 503: its clock is wrong",
        "A host that knows its clock to be wrong grants nothing until it is right.",
        always(problem(_later(Code.HOST_CLOCK))),
    ),
    _no_answer(
        "a-proxy-s-503",
        "is behind a proxy that answers 503 with a page",
        "A 503 needs no problem document to be one.",
        _page(503, "Bad day"),
    ),
    rejected(
        "product-not-served",
        "answers 422: it does not serve the product",
        "A rule of the host says no; asking again unchanged does not help.",
        always(problem(_refusal(Code.PRODUCT_NOT_SERVED))),
        Outcome.REFUSED,
    ),
    rejected(
        "machine-blocked",
        "answers 403: the machine is blocked there",
        "A refusal takes no lease away: only a verified document could.",
        always(problem(_refusal(Code.MACHINE_BLOCKED))),
        Outcome.REFUSED,
    ),
    rejected(
        "clock-skew-said",
        "answers 409: it finds the client's clock wrong",
        "Whose clock is wrong is for people to find out; the client says what it was told.",
        always(problem(_refusal(Code.CLOCK_SKEW))),
        Outcome.REFUSED,
    ),
    rejected(
        "rate-limited",
        "answers 429: too many requests",
        "A 429 is a refusal for now.",
        always(problem(_refusal(Code.RATE_LIMITED))),
        Outcome.REFUSED,
    ),
    rejected(
        "a-404-page",
        "is a web server that answers 404 with a page",
        "A 4xx needs no problem document to be one.",
        _page(404, "Not here"),
        Outcome.REFUSED,
    ),
)

BROKEN: Final = (
    _no_answer(
        "half-an-answer",
        "hangs up in the middle of its body",
        "An answer that breaks off is no answer.",
        faults.half(granted()),
    ),
    _no_answer(
        "half-a-header",
        "hangs up in the middle of its header",
        "An answer that breaks off is no answer.",
        faults.half_a_header(granted()),
    ),
    _no_answer("nothing", "hangs up without a word", "Silence is no answer.", faults.nothing(granted())),
    _no_answer(
        "shorter-than-said",
        "announces more than it sends, though what it sends is whole JSON",
        "An answer that is shorter than it says has broken off, whatever has come of it.",
        faults.shorter_than_said(granted()),
    ),
    _no_answer(
        "without-the-last-chunk",
        "sends chunks and hangs up before the empty one, though all of the JSON has come",
        "Chunks that do not end have broken off, whatever has come of them.",
        faults.without_the_last_chunk(granted()),
    ),
    _no_answer(
        "garbage",
        "speaks another protocol",
        "What is not HTTP is no answer.",
        lambda _site, _request, _at: Reply(head=b"", body=b"SSH-2.0-OpenSSH_9.9\r\n"),
    ),
    _no_answer(
        "endless-header",
        "sends one header line of many megabytes, and a lease",
        "A header that is far too long is no answer.",
        faults.with_header(granted(), "X-Long", "x" * FAR_TOO_LONG),
    ),
    _no_answer(
        "endless",
        "sends a lease, and many megabytes beside it",
        "An answer that is far too long is no answer.",
        granted(body=_padded),
    ),
    _no_answer(
        "packed-without-end",
        "sends a lease in a small answer that unpacks to many megabytes",
        "It is the length after unpacking that counts.",
        faults.with_header(
            granted(body=lambda whole: gzip.compress(_padded(whole), 1, mtime=0)), "Content-Encoding", "gzip"
        ),
    ),
    _no_answer(
        "redirect",
        "redirects to an address where a lease is to be had",
        "A client asks the host that was set, and goes nowhere else.",
        always(reply(307, b"", headers={"Location": DETOUR})),
    ),
    _no_answer(
        "a-web-page",
        "is behind a proxy that answers 200 with a page",
        "A proxy's page is no lease.",
        _page(200, "Log in"),
    ),
    _no_answer(
        "no-content",
        "answers 204",
        "A success without a lease licenses nobody.",
        lambda _site, _request, _at: Reply(head=b"HTTP/1.1 204 Testhost\r\n\r\n", body=b""),
    ),
    _no_answer(
        "no-json",
        "answers 200 with JSON that is no object",
        "A body that is no JSON object of the protocol is no answer.",
        _said(200, b'["lease"]'),
    ),
    _no_answer(
        "no-lease",
        "answers 200 with an empty object",
        "An answer without what it must have is no answer.",
        _said(200, b"{}"),
    ),
    _no_answer(
        "wrong-types",
        "answers 200 with numbers where texts belong",
        "An answer whose members are of another type is no answer.",
        _said(
            200,
            b'{"lease":5,"certificate":[],"count":"25","threshold":null,"renewal_interval_s":{},'
            b'"catalog_seq":1,"revocation_seq":0}',
        ),
    ),
    _no_answer(
        "no-text",
        "answers 200 with bytes that are no UTF-8",
        "JSON is UTF-8 (RFC 8259, section 8.1).",
        _said(200, b'{"lease":"\xff\xfe"}'),
    ),
    _no_answer(
        "deep-json",
        "answers 200 with brackets in brackets without end",
        "Nesting without end harms nobody.",
        _said(200, b"[" * 100_000),
    ),
)

ANSWER_CASES: Final = (*GOOD_ANSWERS, *TIMES, *REFUSALS, *BROKEN)
