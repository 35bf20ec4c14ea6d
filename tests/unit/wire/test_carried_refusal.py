"""A refusal says the same where it was asked as where it was given."""

from __future__ import annotations

import pytest

from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted
from tenure.wire.carried_refusal import CarriedRefusal, refusal_of
from tenure.wire.request import request_of
from unit.wire.example import PUBLISHER_ID, REQUEST_TOKEN

REQUEST = request_of(REQUEST_TOKEN)
USED_UP = Refused(
    Code.KEY_LIMIT, "3 of 3 activations are used.", "Ask for another key.", hresult="0xC004C020"
)


def test_a_refusal_is_told_as_the_publishers_word() -> None:
    """With the code, the cure and the HRESULT that it had."""
    refusal = refusal_of(REQUEST, USED_UP)
    assert refusal is not None
    assert (refusal.request_id, refusal.audience) == (REQUEST.request_id, PUBLISHER_ID)
    error = refusal.error()
    assert (error.code, error.cure, error.hresult) == (Code.KEY_LIMIT, "Ask for another key.", "0xC004C020")
    assert error.detail == "The publisher refused: 3 of 3 activations are used."


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Unavailable(Code.PUBLISHER_UNREACHABLE, "silent"), id="no answer"),
        pytest.param(Untrusted(Code.STATE_DAMAGED, "/var/lib is damaged"), id="the publisher's own trouble"),
        pytest.param(Refused(Code.TLS_REQUIRED, "not over http"), id="never asked"),
        pytest.param(Refused(Code.RATE_LIMITED, "too fast"), id="asked too fast"),
    ],
)
def test_what_is_no_answer_to_the_request_is_not_carried(outcome: TenureError) -> None:
    """The carrier sees it, and can do something about it."""
    assert refusal_of(REQUEST, outcome) is None


def test_what_is_no_request_has_no_refusal() -> None:
    """Nobody knows whom to bring it to."""
    assert refusal_of(None, USED_UP) is None


def test_nobody_signed_it_so_it_is_shown_with_care() -> None:
    """No control character reaches a terminal, and no code that this version does not know is taken for one."""
    refusal = CarriedRefusal(
        request_id="r", audience=PUBLISHER_ID, code="from_the_future", detail="a\x1b[2Jb", cure="c\nd"
    )
    error = refusal.error()
    assert error.code is Code.INVALID_REQUEST
    assert error.detail == "The publisher refused: a [2Jb"
    assert error.cure == "c d"


def test_long_words_are_shortened_to_what_is_read() -> None:
    """What is written can always be read again."""
    refusal = refusal_of(REQUEST, Refused(Code.KEY_LIMIT, "x" * 5_000, "y" * 5_000))
    assert refusal is not None
    assert len(refusal.detail) == len(refusal.cure) == 1_000
