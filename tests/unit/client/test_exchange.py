from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from simulators.machines import SimulatedMachine
from simulators.publisher import NOW, PUBLISHER_ID, SimulatedPublisher
from tenure.client.exchange import Answer, Call, Conversation, Heard, converse, hold
from tenure.client.host_address import HostAddress, parse_host
from tenure.core.errors import Code, TenureError, Unavailable
from tenure.wire.activation import Waiting, decode_activation

if TYPE_CHECKING:
    from collections.abc import Sequence

HOST = parse_host("host.example")
BODY = SimulatedMachine(SimulatedPublisher().workstation.product_id, number=1).ask(NOW)


def conversation(*, known_seq: int = 1, known_revocations: int = 0, wait: int = 0) -> Conversation:
    """One about the workstation product."""
    return converse(BODY, PUBLISHER_ID, known_seq=known_seq, known_revocations=known_revocations, wait=wait)


def short(*, catalog_seq: int = 1, revocation_seq: int = 0, retry_after: str | None = None) -> Answer:
    """A 202."""
    body = Waiting(
        count=1,
        threshold=25,
        missing=24,
        retry_interval_s=900,
        contact="",
        catalog_seq=catalog_seq,
        revocation_seq=revocation_seq,
    )
    return Answer(202, msgspec.json.encode(body), {} if retry_after is None else {"retry-after": retry_after})


class Scripted:
    """A transport that has the answers ready, and no answer for None."""

    def __init__(self, answers: Sequence[Answer | None]) -> None:
        self.answers = list(answers)
        self.calls: list[Call] = []

    def ask(self, host: HostAddress, call: Call) -> Answer:
        """The next answer."""
        assert host == HOST
        self.calls.append(call)
        answer = self.answers.pop(0)
        if answer is None:
            raise Unavailable(Code.HOST_UNREACHABLE, "It is gone.")
        return answer


def test_the_first_call_is_the_request_itself() -> None:
    """POST /v1/activations with the body as the host reads it, and the time it may be held."""
    call = next(conversation(wait=60))
    assert (call.method, call.path, call.wait) == ("POST", "/v1/activations", 60)
    assert call.body is not None
    assert decode_activation(call.body) == BODY


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("1", 1),
        (" 120 ", 120),
        (None, 60),
        ("", 60),
        ("soon", 60),
        ("-1", 60),
        ("1" * 10, 60),
        ("\u00b2", 60),
    ],
    ids=["one", "spaces", "missing", "empty", "words", "negative", "endless", "a superscript"],
)
def test_retry_after_is_read_in_seconds(header: str | None, seconds: int) -> None:
    """What is no number of seconds counts as a minute."""
    heard = hold(conversation(), HOST, Scripted([short(retry_after=header)]))
    assert heard.retry_after == seconds


@pytest.mark.parametrize(("header", "seconds"), [("30", 30), ("0", 0), ("soon", None), (None, None)])
@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_carries_when_to_come_back(status: int, header: str | None, seconds: int | None) -> None:
    """What is no number of seconds says nothing."""
    headers = {} if header is None else {"retry-after": header}
    with pytest.raises(TenureError) as caught:
        hold(conversation(), HOST, Scripted([Answer(status, b"{}", headers)]))
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("known", "told", "calls"), [(1, 1, 1), (1, 2, 2), (5, 2, 1)], ids=["same", "newer", "older"]
)
def test_catalogs_are_asked_for_only_when_they_are_newer(known: int, told: int, calls: int) -> None:
    """After the highest seq that is known."""
    transport = Scripted([short(catalog_seq=told), Answer(200, b'{"catalogs": ["one", "two"]}')])
    heard = hold(conversation(known_seq=known), HOST, transport)
    assert len(transport.calls) == calls
    assert heard.catalogs == (("one", "two") if calls == 2 else ())
    if calls == 2:
        assert transport.calls[1] == Call("GET", f"/v1/publishers/{PUBLISHER_ID}/catalogs?after={known}")


def test_no_answer_to_the_request_is_the_transport_s_error() -> None:
    """It is passed on as it is."""
    with pytest.raises(Unavailable, match="It is gone"):
        hold(conversation(), HOST, Scripted([None]))


def test_no_answer_to_the_second_question_leaves_the_first() -> None:
    """The host has answered what it was asked for."""
    heard = hold(conversation(), HOST, Scripted([short(catalog_seq=2), None]))
    assert isinstance(heard, Heard)
    assert heard.catalogs == ()


@pytest.mark.parametrize(
    ("known", "told", "calls"),
    [(0, 0, 1), (0, 1, 2), (3, 3, 1), (3, 4, 2), (5, 2, 1)],
    ids=["none", "the first", "same", "newer", "older"],
)
def test_a_revocation_list_is_asked_for_only_when_it_is_newer(known: int, told: int, calls: int) -> None:
    """Its seq is counted apart from the catalogs'."""
    transport = Scripted([short(revocation_seq=told), Answer(200, b'{"revocations": "list"}')])
    heard = hold(conversation(known_revocations=known), HOST, transport)
    assert heard.revocations == ("list" if calls == 2 else None)
    assert transport.calls[1:] == (
        [Call("GET", f"/v1/publishers/{PUBLISHER_ID}/revocations")] if calls == 2 else []
    )


def test_catalogs_are_asked_for_before_the_list_that_they_verify() -> None:
    """One conversation; a list that cannot be had leaves the catalogs."""
    transport = Scripted(
        [short(catalog_seq=2, revocation_seq=1), Answer(200, b'{"catalogs": ["one"]}'), None]
    )
    heard = hold(conversation(), HOST, transport)
    assert (heard.catalogs, heard.revocations) == (("one",), None)
    assert [call.path.rpartition("/")[2] for call in transport.calls[1:]] == [
        "catalogs?after=1",
        "revocations",
    ]
