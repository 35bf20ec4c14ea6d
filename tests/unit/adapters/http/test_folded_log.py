"""A log that a flood cannot fill."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tenure.adapters.http.folded_log import FOLD_SECONDS, FoldedLog

if TYPE_CHECKING:
    import pytest


def test_of_a_flood_one_line_a_minute_is_logged_and_the_next_counts_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A thousand events are two lines; each kind has its own."""
    now = [100.0]
    folded = FoldedLog(logging.getLogger("tenure.test"), elapsed=lambda: now[0])
    for number in range(1_000):
        folded.warn("flood", f"event {number}")
    folded.warn("another", "of another kind")
    now[0] += FOLD_SECONDS
    folded.warn("flood", "event 1000")
    folded.warn("flood", "event 1001")
    assert caplog.messages == [
        "event 0",
        "of another kind",
        "event 1000 (999 more since the last such line)",
    ]


def test_a_line_may_stand_for_many(caplog: pytest.LogCaptureFixture) -> None:
    """And those are counted."""
    now = [0.0]
    folded = FoldedLog(logging.getLogger("tenure.test"), elapsed=lambda: now[0])
    folded.warn("a", "one", times=5)
    folded.warn("a", "two", times=7)
    now[0] = FOLD_SECONDS
    folded.warn("a", "three", times=1)
    assert caplog.messages == ["one", "three (7 more since the last such line)"]
