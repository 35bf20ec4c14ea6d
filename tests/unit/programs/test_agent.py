"""The pace of an agent's time: the machine's own, or a rehearsal's."""

from __future__ import annotations

import time

import pytest

from tenure.programs.agent import Pace


def test_an_agent_goes_by_the_time_of_its_machine() -> None:
    """Unless it rehearses, its clock is the machine's, and its pauses are as long as they say."""
    before = time.time(), time.monotonic()
    pace = Pace()
    now, elapsed = pace.clock(), pace.elapsed()
    assert int(before[0]) <= now <= time.time()
    assert before[1] <= elapsed <= time.monotonic()


@pytest.mark.parametrize(("speed", "ahead"), [(30.0, 0), (30.0, 3_600), (1.0, -60)])
def test_a_rehearsal_has_begun_in_the_past_of_its_own_clock(speed: float, ahead: int) -> None:
    """After 100 seconds of the machine its clock has gone `speed` times as far, from where it began."""
    began = time.time() - 100
    pace = Pace(speed, ahead, began)
    assert pace.clock() == pytest.approx(began + ahead + 100 * speed, abs=2 * speed)
