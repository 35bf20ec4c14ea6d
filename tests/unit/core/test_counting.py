"""Counting: who counts in a pool, for how long, and what two names of a machine mean together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.activation import reaches
from tenure.core.counting import KnownMachine, Sighting, WindowCount, recognize
from tenure.core.policy import DAY

NOW: Final = 1_800_000_000
WINDOW: Final = 30 * DAY

ROW: Final = KnownMachine(machine_id=b"m1", fingerprint=b"f1", first_seen=NOW - DAY, last_seen=NOW)
OTHER_ROW: Final = KnownMachine(machine_id=b"m2", fingerprint=b"f2", first_seen=NOW - DAY, last_seen=NOW)


# The window


@pytest.mark.parametrize(
    ("machines", "granted"), [(24, False), (25, True), (26, True)], ids=["24", "25", "26"]
)
def test_the_25th_machine_reaches_the_threshold(machines: int, *, granted: bool) -> None:
    """24 machines are short of 25, the 25th reaches it and the 26th stays above."""
    pool = WindowCount(WINDOW)
    for second in range(machines):
        pool.saw(NOW + second)
    assert pool.at(NOW + machines) == machines
    assert reaches(pool.at(NOW + machines), 25) is granted


@pytest.mark.parametrize(
    ("ago", "counts"),
    [(0, 1), (1, 1), (WINDOW - 1, 1), (WINDOW, 0), (WINDOW + 1, 0)],
    ids=["now", "1 s ago", "30 days less 1 s ago", "30 days ago", "30 days and 1 s ago"],
)
def test_a_machine_counts_strictly_less_than_the_window_ago(ago: int, counts: int) -> None:
    """Last accepted 30 x 86,400 s ago it does not count; one second less and it does."""
    watched = WindowCount(WINDOW)
    watched.saw(NOW - ago)
    assert watched.at(NOW) == counts
    assert WindowCount(WINDOW, [NOW - ago]).at(NOW) == counts


def test_machines_leave_in_the_order_in_which_they_were_last_seen() -> None:
    """Three machines at three seconds leave one by one; a renewal in between keeps its machine."""
    pool = WindowCount(WINDOW)
    for second in (0, 1, 1, 2):
        pool.saw(NOW + second)
    pool.saw(NOW + 10, before=[NOW])
    later = NOW + WINDOW
    assert [pool.at(later + second) for second in (0, 1, 2, 9, 10)] == [4, 2, 1, 1, 0]


def test_a_known_machine_changes_nothing() -> None:
    """A renewal replaces the machine's own row: the count stays, at another second or at the same."""
    pool = WindowCount(WINDOW, [NOW] * 3)
    pool.saw(NOW + 5, before=[NOW])
    pool.saw(NOW + 5, before=[NOW + 5])
    assert pool.at(NOW + 5) == 3


def test_two_rows_that_become_one_count_once() -> None:
    """A merge replaces two rows by one, also where both were seen in the same second."""
    pool = WindowCount(WINDOW, [*[NOW] * 4, NOW + 1])
    pool.saw(NOW + 2, before=[NOW, NOW + 1])
    assert pool.at(NOW + 2) == 4
    pool.saw(NOW + 3, before=[NOW, NOW])
    assert pool.at(NOW + 3) == 3


def test_a_machine_that_had_left_comes_back_as_one_more() -> None:
    """A row that no longer counted takes nothing away when its machine is seen again."""
    pool = WindowCount(WINDOW, [NOW, *[NOW + DAY] * 2])
    assert pool.at(NOW + WINDOW) == 2
    pool.saw(NOW + WINDOW, before=[NOW])
    assert pool.at(NOW + WINDOW) == 3


def test_a_row_is_taken_away_at_most_as_often_as_it_stands_there() -> None:
    """Last-seen times that nobody counts, or no more, never make the count too small."""
    pool = WindowCount(WINDOW, [NOW, NOW + 1])
    pool.saw(NOW + 2, before=[NOW, NOW, NOW - 1, NOW + 5])
    assert pool.at(NOW + 2) == 2


def test_an_empty_pool_counts_nothing() -> None:
    """Nobody seen, nobody counted, at any time."""
    pool = WindowCount(WINDOW)
    assert [pool.at(time) for time in (0, NOW, 2**53)] == [0, 0, 0]


def test_what_is_loaded_needs_no_order() -> None:
    """Last-seen times come in any order, and as often as there are machines."""
    pool = WindowCount(WINDOW, [*[NOW] * 2, *[NOW - WINDOW] * 100, *[NOW - WINDOW + 1] * 5, *[NOW] * 3])
    assert pool.at(NOW) == 10
    assert pool.at(NOW + 1) == 5


def test_a_clock_set_back_finds_the_same_machines() -> None:
    """Machines seen later than now count; what is seen after the set-back leaves at its own second."""
    pool = WindowCount(WINDOW)
    pool.saw(NOW)
    pool.saw(NOW - 3_600)
    pool.saw(NOW - 1_800)
    assert pool.at(NOW - 14_400) == 3
    later = NOW + WINDOW
    assert [pool.at(later + seconds) for seconds in (-3_601, -3_600, -1_800, -1, 0)] == [3, 2, 1, 1, 0]


def test_asking_at_a_time_that_was_wrong_changes_nothing() -> None:
    """A clock that jumped ahead a whole window and came back finds the machines where they were."""
    pool = WindowCount(WINDOW, [NOW])
    assert pool.at(NOW + WINDOW) == 0
    assert pool.at(NOW + WINDOW - 1) == 1


def test_a_machine_that_was_let_go_returns_when_it_is_seen_again() -> None:
    """Another machine's visit lets go of those outside the window; their own next visit counts them again, once."""
    pool = WindowCount(WINDOW, [NOW])
    pool.saw(NOW + WINDOW)
    assert pool.at(NOW + WINDOW - 1) == 1
    pool.saw(NOW + WINDOW - 1, before=[NOW])
    assert pool.at(NOW + WINDOW) == 2


# What two names mean together


@pytest.mark.parametrize(
    ("by_machine_id", "by_fingerprint", "sighting"),
    [
        (None, None, Sighting.NEW),
        (ROW, ROW, Sighting.KNOWN),
        (None, ROW, Sighting.NEW_MACHINE_ID),
        (ROW, None, Sighting.NEW_FINGERPRINT),
        (ROW, OTHER_ROW, Sighting.MERGED),
    ],
    ids=[
        "neither known",
        "both known, one row",
        "a known fingerprint with a new machine id",
        "a known machine id with a new fingerprint",
        "both known, two rows",
    ],
)
def test_what_the_rows_of_two_names_say_together(
    by_machine_id: KnownMachine | None, by_fingerprint: KnownMachine | None, sighting: Sighting
) -> None:
    """The five cases of the design, section 3."""
    assert recognize(by_machine_id, by_fingerprint) is sighting


def test_a_row_that_was_read_twice_is_one_row() -> None:
    """Rows are compared by what they say: a second copy from a database is the same row."""
    assert recognize(ROW, replace(ROW)) is Sighting.KNOWN


def test_all_but_new_and_known_go_to_the_clone_report() -> None:
    """A name that changed sides is suspicious; a new or a known machine is not."""
    assert {sighting for sighting in Sighting if sighting.suspicious} == {
        Sighting.NEW_MACHINE_ID,
        Sighting.NEW_FINGERPRINT,
        Sighting.MERGED,
    }


# The count equals a walk over all rows


@dataclass
class Pool:
    """The naive model: every row, walked over at every question."""

    window: int
    rows: list[KnownMachine] = field(default_factory=list)
    let_go: set[KnownMachine] = field(default_factory=set)

    def accept(self, machine_id: bytes, fingerprint: bytes, now: int) -> tuple[Sighting, list[int]]:
        """Record a request; the last-seen times of the rows it replaced."""
        by_machine_id = next((row for row in self.rows if row.machine_id == machine_id), None)
        by_fingerprint = next((row for row in self.rows if row.fingerprint == fingerprint), None)
        self.let_go |= {row for row in self.rows if now - row.last_seen >= self.window}
        replaced = [row for row in self.rows if row in {by_machine_id, by_fingerprint}]
        first_seen = min((row.first_seen for row in replaced), default=now)
        self.rows = [row for row in self.rows if row not in replaced]
        self.let_go -= set(replaced)
        self.rows.append(KnownMachine(machine_id, fingerprint, first_seen, now))
        return recognize(by_machine_id, by_fingerprint), [row.last_seen for row in replaced]

    def in_window(self, now: int) -> int:
        """The rule itself: rows last seen strictly less than the window ago."""
        return sum(now - row.last_seen < self.window for row in self.rows)

    def not_let_go(self, now: int) -> int:
        """The rule where the clock may go back: a row that a visit found outside the window is out until its own."""
        return sum(now - row.last_seen < self.window for row in self.rows if row not in self.let_go)


SHORT: Final = 100
"""A window that a few steps cross."""

requests = st.tuples(st.sampled_from([b"m1", b"m2", b"m3", b"m4"]), st.sampled_from([b"f1", b"f2", b"f3"]))
forward = st.tuples(st.integers(0, 3) | st.integers(0, SHORT + 2), st.none() | requests)
both_ways = st.tuples(st.integers(-SHORT, SHORT + 2), st.none() | requests)


@given(st.lists(forward, max_size=40))
def test_the_count_equals_a_walk_over_all_rows(steps: list[tuple[int, tuple[bytes, bytes] | None]]) -> None:
    """For any machines, fingerprints, merges and times that advance, the count is what the rule says of the rows."""
    pool, count, now = Pool(SHORT), WindowCount(SHORT), NOW
    for advance, request in steps:
        now += advance
        if request is not None:
            rows_before = len(pool.rows)
            sighting, replaced = pool.accept(*request, now)
            count.saw(now, before=replaced)
            change = {Sighting.NEW: 1, Sighting.MERGED: -1}.get(sighting, 0)
            assert len(pool.rows) == rows_before + change
        assert count.at(now) == pool.in_window(now)


@given(st.lists(both_ways, max_size=40))
def test_the_count_holds_under_a_clock_that_is_set_back(
    steps: list[tuple[int, tuple[bytes, bytes] | None]],
) -> None:
    """While no time lies a window behind an earlier one, the count is that of the rows not let go, never more than the rule."""
    pool, count, now, latest = Pool(SHORT), WindowCount(SHORT), NOW, NOW
    for change, request in steps:
        now = max(now + change, latest - SHORT + 1)
        latest = max(latest, now)
        if request is not None:
            count.saw(now, before=pool.accept(*request, now)[1])
        assert count.at(now) == pool.not_let_go(now) <= pool.in_window(now)


@given(st.lists(forward, max_size=20), st.lists(forward, max_size=20))
def test_a_count_that_is_loaded_goes_on_like_the_one_that_watched(
    first: list[tuple[int, tuple[bytes, bytes] | None]], then: list[tuple[int, tuple[bytes, bytes] | None]]
) -> None:
    """After a restart the rows' last-seen times, second by second, give the same count, now and later."""
    pool, watched, now = Pool(SHORT), WindowCount(SHORT), NOW
    for advance, request in first:
        now += advance
        if request is not None:
            watched.saw(now, before=pool.accept(*request, now)[1])
    loaded = WindowCount(SHORT, [row.last_seen for row in pool.rows])
    assert loaded.at(now) == watched.at(now)
    for advance, request in then:
        now += advance
        if request is not None:
            replaced = pool.accept(*request, now)[1]
            watched.saw(now, before=replaced)
            loaded.saw(now, before=replaced)
        assert loaded.at(now) == watched.at(now)
