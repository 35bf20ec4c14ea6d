"""The bodies of `POST /v1/activations`: what a host takes, what it refuses by name, what a client believes."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Refused, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.wire.activation import (
    MAX_BODY,
    MAX_MINUTES,
    MAX_WAIT,
    ActivationBody,
    Granted,
    Waiting,
    decode_activation,
    decode_answer,
)
from unit.wire.example import (
    CERTIFICATE_TOKEN,
    FINGERPRINT,
    LEASE_TOKEN,
    MACHINE_ID,
    NOW,
    REQUEST_ID,
    WORKSTATION_ID,
)
from unit.wire.forgery import to_json, without

GOOD: dict[str, Any] = {
    "machine_id": str(MACHINE_ID),
    "product_id": str(WORKSTATION_ID),
    "request_id": str(REQUEST_ID),
    "hostname": "desk-17.example",
    "fingerprint": FINGERPRINT,
    "virtual": False,
    "license_status": "notification",
    "minutes_remaining": 100_800,
    "client_time": NOW,
}
BODY = ActivationBody(
    machine_id=MACHINE_ID,
    product_id=WORKSTATION_ID,
    request_id=REQUEST_ID,
    hostname="desk-17.example",
    fingerprint=FINGERPRINT,
    virtual=False,
    license_status=LicenseStatus.NOTIFICATION,
    minutes_remaining=100_800,
    client_time=NOW,
)


def refusal(body: bytes) -> Refused:
    """The error that a body leads to: in one line, with the page that says it right."""
    with pytest.raises(Refused) as caught:
        decode_activation(body)
    assert caught.value.code is Code.INVALID_REQUEST
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 1_100
    assert "docs/protocol.md" in caught.value.cure
    return caught.value


def test_the_limits_are_the_designs() -> None:
    """16 KiB a body, 60 seconds of waiting, a year of minutes."""
    assert (MAX_BODY, MAX_WAIT, MAX_MINUTES) == (16_384, 60, 525_600)


def test_a_request_says_what_a_machine_asks() -> None:
    """All nine members come back as they were sent, and are sent as they came."""
    assert decode_activation(to_json(GOOD)) == BODY
    assert json.loads(msgspec.json.encode(BODY)) == GOOD


def test_a_real_request_is_small() -> None:
    """Under 500 bytes, far from the limit."""
    assert len(msgspec.json.encode(BODY)) < 500


def test_members_that_are_not_known_are_passed_over() -> None:
    """Whatever a newer client adds, whatever it holds."""
    newer = {"tomorrow": {"deep": [1.5, None, {"x": "\n"}]}, **GOOD, "": 1}
    assert decode_activation(to_json(newer)) == BODY


def test_of_a_name_that_stands_twice_the_last_is_taken() -> None:
    """As the design says; the first may even be wrong in its value, but not in its type."""
    twice = b'{"hostname":"first",' + to_json(GOOD)[1:]
    assert decode_activation(twice) == BODY
    assert decode_activation(to_json(GOOD)[:-1] + b',"hostname":"last"}').hostname == "last"


def test_spaces_and_escapes_do_not_matter() -> None:
    """JSON is JSON, however it was written."""
    spread = json.dumps({**GOOD, "hostname": "büro-😀"}, indent=3)
    assert "\\ud83d" in spread
    assert decode_activation(spread.encode()).hostname == "büro-😀"
    assert decode_activation(to_json({**GOOD, "hostname": "büro-😀"})).hostname == "büro-😀"


@pytest.mark.parametrize("member", GOOD)
def test_a_missing_member_is_named(member: str) -> None:
    """All nine are required."""
    assert f"`{member}`" in refusal(to_json(without(GOOD, member))).detail


BAD_MEMBERS = [
    *(
        pytest.param(member, value, id=f"{member} {what}")
        for member in ("machine_id", "product_id", "request_id")
        for what, value in {
            "empty": "",
            "no UUID": "machine-1",
            "a digit short": str(MACHINE_ID)[:-1],
            "a digit more": f"{MACHINE_ID}0",
            "in braces": f"{{{MACHINE_ID}}}",
            "as a URN": f"urn:uuid:{MACHINE_ID}",
            "with a line feed": f"{MACHINE_ID}\n",
            "a number": 5,
            "null": None,
            "a list": [str(MACHINE_ID)],
        }.items()
    ),
    pytest.param("hostname", "", id="hostname empty"),
    pytest.param("hostname", "x" * 256, id="hostname too long"),
    pytest.param("hostname", 5, id="hostname a number"),
    pytest.param("hostname", None, id="hostname null"),
    pytest.param("hostname", "\n", id="hostname a line feed"),
    pytest.param("hostname", "desk\n", id="hostname with a line feed after it"),
    pytest.param("hostname", "desk\n17", id="hostname with a line feed in it"),
    pytest.param("hostname", "desk\r", id="hostname with a carriage return"),
    pytest.param("hostname", "\x00desk", id="hostname with NUL"),
    pytest.param("hostname", "desk\x1b[31m", id="hostname with a terminal's escape"),
    pytest.param("hostname", "desk\x1f", id="hostname with the last of C0"),
    pytest.param("hostname", "desk\x7f", id="hostname with DEL"),
    pytest.param("hostname", "desk\x80", id="hostname with the first of C1"),
    pytest.param("hostname", "desk\x9b31m", id="hostname with an 8-bit escape"),
    pytest.param("hostname", "desk\x9f", id="hostname with the last of C1"),
    pytest.param("fingerprint", "", id="fingerprint empty"),
    pytest.param("fingerprint", "f" * 15, id="fingerprint too short"),
    pytest.param("fingerprint", "f" * 129, id="fingerprint too long"),
    pytest.param("fingerprint", "f" * 16 + "\n", id="fingerprint with a line feed after it"),
    pytest.param("fingerprint", "f" * 16 + " ", id="fingerprint with a space"),
    pytest.param("fingerprint", "f" * 16 + "é", id="fingerprint that is no ASCII"),
    pytest.param("fingerprint", "f" * 16 + "%", id="fingerprint with a percent sign"),
    pytest.param("fingerprint", None, id="fingerprint null"),
    pytest.param("virtual", 0, id="virtual a number"),
    pytest.param("virtual", "false", id="virtual a text"),
    pytest.param("virtual", None, id="virtual null"),
    pytest.param("license_status", "", id="license_status empty"),
    pytest.param("license_status", "Licensed", id="license_status in upper case"),
    pytest.param("license_status", "activated", id="license_status unknown"),
    pytest.param("license_status", "\x1b[31m\n" + "x" * 16_000, id="license_status hostile"),
    pytest.param("license_status", 1, id="license_status a number"),
    pytest.param("minutes_remaining", -1, id="minutes_remaining below 0"),
    pytest.param("minutes_remaining", 525_601, id="minutes_remaining over a year"),
    pytest.param("minutes_remaining", 10**100, id="minutes_remaining huge"),
    pytest.param("minutes_remaining", 1.5, id="minutes_remaining a fraction"),
    pytest.param("minutes_remaining", 1.0, id="minutes_remaining written as a fraction"),
    pytest.param("minutes_remaining", True, id="minutes_remaining true"),
    pytest.param("minutes_remaining", "0", id="minutes_remaining a text"),
    pytest.param("minutes_remaining", None, id="minutes_remaining null"),
    pytest.param("client_time", -1, id="client_time before 1970"),
    pytest.param("client_time", 2**53 + 1, id="client_time beyond what JSON numbers carry"),
    pytest.param("client_time", 2**64, id="client_time beyond 64 bits"),
    pytest.param("client_time", 1.8e9, id="client_time with an exponent"),
    pytest.param("client_time", "2027-01-15T08:00:00Z", id="client_time as a date"),
    pytest.param("client_time", False, id="client_time false"),
]


@pytest.mark.parametrize(("member", "value"), BAD_MEMBERS)
def test_a_wrong_member_is_named(member: str, value: Any) -> None:
    """One bad member at a time in a good request: the error says which it is."""
    assert f"`$.{member}`" in refusal(to_json({**GOOD, member: value})).detail


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("hostname", "x"),
        ("hostname", "x" * 255),
        ("hostname", "😀" * 255),
        ("hostname", " desk 17 "),
        ("hostname", "desk\u00a0\u2028"),
        ("fingerprint", "f" * 16),
        ("fingerprint", "f" * 128),
        ("fingerprint", "AZaz09._:+/=-abc"),
        ("virtual", True),
        *(("license_status", status.value) for status in LicenseStatus),
        ("minutes_remaining", 0),
        ("minutes_remaining", 525_600),
        ("client_time", 0),
        ("client_time", 2**53),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_last_value_within_a_bound_is_taken(member: str, value: Any) -> None:
    """Lengths are of characters, not bytes; the bounds themselves are allowed."""
    assert getattr(decode_activation(to_json({**GOOD, member: value})), member) == value


def test_an_id_is_the_same_however_it_is_written() -> None:
    """Upper case and a missing dash are another text, but the same machine."""
    for text in (str(MACHINE_ID).upper(), MACHINE_ID.hex):
        assert decode_activation(to_json({**GOOD, "machine_id": text})) == BODY
    assert decode_activation(to_json({**GOOD, "machine_id": "A" * 32})).machine_id == UUID("a" * 32)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" ", id="a space"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"5", id="a number"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(b"{", id="cut off"),
        pytest.param(to_json(GOOD)[:-1], id="the last brace is missing"),
        pytest.param(to_json(GOOD) + b"}", id="a brace too many"),
        pytest.param(to_json(GOOD) * 2, id="two requests"),
        pytest.param(to_json(GOOD).replace(b'"', b"'"), id="single quotes"),
        pytest.param(b"\xef\xbb\xbf" + to_json(GOOD), id="byte order mark"),
        pytest.param(json.dumps(GOOD).encode("utf-16"), id="UTF-16"),
        pytest.param(json.dumps(GOOD).encode("utf-32"), id="UTF-32"),
        pytest.param(to_json(GOOD).replace(b"desk", b"d\xffsk"), id="a hostname in Latin-1"),
        pytest.param(to_json(GOOD).replace(b"desk", b"d\xed\xa0\x80sk"), id="a surrogate in UTF-8"),
        pytest.param(to_json(GOOD).replace(b"desk", b"d\xc0\xafsk"), id="an overlong form"),
        pytest.param(to_json(GOOD).replace(b"desk", b"d\\ud800sk"), id="half a surrogate pair"),
        pytest.param(to_json(GOOD).replace(b"desk", b"d\nsk"), id="a bare line feed in a text"),
        pytest.param(to_json(GOOD).replace(b"false", b"NaN"), id="NaN"),
        pytest.param(b"machine_id=1&product_id=2", id="a form"),
        pytest.param(b"<request/>", id="XML"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", id="the first bytes of TLS"),
        pytest.param(b"[" * 10_000, id="10,000 brackets"),
        pytest.param(b'{"a":' * 3_000, id="3,000 braces"),
        pytest.param(
            b'{"tomorrow":' + b"[" * 8_000 + b"]" * 8_000 + b"}", id="8,000 levels in an unknown member"
        ),
        pytest.param(
            b'{"hostname":' + b"[" * 10_000 + b"]" * 10_000 + b"}", id="10,000 levels in a known member"
        ),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """`invalid_request`, whatever the bytes are: no other error, no deep stack."""
    refusal(body)


def test_deep_nesting_is_called_by_its_name() -> None:
    """The error says how deep is deep enough."""
    deep = to_json(GOOD)[:-1] + b',"tomorrow":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    assert "nests too deep" in refusal(deep).detail


def test_sixteen_levels_are_taken() -> None:
    """As deep as a sender may nest."""
    nested = to_json(GOOD)[:-1] + b',"tomorrow":' + b"[" * 15 + b"]" * 15 + b"}"
    assert decode_activation(nested) == BODY


@given(st.binary(max_size=300))
def test_no_bytes_lead_to_another_error(body: bytes) -> None:
    """Arbitrary bytes are never a request, and never a traceback."""
    refusal(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries({}, optional={name: st.just(value) | json_values for name, value in GOOD.items()})
)
def test_no_members_lead_to_another_error(members: dict[str, Any]) -> None:
    """A request or `invalid_request`, whatever the nine members hold."""
    sent = json.dumps(members).encode()
    try:
        body = decode_activation(sent)
    except Refused:
        refusal(sent)
    else:
        assert decode_activation(msgspec.json.encode(body)) == body


# --- answers ----------------------------------------------------------------------------------------------------

GRANTED = Granted(
    lease=LEASE_TOKEN,
    certificate=CERTIFICATE_TOKEN,
    count=31,
    threshold=25,
    renewal_interval_s=604_800,
    catalog_seq=7,
    revocation_seq=0,
)
WAITING = Waiting(
    count=24,
    threshold=25,
    missing=1,
    retry_interval_s=7_200,
    contact="licenses@publisher.example",
    catalog_seq=7,
    revocation_seq=0,
)


def test_a_200_has_the_members_of_the_design() -> None:
    """Lease and certificate, the count, and what else the host knows; it comes back as it was sent."""
    sent = msgspec.json.encode(GRANTED)
    assert list(json.loads(sent)) == [
        *(
            "lease",
            "certificate",
            "count",
            "threshold",
            "renewal_interval_s",
            "catalog_seq",
            "revocation_seq",
        ),
    ]
    assert decode_answer(200, sent) == GRANTED


def test_a_202_has_the_members_of_the_design() -> None:
    """Code and HRESULT are always there; it comes back as it was sent."""
    sent = msgspec.json.encode(WAITING)
    assert json.loads(sent) == {
        "code": "count_insufficient",
        "hresult": "0xC004F038",
        "count": 24,
        "threshold": 25,
        "missing": 1,
        "retry_interval_s": 7_200,
        "contact": "licenses@publisher.example",
        "catalog_seq": 7,
        "revocation_seq": 0,
    }
    assert decode_answer(202, sent) == WAITING


@pytest.mark.parametrize(("status", "answer"), [(200, GRANTED), (202, WAITING)])
def test_a_newer_hosts_answer_is_read(status: int, answer: Granted | Waiting) -> None:
    """Unknown members are passed over."""
    newer = {**json.loads(msgspec.json.encode(answer)), "tomorrow": [{}]}
    assert decode_answer(status, to_json(newer)) == answer


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no members"),
        pytest.param(b"<html>Welcome to the hotel network</html>", id="a web page"),
        pytest.param(b'{"lease":5,"count":"many"}', id="members of other types"),
        pytest.param(msgspec.json.encode(GRANTED)[:-1], id="cut off"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"[" * 100_000, id="100,000 brackets"),
        pytest.param(b'{"tomorrow":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="100,000 levels"),
    ],
)
def test_what_is_no_answer_is_no_answer(status: int, body: bytes) -> None:
    """Whatever stands in a 200 or 202 that a host would not send: one line that says so."""
    with pytest.raises(UsageError, match="host's answer is not readable") as caught:
        decode_answer(status, body)
    assert caught.value.code is Code.INVALID_REQUEST
    assert caught.value.detail.isprintable()


def test_a_200_is_no_202_and_a_202_no_200() -> None:
    """The status says which body it is."""
    for status, body in ((200, WAITING), (202, GRANTED)):
        with pytest.raises(UsageError):
            decode_answer(status, msgspec.json.encode(body))


@given(st.sampled_from([200, 202]), st.binary(max_size=200))
def test_no_answer_leads_to_another_error(status: int, body: bytes) -> None:
    """Nor do arbitrary bytes from a host."""
    with pytest.raises(UsageError):
        decode_answer(status, body)
