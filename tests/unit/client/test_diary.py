from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tenure.client.diary import DAY, HOUR, Diary, Level, Notice, span, when


@dataclass
class Log:
    """A diary, what it told, and the clock that it goes by."""

    now: float = 0.0
    told: list[Notice] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The diary is empty."""
        self.diary = Diary(self.told.append, lambda: self.now)


def test_what_stays_as_it_is_is_told_once_an_hour() -> None:
    """The same words about the same thing are silent for 3,599 seconds, and told again after 3,600."""
    log = Log()
    for log.now in (0, 60, HOUR - 1, HOUR, HOUR + 1):
        log.diary.say("disk", Level.WARNING, "The disk is full.")
    assert log.told == [Notice(Level.WARNING, "The disk is full.")] * 2


def test_a_change_is_told_at_once() -> None:
    """Other words about the same thing, and the first ones again after them."""
    log = Log()
    for text in ("7 of 25", "8 of 25", "7 of 25"):
        log.diary.say("count", Level.INFO, text)
    assert [notice.text for notice in log.told] == ["7 of 25", "8 of 25", "7 of 25"]


def test_things_are_told_apart() -> None:
    """What is said of one silences nothing about another."""
    log = Log()
    log.diary.say("one", Level.INFO, "text")
    log.diary.say("other", Level.INFO, "text")
    assert len(log.told) == 2


def test_what_counts_as_the_same_may_be_less_than_the_words() -> None:
    """A pause that differs makes no news of an error."""
    log = Log()
    for pause in ("1 s", "2 s"):
        log.diary.say("host", Level.WARNING, f"No answer. Again in {pause}.", same="No answer.")
    assert [notice.text for notice in log.told] == ["No answer. Again in 1 s."]


def test_what_is_over_is_news_when_it_comes_back() -> None:
    """`over` tells whether there was anything, and forgets it."""
    log = Log()
    assert not log.diary.over("disk")
    log.diary.say("disk", Level.WARNING, "full")
    assert log.diary.over("disk")
    log.diary.say("disk", Level.WARNING, "full")
    assert len(log.told) == 2


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (900, "15 minutes"),
        (7200, "2 hours"),
        (DAY, "24 hours"),
        (30 * DAY, "30 days"),
    ],
)
def test_lengths_are_told_in_a_unit_that_a_person_would_use(seconds: float, words: str) -> None:
    """At least two of a unit, so that no rounding hides much."""
    assert span(seconds) == words


def test_an_instant_is_told_in_utc_and_a_damaged_one_as_it_is() -> None:
    """A time that no calendar has breaks no log."""
    assert when(1_800_000_000) == "2027-01-15 08:00 UTC"
    assert when(2**53) == str(2**53)
