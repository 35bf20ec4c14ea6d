"""Tokens: shown once, kept as a digest, good until they expire or are removed."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from simulators.authority import SimulatedAuthority
from simulators.publisher import NOW
from tenure.adapters.os.randomness import random_bits
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.policy import DAY
from tenure.publisher.memory import MemoryPublisherStore
from tenure.publisher.tokens import (
    MAY,
    MOST_TOKENS,
    Permission,
    Role,
    add_token,
    bearer_of,
    list_tokens,
    remove_token,
)

if TYPE_CHECKING:
    from tenure.publisher.authority import Authority


@pytest.fixture
def simulated() -> SimulatedAuthority:
    """A publisher without tokens."""
    return SimulatedAuthority()


def test_a_token_has_256_random_bits_after_a_prefix_that_scanners_find(simulated: SimulatedAuthority) -> None:
    """43 characters of base64url; the real ones are never alike."""
    authority = replace(simulated.authority, random_bits=random_bits)
    texts = {add_token(authority, f"t{n}", Role.READER, days=None)[0] for n in range(20)}
    assert len(texts) == 20
    assert all(re.fullmatch(r"tenure_[A-Za-z0-9_-]{43}", text) for text in texts)


def test_of_a_token_only_a_digest_is_kept(simulated: SimulatedAuthority) -> None:
    """Neither in the store nor in the audit is the text, nor its random part."""
    text, _ = add_token(simulated.authority, "shop", Role.ISSUER, days=None)
    with simulated.store.reading() as rows:
        kept = repr(rows)
    assert text not in kept
    assert text.removeprefix("tenure_") not in kept


def test_a_token_is_known_by_its_text_alone(simulated: SimulatedAuthority) -> None:
    """Its neighbour in every way is none."""
    text, token = add_token(simulated.authority, "shop", Role.ISSUER, days=None)
    authority = simulated.authority
    assert bearer_of(authority, text) == token
    for wrong in ("", "tenure_", text[:-1], text + "A", text.swapcase(), " " + text, "\udcff", "shop"):
        assert bearer_of(authority, wrong) is None


@pytest.mark.parametrize(("after", "good"), [(0, True), (DAY - 1, True), (DAY, False), (10 * DAY, False)])
def test_a_token_expires_to_the_second(simulated: SimulatedAuthority, after: int, *, good: bool) -> None:
    """Good for one day: until its last second, and not at its end."""
    text, token = add_token(simulated.authority, "shop", Role.READER, days=1)
    assert token.expires_at == NOW + DAY
    simulated.now += after
    assert (bearer_of(simulated.authority, text) is not None) is good


def test_a_removed_token_is_none_and_its_name_is_free(simulated: SimulatedAuthority) -> None:
    """The next of the same name is another."""
    text, _ = add_token(simulated.authority, "shop", Role.READER, days=None)
    remove_token(simulated.authority, "shop")
    again, _ = add_token(simulated.authority, "shop", Role.ADMIN, days=None)
    assert bearer_of(simulated.authority, text) is None
    known = bearer_of(simulated.authority, again)
    assert known is not None
    assert known.role is Role.ADMIN
    with pytest.raises(Refused) as caught:
        remove_token(simulated.authority, "desk")
    assert caught.value.code is Code.TOKEN_UNKNOWN


@pytest.mark.parametrize(
    ("name", "days"),
    [
        pytest.param("", None, id="no-name"),
        pytest.param("-rf", None, id="like-an-option"),
        pytest.param("a b", None, id="a-blank"),
        pytest.param("a\nb", None, id="two-lines"),
        pytest.param("shop\n", None, id="a-line-feed-at-its-end"),
        pytest.param("x" * 65, None, id="too-long"),
        pytest.param("taken", None, id="taken"),
        pytest.param("shop", 0, id="no-day"),
        pytest.param("shop", 3_651, id="too-many-days"),
    ],
)
def test_what_cannot_be_a_token_is_refused(
    simulated: SimulatedAuthority, name: str, days: int | None
) -> None:
    """And none is made."""
    add_token(simulated.authority, "taken", Role.READER, days=None)
    with pytest.raises(UsageError) as caught:
        add_token(simulated.authority, name, Role.READER, days=days)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert [token.name for token in list_tokens(simulated.authority)] == ["taken"]


def test_there_are_only_so_many(simulated: SimulatedAuthority) -> None:
    """Each costs every request a comparison."""
    _, token = add_token(simulated.authority, "first", Role.READER, days=None)
    with simulated.store.transaction() as rows:
        for number in range(MOST_TOKENS - 1):
            rows.add_token(replace(token, name=f"t{number}"))
    with pytest.raises(UsageError, match="no more fit"):
        add_token(simulated.authority, "last", Role.READER, days=None)


def test_every_change_of_a_token_is_audited(simulated: SimulatedAuthority) -> None:
    """Name, role and time, never the token."""
    authority: Authority = simulated.authority
    add_token(authority, "shop", Role.ISSUER, days=30)
    remove_token(authority, "shop")
    assert isinstance(simulated.store, MemoryPublisherStore)
    events = [row.event for row in simulated.store.rows.audited[-2:]]
    assert [(event.action, event.subject, event.detail) for event in events] == [
        ("token add", "shop", "issuer, for 30 days"),
        ("token remove", "shop", ""),
    ]


def test_each_role_may_what_the_one_before_it_may_and_one_thing_more() -> None:
    """From reader to admin, who may everything."""
    steps = [MAY[role] for role in (Role.READER, Role.SUPPORT, Role.ISSUER, Role.ADMIN)]
    assert [len(step) for step in steps] == [1, 2, 3, 4]
    assert all(before < after for before, after in pairwise(steps))
    assert steps[-1] == set(Permission)
