from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.client.backoff import LONGEST_SECONDS, backoff


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 1), (1, 2), (2, 4), (9, 512), (10, 900), (10_000, 900)],
)
def test_pauses_double_up_to_a_quarter_of_an_hour(failures: int, seconds: float) -> None:
    """1 s, 2 s, 4 s and so on, and never over 15 minutes, before jitter."""
    assert backoff(failures, 0.0) == seconds


@given(st.integers(0, 100), st.floats(0, 1, exclude_max=True), st.floats(1, LONGEST_SECONDS))
def test_jitter_takes_off_up_to_half(failures: int, draw: float, longest: float) -> None:
    """A pause is between half of and its whole length, whatever the draw."""
    whole = backoff(failures, 0.0, longest=longest)
    assert whole / 2 <= backoff(failures, draw, longest=longest) <= whole <= longest
