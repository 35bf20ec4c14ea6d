"""Requests that were carried away: ten at most, for as long as each lives."""

from __future__ import annotations

import pytest

from tenure.core.errors import Code, Refused
from tenure.wire.pending import MAX_PENDING, PendingRequests, check_lives
from tenure.wire.request import LIFETIME_SECONDS, request_of
from unit.wire.example import NOW, REQUEST_TOKEN, request_token


def test_requests_are_known_by_their_ids() -> None:
    """Which their answers name."""
    pending = PendingRequests().with_request(REQUEST_TOKEN, now=NOW)
    assert pending.by_id() == {"request-1": request_of(REQUEST_TOKEN)}


def test_an_eleventh_request_forgets_the_first() -> None:
    """Oldest first."""
    pending = PendingRequests()
    tokens = [request_token(now=NOW + n) for n in range(MAX_PENDING + 1)]
    for token in tokens:
        pending = pending.with_request(token, now=NOW)
    assert pending.tokens == tuple(tokens[1:])


@pytest.mark.parametrize(("seconds", "kept"), [(LIFETIME_SECONDS - 1, 2), (LIFETIME_SECONDS, 1)])
def test_what_expired_is_forgotten_with_the_next(seconds: int, kept: int) -> None:
    """At the very second."""
    pending = PendingRequests((REQUEST_TOKEN,))
    now = NOW + seconds
    assert len(pending.with_request(request_token(now=now), now=now).tokens) == kept


def test_a_request_may_be_answered_until_its_end() -> None:
    """Now < `exp`."""
    request = request_of(REQUEST_TOKEN)
    check_lives(request, now=request.exp - 1)
    with pytest.raises(Refused) as caught:
        check_lives(request, now=request.exp)
    assert caught.value.code is Code.REQUEST_EXPIRED
