"""The conformance cases as a table."""

from __future__ import annotations

import pytest

from tenure.cli.exit_codes import ExitCode
from tenure.conformance import history
from tenure.conformance.case import EXIT_CODES, Case, Outcome
from tenure.conformance.cases import CASES

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
    "revoked-host",
    "revoked-since-before",
    "forged-revocation",
    "waiting-for-ages",
    "newer-members",
    "another-content-type",
    "in-chunks",
    "two-answers",
    "too-late",
    "dripping",
    "dripping-header",
    "overloaded-for-a-while",
    "overloaded-for-ages",
    "overloaded-until-a-date",
    "host-revoked",
    "host-clock",
    "a-proxy-s-503",
    "machine-blocked",
    "rate-limited",
    "a-404-page",
    "half-a-header",
    "nothing",
    "shorter-than-said",
    "without-the-last-chunk",
    "garbage",
    "endless-header",
    "packed-without-end",
    "redirect",
    "no-content",
    "no-lease",
    "wrong-types",
    "no-text",
    "threshold-of-one",
    "clock-a-little-ahead",
    "clock-a-little-behind",
    "renewal-in-ten-years",
    "newer-claims",
    "another-version",
    "signed-with-the-public-key",
    "more-in-the-header",
    "header-named-twice",
    "lease-too-large",
    "no-document",
    "renewed-certificate",
    "replaced-host",
    "rotated-without-a-word",
    "closed-signing-key",
    "older-catalog",
    "rotated-root-with-a-gap",
    "news-withheld",
    "revoked-key",
    "revoked-later",
    "older-revocations",
]

VOIDING = {history.revoke_host, history.revoke_key}
"""What may take a license away: documents that the publisher signed."""


def test_names_are_published_and_append_only() -> None:
    """Reports of other clients name them: none is renamed or taken away, and a new one is added to this list."""
    names = [case.name for case in CASES]
    assert sorted(names) == sorted(PUBLISHED)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_a_granted_step_makes_a_machine_licensed(case: Case) -> None:
    """And no refusal, silence or forgery takes a license away; a verified revocation may."""
    licensed = False
    for step in case.steps:
        kept = licensed and (step.licensed or step.arrange not in VOIDING)
        licensed = step.outcome is Outcome.GRANTED or kept
        assert step.licensed is licensed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_ends_with_a_lease_in_hand_or_tells_why_not(case: Case) -> None:
    """After each fault comes a good answer, and the client takes it."""
    assert any(step.outcome is Outcome.GRANTED for step in case.steps)


def test_a_case_says_in_words_what_a_client_does() -> None:
    """Step by step, equal ones together; for people who write one."""
    told = {case.name: case.expected for case in CASES}
    assert told["granted"] == "1-2: takes the lease (exit 0), licensed"
    assert told["wrong-nonce"] == (
        "1: refuses what came (exit 5), not licensed; 2: takes the lease (exit 0), licensed; "
        "3: refuses what came (exit 5), licensed"
    )


def test_exit_codes_are_those_of_the_command_line() -> None:
    """What a client under test says, `tenure client activate` says the same way."""
    assert EXIT_CODES == {
        Outcome.GRANTED: ExitCode.DONE,
        Outcome.REFUSED: ExitCode.REFUSED,
        Outcome.UNAVAILABLE: ExitCode.UNREACHABLE,
        Outcome.UNTRUSTED: ExitCode.UNTRUSTED,
    }
