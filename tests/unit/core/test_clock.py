"""The one clock."""

from __future__ import annotations

from collections.abc import Callable

from tenure.core.clock import Clock


def test_a_clock_takes_nothing_and_gives_whole_seconds() -> None:
    """Unix seconds, floored, as an int: a rule never sees a fraction, a time zone or a calendar."""
    assert Clock == Callable[[], int]
