"""The conformance cases as a table."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tenure.conformance.cases import CASES, Case, Outcome
from tenure.conformance.site import Site
from tenure.programs.testhost import EXIT_CODES

PUBLISHED = [
    "granted",
    "waiting-then-granted",
    "waiting-keeps-the-lease",
    "late",
    "recovery",
    "half-an-answer",
    "overloaded",
    "host-not-activated",
    "product-not-served",
    "clock-skew-said",
    "a-web-page",
    "no-json",
    "deep-json",
    "endless",
    "wrong-nonce",
    "wrong-machine",
    "wrong-product",
    "wrong-fingerprint",
    "wrong-pool",
    "wrong-host",
    "too-long",
    "too-short",
    "count-below-threshold",
    "clock-ahead",
    "clock-behind",
    "lease-by-a-stranger",
    "altered-lease",
    "unsigned-lease",
    "lease-of-another-type",
    "named-twice",
    "certificate-by-a-stranger",
    "certificate-expired",
    "certificate-of-another-publisher",
    "certificate-for-other-pools",
    "replayed-lease",
    "lower-epoch",
    "rotated-signing-key",
    "rotated-root",
    "forged-catalog",
]


def test_names_are_published_and_append_only() -> None:
    """Reports of other clients name them: none is renamed or taken away, and a new one comes at the end."""
    names = [case.name for case in CASES]
    assert names[: len(PUBLISHED)] == PUBLISHED
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_a_granted_step_makes_a_machine_licensed(case: Case) -> None:
    """And no refusal, silence or forgery takes a license away; a verified revocation does."""
    licensed = False
    for step in case.steps:
        licensed = step.outcome is Outcome.GRANTED or (licensed and step.arrange is not Site.revoke_host)
        assert step.licensed is licensed


def test_every_outcome_has_an_exit_code_of_its_own() -> None:
    """What a client under test can say, and what the runner understands, are the same."""
    assert sorted(EXIT_CODES.values()) == sorted(Outcome)
    assert all(one < two for one, two in pairwise(EXIT_CODES))
