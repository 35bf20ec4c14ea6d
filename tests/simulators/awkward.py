"""The awkward host (`tenure-testhost`) in tests: how long clients wait at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.conformance.answer_cases import TIMES

if TYPE_CHECKING:
    from tenure.conformance.case import Case


def patience_for(case: Case) -> float:
    """Seconds: few where the case is about time, else more than a busy machine ever takes."""
    return 0.75 if case in TIMES else 30.0
