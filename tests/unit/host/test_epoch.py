"""The epoch of a host."""

from __future__ import annotations

import pytest

from tenure.host.epoch import next_epoch


@pytest.mark.parametrize(
    ("epoch", "now", "after"),
    [
        pytest.param(0, 100, 100, id="never-activated"),
        pytest.param(99, 100, 100, id="a-second-ago"),
        pytest.param(100, 100, 101, id="in-the-same-second"),
        pytest.param(101, 100, 102, id="the-clock-is-behind"),
        pytest.param(0, 0, 1, id="no-clock-at-all"),
    ],
)
def test_the_next_epoch_is_now_and_always_higher(epoch: int, now: int, after: int) -> None:
    """max(now, old + 1)."""
    assert next_epoch(epoch, now) == after
