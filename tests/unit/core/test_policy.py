"""Policies: what a publisher may sign, and how far two clocks may differ."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Final

import pytest

from tenure.core.errors import Code, UsageError
from tenure.core.policy import (
    BOUNDS,
    CLOCK_TOLERANCE,
    DAY,
    DEFAULT_POLICIES,
    Kind,
    Policy,
    clamp_interval,
    clocks_agree,
)

DEFAULT: Final = Policy(threshold=25)

ALLOWED: Final = {
    # Design, section 2.
    "threshold": (1, 100_000),
    "lease_days": (1, 365),
    "window_days": (1, 365),
    "grace_days": (0, 90),
    "reduced_after_days": (1, 3_650),
    "renewal_interval_s": (900, 2_592_000),
    "retry_interval_s": (900, 2_592_000),
}
ENDS: Final = [
    pytest.param(name, end, outward, id=f"{name} {'below' if outward < 0 else 'above'}")
    for name, (low, high) in ALLOWED.items()
    for end, outward in ((low, -1), (high, 1))
]


def test_every_field_has_bounds() -> None:
    """The bounds are those of the design, for every field and nothing else."""
    assert BOUNDS == ALLOWED
    assert {field.name for field in fields(Policy)} == set(ALLOWED)


@pytest.mark.parametrize(("name", "end", "outward"), ENDS)
def test_both_ends_of_a_bound_are_allowed_and_one_past_them_is_not(name: str, end: int, outward: int) -> None:
    """The lowest and the highest value may be signed; one less or one more is refused with field, bounds and value."""
    policy = replace(DEFAULT, **{name: end})
    assert getattr(policy, name) == end
    with pytest.raises(UsageError) as caught:
        replace(DEFAULT, **{name: end + outward})
    low, high = ALLOWED[name]
    assert caught.value.code is Code.POLICY_OUT_OF_BOUNDS
    assert caught.value.detail == f"{name} is {low:,} to {high:,}; {end + outward:,} was given."


def test_the_default_terms_are_those_of_volume_activation() -> None:
    """180 days, counted over 30, renewed every 7, no grace, reduced after 70 more, tried every 2 hours."""
    assert (DEFAULT.lease_days, DEFAULT.window_days, DEFAULT.grace_days) == (180, 30, 0)
    assert DEFAULT.reduced_after_days == 70
    assert (DEFAULT.renewal_interval_s, DEFAULT.retry_interval_s) == (604_800, 7_200)


def test_workstations_need_25_and_servers_5() -> None:
    """The default thresholds; all else is alike for both kinds."""
    assert {
        Kind.WORKSTATION: Policy(threshold=25),
        Kind.SERVER: Policy(threshold=5),
    } == DEFAULT_POLICIES


def test_a_day_has_86400_seconds() -> None:
    """Each length in days is the same length in seconds, without calendars."""
    policy = Policy(threshold=1, lease_days=180, window_days=30, grace_days=90, reduced_after_days=70)
    assert DAY == 86_400
    assert policy.lease_seconds == 15_552_000
    assert policy.window_seconds == 2_592_000
    assert policy.grace_seconds == 7_776_000
    assert policy.reduced_after_seconds == 6_048_000


@pytest.mark.parametrize(
    ("seconds", "used"),
    [
        (-1, 900),
        (0, 900),
        (899, 900),
        (900, 900),
        (901, 901),
        (7_200, 7_200),
        (2_591_999, 2_591_999),
        (2_592_000, 2_592_000),
        (2_592_001, 2_592_000),
        (2**53, 2_592_000),
    ],
    ids=str,
)
def test_an_interval_is_used_within_15_minutes_and_30_days(seconds: int, used: int) -> None:
    """Whatever a host advises, a client uses the nearest interval that a publisher may sign."""
    assert clamp_interval(seconds) == used


@pytest.mark.parametrize(
    ("difference", "agree"),
    [(0, True), (1, True), (14_399, True), (14_400, True), (14_401, False), (86_400, False)],
    ids=["0 s", "1 s", "3 h 59 min 59 s", "4 h 0 s", "4 h 1 s", "a day"],
)
def test_clocks_agree_up_to_and_including_4_hours(difference: int, *, agree: bool) -> None:
    """4 h 0 s agrees, 4 h 1 s does not, whichever of the two is ahead."""
    now = 1_800_000_000
    assert clocks_agree(now, now + difference) is agree
    assert clocks_agree(now + difference, now) is agree
    assert CLOCK_TOLERANCE == 14_400
