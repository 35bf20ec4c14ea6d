"""The bodies between a host or a machine and its publisher: a request one way, a certificate or a grant the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Refused, TenureError, Untrusted
from tenure.wire.enrolment import (
    HostActivated,
    MachineActivated,
    RequestBody,
    decode_host_activated,
    decode_machine_activated,
    decode_request,
)
from unit.wire.example import CERTIFICATE_TOKEN, GRANT_TOKEN, REQUEST_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIVATED = HostActivated(certificate=CERTIFICATE_TOKEN, used=1, limit=6)
GRANTED = MachineActivated(grant=GRANT_TOKEN, used=2, limit=3)

NO_JSON_OBJECT = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b"{}", id="no members"),
    pytest.param(b"{", id="cut off"),
    pytest.param(b"<html></html>", id="a web page"),
    pytest.param(b"\xff\xfe", id="no UTF-8"),
    pytest.param(b'{"request":"\xff","certificate":"\xff"}', id="a text that is no UTF-8"),
    pytest.param(b"[" * 100_000, id="100,000 brackets"),
    pytest.param(b'{"tomorrow":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="100,000 levels"),
    pytest.param(REQUEST_TOKEN.encode(), id="a bare token"),
    pytest.param(b'{"request":null,"certificate":null,"used":1,"limit":6}', id="null for a document"),
    pytest.param(b'{"request":["x"],"certificate":["x"],"used":1,"limit":6}', id="a list for a document"),
    pytest.param(b'{"requests":"x","certificates":"x","used":1,"limit":6}', id="other names"),
    pytest.param(b'{"request":5,"certificate":"x","used":1.5,"limit":6}', id="a fraction for a number"),
]


def test_a_request_travels_in_an_object() -> None:
    """`{"request": document}`, as sent so received; unknown members are passed over."""
    sent = msgspec.json.encode(RequestBody(REQUEST_TOKEN))
    assert json.loads(sent) == {"request": REQUEST_TOKEN}
    assert decode_request(sent) == REQUEST_TOKEN
    assert decode_request(b'{"request":"x","tomorrow":1}') == "x"


def test_an_activation_is_answered_with_the_certificate_and_the_keys_use() -> None:
    """`certificate`, `used`, `limit`, as sent so received; unknown members are passed over."""
    sent = msgspec.json.encode(ACTIVATED)
    assert json.loads(sent) == {"certificate": CERTIFICATE_TOKEN, "used": 1, "limit": 6}
    assert decode_host_activated(sent) == ACTIVATED
    assert decode_host_activated(sent[:-1] + b',"tomorrow":1}') == ACTIVATED


def test_a_machine_is_answered_with_its_grant_and_the_keys_use() -> None:
    """`grant`, `used`, `limit`, as sent so received; a host's answer is none."""
    sent = msgspec.json.encode(GRANTED)
    assert json.loads(sent) == {"grant": GRANT_TOKEN, "used": 2, "limit": 3}
    assert decode_machine_activated(sent) == GRANTED
    assert decode_machine_activated(sent[:-1] + b',"tomorrow":1}') == GRANTED
    with pytest.raises(Untrusted):
        decode_machine_activated(msgspec.json.encode(ACTIVATED))


@pytest.mark.parametrize("body", NO_JSON_OBJECT)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    """`invalid_request`, with the form that was expected."""
    with pytest.raises(Refused, match="The body is not") as caught:
        decode_request(body)
    assert caught.value.code is Code.INVALID_REQUEST
    assert '{"request": "..."}' in caught.value.detail


@pytest.mark.parametrize("decode", [decode_host_activated, decode_machine_activated])
@pytest.mark.parametrize("body", NO_JSON_OBJECT)
def test_what_is_no_answer_is_not_trusted(body: bytes, decode: Callable[[bytes], object]) -> None:
    """`document_malformed`: a publisher would not send it."""
    with pytest.raises(Untrusted, match="publisher's answer is not readable") as caught:
        decode(body)
    assert caught.value.code is Code.DOCUMENT_MALFORMED


@given(
    st.binary(max_size=200) | st.text(max_size=50).map(lambda text: json.dumps({"request": text}).encode())
)
def test_no_bytes_lead_to_another_error(body: bytes) -> None:
    """A body is read or refused, in both directions, and what an error says of it is one line."""
    decoders: list[Callable[[bytes], object]] = [
        decode_request,
        decode_host_activated,
        decode_machine_activated,
    ]
    told = []
    for decode in decoders:
        try:
            assert decode(body) == json.loads(body)["request"]
        except TenureError as error:
            told.append(error.detail)
    assert len(told) >= 1
    assert all(detail.isprintable() for detail in told)
