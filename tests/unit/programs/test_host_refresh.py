"""When a running host asks its publishers."""

from __future__ import annotations

import pytest

from tenure.core.errors import Code, Unavailable
from tenure.programs.host_refresh import LOOK_SECONDS, InTurn


class Asking:
    """Counts how often the publishers were asked, by a clock and an interval that the test sets."""

    def __init__(self, every: int, *, share: float = 0.0) -> None:
        self.asked = 0
        self.every = every
        self.now = 1_000.0
        self.failing = False
        self.in_turn = InTurn(
            self._ask, every=lambda: self.every, elapsed=lambda: self.now, draw=lambda: share
        )

    def _ask(self) -> None:
        self.asked += 1
        if self.failing:
            raise Unavailable(Code.PUBLISHER_UNREACHABLE, "Nobody answers.")

    def looked_until(self, seconds: float) -> list[float]:
        """Looks each `LOOK_SECONDS` until so many are over; after how many it was asked."""
        asked_after = []
        began = self.now
        while self.now - began <= seconds:
            before = self.asked
            self.in_turn()
            if self.asked > before:
                asked_after.append(self.now - began)
            self.now += LOOK_SECONDS
        return asked_after


@pytest.mark.parametrize(
    ("share", "asked_after"),
    [
        pytest.param(0.0, [0, 890, 1_780], id="the longest rest"),
        pytest.param(0.5, [0, 850, 1_700], id="half the jitter"),
        pytest.param(0.999, [0, 810, 1_620], id="the shortest rest"),
    ],
)
def test_publishers_are_asked_at_once_and_once_an_interval(share: float, asked_after: list[float]) -> None:
    """Up to a tenth earlier, and never later than the interval says."""
    assert Asking(900, share=share).looked_until(1_800) == asked_after


def test_a_shorter_interval_counts_at_the_next_look() -> None:
    """From the last time that they were asked: what is overdue by it is done at once."""
    asking = Asking(86_400)
    assert asking.looked_until(1_000) == [0]
    asking.every = 300
    assert asking.looked_until(300) == [0, 290]


def test_a_longer_interval_counts_from_the_last_turn() -> None:
    """Nobody is asked at the end of the old one."""
    asking = Asking(300)
    assert asking.looked_until(100) == [0]
    asking.every = 900
    assert asking.looked_until(900) == [780]


def test_a_turn_that_failed_was_a_turn() -> None:
    """The error is for whoever keeps the log; the next turn comes in its time."""
    asking = Asking(900)
    asking.failing = True
    with pytest.raises(Unavailable):
        asking.in_turn()
    asking.failing = False
    assert asking.looked_until(900) == [890]
