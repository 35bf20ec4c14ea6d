"""How often something may happen: exact, fair between names, and in memory that never grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.pacing import HOUR, SECOND, HourlyCounts, Pace, Pacer

NOW = 1_800_000_000
SLOW = Pace(per_second=2, burst=3)


def admitted(pacer: Pacer, name: str, pace: Pace, times: list[int]) -> list[bool]:
    """Whether each of these moments (nanoseconds) was one at which it might happen."""
    return [pacer.wait(name, pace, at) == 0 for at in times]


def test_a_burst_passes_at_once_and_then_the_rate_holds() -> None:
    """Three at once, the fourth half a second later, exactly."""
    pacer = Pacer()
    assert admitted(pacer, "a", SLOW, [0] * 4) == [True, True, True, False]
    assert pacer.wait("a", SLOW, 0) == SECOND // 2
    assert pacer.wait("a", SLOW, SECOND // 2 - 1) == 1
    assert pacer.wait("a", SLOW, SECOND // 2) == 0


def test_a_pause_gives_the_burst_back_and_no_more() -> None:
    """A day of silence is worth as much as a second and a half."""
    pacer = Pacer()
    admitted(pacer, "a", SLOW, [0] * 3)
    day = 86_400 * SECOND
    assert admitted(pacer, "a", SLOW, [day] * 4) == [True, True, True, False]


def test_what_was_refused_does_not_count() -> None:
    """Whoever goes on asking does not put off the moment at which it may."""
    pacer = Pacer()
    admitted(pacer, "a", SLOW, [0] * 1000)
    assert pacer.wait("a", SLOW, 0) == SECOND // 2


def test_names_do_not_wait_for_one_another() -> None:
    """Each has a bucket of its own, unless two meet in a slot."""
    pacer = Pacer()
    admitted(pacer, "a", SLOW, [0] * 10)
    assert pacer.wait("b", SLOW, 0) == 0


def test_nobody_begins_anew_because_others_came() -> None:
    """A hundred thousand other names do not push one out of the table, whose size stays what it was."""
    pacer = Pacer(slots=16)
    admitted(pacer, "a", SLOW, [0] * 10)
    for number in range(1_000):
        pacer.wait(f"other-{number}", SLOW, 0)
    assert pacer.wait("a", SLOW, 0) > 0
    assert len(pacer._full_at) == 16


def test_a_salt_decides_who_shares_a_slot() -> None:
    """Nobody outside can choose a name that meets another's: with many salts it meets it now and then, not always."""
    met = 0
    for salt in range(64):
        pacer = Pacer(salt=str(salt), slots=4)
        admitted(pacer, "a", SLOW, [0] * 3)
        met += pacer.wait("b", SLOW, 0) > 0
    assert 0 < met < 64


@pytest.mark.parametrize("later", [-SECOND, -(10**18)], ids=["a-second", "decades"])
def test_a_clock_that_went_back_costs_a_bucket_at_most(later: int) -> None:
    """The wait is never longer than that for one more of a full burst."""
    pacer = Pacer()
    admitted(pacer, "a", SLOW, [0] * 3)
    assert 0 < pacer.wait("a", SLOW, later) <= SECOND // 2


def test_a_smaller_burst_acts_at_once() -> None:
    """A limit that an administrator lowers asks for no longer wait than the new one does."""
    pacer = Pacer()
    admitted(pacer, "a", Pace(1, 1000), [0] * 1000)
    assert pacer.wait("a", Pace(1, 2), 0) == SECOND


@given(
    per_second=st.integers(1, 1_000),
    burst=st.integers(1, 50),
    gaps=st.lists(st.integers(0, 2 * SECOND), min_size=1, max_size=200),
)
def test_in_no_stretch_of_time_more_passes_than_burst_and_rate_allow(
    per_second: int, burst: int, gaps: list[int]
) -> None:
    """Of every two admitted moments, the number between them is at most burst + seconds x rate."""
    pace = Pace(per_second, burst)
    pacer, now, passed = Pacer(), 0, []
    for gap in gaps:
        now += gap
        if pacer.wait("a", pace, now) == 0:
            passed.append(now)
    interval = SECOND // per_second
    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= burst + (passed[last] - start) // interval


@given(st.integers(1, 1_000_000), st.integers(1, 1_000_000), st.integers(0, 10**15))
def test_whoever_waits_as_told_passes(per_second: int, burst: int, now: int) -> None:
    """The wait is exact: a nanosecond earlier is too early, and then it is time."""
    pace = Pace(per_second, burst)
    pacer = Pacer(slots=1)
    pacer._full_at[0] = now + burst * (SECOND // per_second)
    wait = pacer.wait("a", pace, now)
    assert wait > 0
    assert pacer.wait("a", pace, now + wait - 1) == 1
    assert pacer.wait("a", pace, now + wait) == 0


def test_an_hour_begins_with_the_first_and_ends_an_hour_later() -> None:
    """Two an hour: the third waits for what is left of the hour, to the second."""
    counts = HourlyCounts()
    assert [counts.spend("a", 2, NOW + at) for at in (0, 10, 20)] == [0, 0, HOUR - 20]
    assert counts.spend("a", 2, NOW + HOUR - 1) == 1
    assert counts.spend("a", 2, NOW + HOUR) == 0
    assert counts.spend("b", 2, NOW + 20) == 0


def test_what_is_given_back_can_be_spent_again() -> None:
    """Never more than was spent."""
    counts = HourlyCounts()
    counts.spend("a", 1, NOW)
    for _ in range(3):
        counts.give_back("a")
    assert [counts.spend("a", 1, NOW) for _ in range(2)] == [0, HOUR]


def test_a_clock_set_back_begins_a_new_hour() -> None:
    """Nobody waits for a time that was wrong."""
    counts = HourlyCounts()
    counts.spend("a", 1, NOW)
    assert counts.spend("a", 1, NOW - 86_400) == 0


def test_a_raised_limit_acts_at_once() -> None:
    """And a lowered one refuses what the old one would have let pass."""
    counts = HourlyCounts()
    counts.spend("a", 1, NOW)
    assert counts.spend("a", 2, NOW) == 0
    assert counts.spend("a", 1, NOW) == HOUR
