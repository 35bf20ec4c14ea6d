"""The cases, all of them, in the order in which they are listed; their names are stable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.conformance.answer_cases import ANSWER_CASES
from tenure.conformance.document_cases import DOCUMENT_CASES
from tenure.conformance.history_cases import HISTORY_CASES

if TYPE_CHECKING:
    from tenure.conformance.case import Case

CASES: Final[tuple[Case, ...]] = (*ANSWER_CASES, *DOCUMENT_CASES, *HISTORY_CASES)
