"""`tenure-request+jwt`: a request is its asker's own, not too old, and proves a key that it does not tell."""

from __future__ import annotations

from typing import Any

import pytest

from tenure.core.errors import Code, Refused, TenureError, Untrusted
from tenure.core.policy import DAY
from tenure.wire.base64url import decode, encode
from tenure.wire.keys import PublicKey
from tenure.wire.request import ActivationRequest, open_request, request_of, sign_request
from unit.wire.example import (
    FINGERPRINT,
    HOST,
    HOST_ID,
    HOST_KEY,
    NOW,
    OTHER_ID,
    PAIR,
    PUBLISHER_ID,
    REQUEST_TOKEN,
    STRANGER,
    request_token,
)
from unit.wire.forgery import payload_of, resigned, with_value, without

PAYLOAD = payload_of(REQUEST_TOKEN)
REQUEST = open_request(REQUEST_TOKEN, now=NOW)


def refusal(token: str, *, now: int = NOW) -> TenureError:
    """The error that this token leads to."""
    with pytest.raises(TenureError) as caught:
        open_request(token, now=now)
    return caught.value


def test_a_request_says_who_asks_whom_with_which_key() -> None:
    """All that was signed comes back."""
    expected = ActivationRequest(
        request_id="request-1",
        asker=HOST_ID,
        audience=PUBLISHER_ID,
        asker_x=HOST.public.x,
        fingerprint=FINGERPRINT,
        key_id=PAIR.kid,
        key_proof=PAYLOAD["key_proof"],
        iat=NOW,
        exp=NOW + 30 * DAY,
    )
    assert open_request(REQUEST_TOKEN, now=NOW) == expected
    assert REQUEST.asker_kid == HOST.kid


def test_the_payload_has_the_members_of_the_design() -> None:
    """`iss` and `sub` are the asker; the proof is the pair's signature over `jti + "." + thumbprint`."""
    assert list(PAYLOAD) == [
        *("ver", "iss", "sub", "jti", "iat", "exp", "aud", "cnf", "fpr", "key_id", "key_proof"),
    ]
    assert PAYLOAD["iss"] == PAYLOAD["sub"] == str(HOST_ID)
    assert PAYLOAD["cnf"] == {"jwk": HOST.public.jwk}
    assert PAIR.public.verifies(decode(PAYLOAD["key_proof"]), f"request-1.{HOST.kid}".encode())


def test_the_product_key_is_never_in_its_request() -> None:
    """Neither the 25 characters nor the seed that they stand for."""
    said = str(PAYLOAD)
    assert HOST_KEY.characters not in said
    assert HOST_KEY.partial not in said
    assert "'d'" not in said


# --- the key proof ----------------------------------------------------------------------------------------------


def test_a_request_proves_the_product_key_that_its_asker_held() -> None:
    """Against the public half that the publisher kept, and against no other."""
    assert REQUEST.proves(PAIR.public)
    assert not REQUEST.proves(STRANGER.public)


def test_a_key_id_alone_proves_nothing() -> None:
    """One who knows a key's id, but not the key, signs the proof with some other pair in vain."""
    forged = resigned(
        REQUEST_TOKEN,
        HOST,
        {**PAYLOAD, "key_proof": encode(STRANGER.sign(f"request-1.{HOST.kid}".encode()))},
    )
    assert not open_request(forged, now=NOW).proves(PAIR.public)


def test_a_proof_does_not_pass_under_another_key_id() -> None:
    """A good proof beside the id of another key is no proof of either."""
    forged = open_request(resigned(REQUEST_TOKEN, HOST, {**PAYLOAD, "key_id": STRANGER.kid}), now=NOW)
    assert not forged.proves(PAIR.public)
    assert not forged.proves(STRANGER.public)


def test_a_stolen_proof_is_worth_nothing_to_another_asker() -> None:
    """Who copies a proof into a request under a key of their own has a valid request that proves nothing."""
    stolen = {**PAYLOAD, "iss": str(OTHER_ID), "sub": str(OTHER_ID), "cnf": {"jwk": STRANGER.public.jwk}}
    request = open_request(resigned(REQUEST_TOKEN, STRANGER, stolen), now=NOW)
    assert request.asker == OTHER_ID
    assert not request.proves(PAIR.public)


def test_a_proof_is_worth_nothing_in_the_next_request() -> None:
    """The request's own id is part of what was proved."""
    request = open_request(resigned(REQUEST_TOKEN, HOST, {**PAYLOAD, "jti": "request-2"}), now=NOW)
    assert not request.proves(PAIR.public)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65)], ids=len)
def test_a_proof_of_another_length_proves_nothing(signature: bytes) -> None:
    """No signature, and no error either."""
    request = open_request(
        resigned(REQUEST_TOKEN, HOST, {**PAYLOAD, "key_proof": encode(signature)}), now=NOW
    )
    assert not request.proves(PAIR.public)


# --- whose it is ------------------------------------------------------------------------------------------------


def test_a_request_is_signed_by_the_key_that_it_carries() -> None:
    """Step 2: the kid names `cnf.jwk`, and the signature is that key's."""
    for forged in (
        resigned(REQUEST_TOKEN, STRANGER),
        resigned(REQUEST_TOKEN, STRANGER, kid=HOST.kid),
        resigned(REQUEST_TOKEN, HOST, kid=STRANGER.kid),
        resigned(REQUEST_TOKEN, HOST, {**PAYLOAD, "cnf": {"jwk": STRANGER.public.jwk}}),
        resigned(REQUEST_TOKEN, HOST, {**PAYLOAD, "cnf": {"jwk": STRANGER.public.jwk}}, kid=STRANGER.kid),
    ):
        assert refusal(forged).code is Code.SIGNATURE_INVALID


def test_the_asker_speaks_for_itself() -> None:
    """Step 3: `iss` and `sub` are one."""
    for member in ("iss", "sub"):
        error = refusal(resigned(REQUEST_TOKEN, HOST, {**PAYLOAD, member: str(OTHER_ID)}))
        assert (error.code, "iss and sub" in error.detail) == (Code.DOCUMENT_MALFORMED, True)


# --- when -------------------------------------------------------------------------------------------------------

END = NOW + 30 * DAY


@pytest.mark.parametrize(
    ("now", "taken"),
    [
        pytest.param(NOW - 4 * 3600 - 1, False, id="made 4 h 1 s ahead"),
        pytest.param(NOW - 4 * 3600, True, id="made 4 h ahead"),
        pytest.param(NOW, True, id="made now"),
        pytest.param(END - 1, True, id="in its last second"),
        pytest.param(END, False, id="at its end"),
        pytest.param(END + DAY, False, id="a day after its end"),
        pytest.param(0, False, id="a clock at 1970"),
    ],
)
def test_a_request_is_taken_for_thirty_days(*, now: int, taken: bool) -> None:
    """Step 4: from 4 hours before its own clock until its `exp`, which is not in it any more."""
    if taken:
        assert open_request(REQUEST_TOKEN, now=now) == REQUEST
    else:
        error = refusal(REQUEST_TOKEN, now=now)
        assert isinstance(error, Refused)
        assert error.code is Code.REQUEST_EXPIRED
        assert str(now) in error.detail


@pytest.mark.parametrize(
    ("exp", "taken"),
    [
        pytest.param(NOW + 1, True, id="for one second"),
        pytest.param(END, True, id="for 30 days"),
        pytest.param(END + 1, False, id="for 30 days and a second"),
        pytest.param(NOW, False, id="for no time"),
        pytest.param(NOW - 1, False, id="ends before it begins"),
        pytest.param(2**53, False, id="forever"),
    ],
)
def test_no_request_gives_itself_more_than_thirty_days(*, exp: int, taken: bool) -> None:
    """Step 4: `exp` is at most 30 days after `iat`, whatever the asker signed."""
    token = resigned(REQUEST_TOKEN, HOST, {**PAYLOAD, "exp": exp})
    if taken:
        assert open_request(token, now=NOW).exp == exp
    else:
        assert refusal(token).code is Code.REQUEST_EXPIRED


# --- form -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", PAYLOAD)
def test_a_missing_member_is_named(member: str) -> None:
    """Every member is required."""
    error = refusal(resigned(REQUEST_TOKEN, HOST, without(PAYLOAD, member)))
    assert error.code is Code.DOCUMENT_MALFORMED
    assert f"`{member}`" in error.detail


def test_members_that_are_not_known_are_passed_over() -> None:
    """Fields are append-only: the request of a newer host is still read."""
    assert open_request(resigned(REQUEST_TOKEN, HOST, {**PAYLOAD, "tomorrow": 1}), now=NOW) == REQUEST


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        pytest.param(("ver",), 2, "$.ver", id="version 2"),
        pytest.param(("jti",), "", "$.jti", id="empty jti"),
        pytest.param(("jti",), "x" * 129, "$.jti", id="jti too long"),
        pytest.param(("exp",), None, "$.exp", id="exp null"),
        pytest.param(("aud",), "x", "aud is no UUID", id="aud is no UUID"),
        pytest.param(("aud",), ["x"], "$.aud", id="aud a list"),
        pytest.param(("cnf",), {}, "$.cnf", id="no key"),
        pytest.param(("cnf", "jwk", "d"), "AA", "$.cnf.jwk", id="the asker's private half"),
        pytest.param(("cnf", "jwk", "crv"), "Ed448", "$.cnf.jwk.crv", id="a key on Ed448"),
        pytest.param(("cnf", "jwk", "kty"), "EC", "$.cnf.jwk.kty", id="a key that is EC"),
        pytest.param(("cnf", "jwk", "x"), "AA", "$.cnf.jwk.x", id="a short x"),
        pytest.param(("cnf", "jwk", "x"), HOST.public.x[:-1] + "_", "one form", id="x not canonical"),
        pytest.param(("fpr",), "short", "$.fpr", id="fingerprint too short"),
        pytest.param(("fpr",), FINGERPRINT + "\n", "$.fpr", id="fingerprint with a line feed"),
        pytest.param(("key_id",), "x", "$.key_id", id="key id is no thumbprint"),
        pytest.param(("key_id",), "ö" * 43, "$.key_id", id="key id is no ASCII"),
        pytest.param(("key_id",), PAIR.kid + "\n", "$.key_id", id="key id with a line feed"),
        pytest.param(("key_proof",), 5, "$.key_proof", id="proof a number"),
        pytest.param(("key_proof",), PAYLOAD["key_proof"] + "==", "one form", id="proof with padding"),
        pytest.param(("key_proof",), "ö", "not base64url", id="proof is no base64url"),
    ],
)
def test_a_wrong_member_is_named(path: tuple[str | int, ...], value: Any, named: str) -> None:
    """One departure at a time from a good request, signed well: the error says where it is."""
    error = refusal(resigned(REQUEST_TOKEN, HOST, with_value(PAYLOAD, path, value)))
    assert error.code is Code.DOCUMENT_MALFORMED
    assert named in error.detail


def test_an_asker_that_is_no_uuid_is_refused() -> None:
    """`iss` and `sub` agree, and are a host's or a machine's id."""
    error = refusal(resigned(REQUEST_TOKEN, HOST, {**PAYLOAD, "iss": "x", "sub": "x"}))
    assert (error.code, error.detail) == (Code.DOCUMENT_MALFORMED, "sub is no UUID in its canonical form.")


def test_a_request_is_small_enough_for_a_form_and_large_enough_for_none() -> None:
    """Under 1,000 characters; a document of over 8 KiB is refused before it is looked at."""
    assert len(REQUEST_TOKEN) < 1_000
    with pytest.raises(Untrusted, match="at most 8,192 characters"):
        open_request("x" * 8_193, now=NOW)


def test_two_askers_make_two_requests() -> None:
    """Another asker's key makes another request, under its own kid."""
    request = open_request(request_token(key=STRANGER), now=NOW)
    assert request.asker_kid == PublicKey(STRANGER.public.x).kid
    assert request.proves(PAIR.public)


def test_a_machine_asks_for_a_product_as_a_host_asks_its_publisher() -> None:
    """`aud` is whatever is asked for: a product's id of a machine, the publisher's of a host."""
    token = sign_request(
        request_id="r", asker=OTHER_ID, audience=HOST_ID, fingerprint=FINGERPRINT, pair=PAIR, key=HOST, now=5
    )
    request = open_request(token, now=5)
    assert (request.asker, request.audience, request.iat, request.exp) == (OTHER_ID, HOST_ID, 5, 5 + 30 * DAY)


def test_what_a_request_says_of_itself_can_be_read_without_a_clock() -> None:
    """Its asker knows it again by that; nothing of it is verified."""
    assert request_of(REQUEST_TOKEN) == REQUEST
    assert request_of(resigned(REQUEST_TOKEN, STRANGER)).request_id == "request-1"
    with pytest.raises(Untrusted):
        request_of("a.b.c")
