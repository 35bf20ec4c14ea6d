"""The cases notice what they are for: each flaw of a client is seen by the cases that name its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.awkward import patience_for
from simulators.wrong_client import WrongClient
from tenure.conformance.answer_cases import REFUSALS, TIMES
from tenure.conformance.cases import CASES
from tenure.programs.testhost import chosen, run, run_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.conformance.judging import Ended

LATER = [case.name for case in REFUSALS if case.name.startswith(("overloaded", "host-", "a-proxy"))]
"""Cases in which the host says: not now."""
BY_OTHERS = ["replaced-host", "revoked-host", "revoked-key", "revoked-since-before", "revoked-later"]
"""Cases in which another host stands in the place of the first."""

NOTICED = {
    # What it asks
    "never asks": ["granted"],
    "renews nothing": ["granted"],
    "sends texts for booleans": ["granted"],
    "sends milliseconds": ["granted"],
    "sends every request under the same id": ["granted"],
    "is another machine each time": ["granted"],
    "asks again at once after a 503": ["recovery", *LATER],
    # How it listens
    "gives up early": ["late"],
    "waits for ever": ["too-late"],
    "gives each piece the whole time": ["dripping", "dripping-header"],
    "reads on and on": ["endless-header", "endless", "packed-without-end"],
    "reads to the end of the connection": ["two-answers"],
    "takes what came for all of it": ["shorter-than-said", "without-the-last-chunk"],
    "takes what is no HTTP for a forgery": ["half-an-answer", "half-a-header", "nothing", "garbage"],
    "knows no chunks": ["in-chunks"],
    "insists on the content type": ["another-content-type"],
    "follows redirects": ["redirect"],
    # What it makes of an answer
    "takes every 2xx for a license": ["waiting-then-granted", "waiting-for-ages", "no-content"],
    "takes a 503 for a refusal": ["recovery", *LATER],
    "takes a refusal for no answer": [case.name for case in REFUSALS if case.name not in LATER],
    "reads Retry-After as a number of 64 bits": [
        "waiting-for-ages",
        "overloaded-for-ages",
        "overloaded-until-a-date",
    ],
    "wants a Retry-After on every 503": ["overloaded-for-a-while", "a-proxy-s-503"],
    "relies on every answer's being right": [
        *["a-web-page", "no-json", "no-lease", "wrong-types", "no-text", "deep-json"],
    ],
    "refuses members that it does not know": ["newer-members"],
    "gives its license up when it gets no other": ["waiting-keeps-the-lease", "machine-blocked", "too-long"],
    "gives up for good after a failure": ["waiting-then-granted", "recovery", "clock-skew-said"],
    "has a license because the answer is 200": ["wrong-nonce", "unsigned-lease", "forged-catalog"],
    # What it verifies of a lease
    "does not check the nonce": ["wrong-nonce", "replayed-lease"],
    "does not check the machine": ["wrong-machine"],
    "does not check the product": ["wrong-product"],
    "does not check the fingerprint": ["wrong-fingerprint"],
    "does not check the product's pool": ["wrong-pool"],
    "does not check the certificate's pools": ["certificate-for-other-pools"],
    "does not check the host": ["wrong-host"],
    "does not check the length": ["too-long", "too-short"],
    "does not check the count": ["count-below-threshold", "threshold-of-one"],
    "believes the lease's own threshold": ["threshold-of-one"],
    "does not check the clock": ["clock-ahead", "clock-behind"],
    "allows the clocks one hour": ["clock-a-little-ahead", "clock-a-little-behind"],
    "does not check the epoch": ["lower-epoch"],
    "wants to renew before the end": ["renewal-in-ten-years"],
    "refuses claims that it does not know": ["newer-claims"],
    "does not look at the version": ["another-version"],
    "does not check the lease's signature": ["lease-by-a-stranger", "altered-lease"],
    "accepts the algorithm none": ["unsigned-lease"],
    "lets the header choose the algorithm": ["signed-with-the-public-key"],
    "does not look at the type": ["lease-of-another-type"],
    "takes a header for what it knows of it": ["more-in-the-header"],
    "takes the last of a repeated name": ["header-named-twice", "named-twice"],
    "reads documents of any length": ["lease-too-large"],
    "relies on every document's being one": ["no-document"],
    # What it verifies of a certificate, and of the host behind it
    "does not check the certificate's signature": ["certificate-by-a-stranger", "rotated-without-a-word"],
    "does not check the certificate's dates": ["certificate-expired"],
    "does not check the publisher": ["certificate-of-another-publisher"],
    "takes keys that were closed": ["closed-signing-key", "older-catalog"],
    "pins the key of its host": ["renewed-certificate"],
    "stays with its first host": BY_OTHERS,
    # What it follows
    "asks for no catalogs": ["rotated-signing-key", "rotated-root"],
    "takes any catalog": ["forged-catalog", "rotated-root-with-a-gap"],
    "goes back to older catalogs": ["older-catalog"],
    "judges nothing without the news": ["news-withheld"],
    "asks for no revocations": ["revoked-host", "revoked-key", "revoked-since-before", "revoked-later"],
    "takes any revocation list": ["forged-revocation"],
    "goes back to older revocations": ["older-revocations"],
    "passes over revoked keys": ["revoked-key"],
    "keeps what a revoked host granted": ["revoked-since-before"],
    "voids what a revoked host granted before": ["revoked-later"],
}
"""Of each flaw the cases that are there to notice it; others may, too."""


@pytest.mark.parametrize(("flaw", "names"), NOTICED.items(), ids=NOTICED)
def test_a_flaw_is_noticed(flaw: str, names: list[str]) -> None:
    """The client fails these cases, and in each the kit says what it did and what it should have done."""
    client = WrongClient(flaw)
    for case in chosen(names):
        seen = run_case(client, case, patience=patience_for(case) / 2)
        assert seen.fault is not None, case.name
        assert seen.fault.did
        assert seen.fault.expected


def _each_its_own(variables: Mapping[str, str]) -> Ended:
    """One client a step: they share nothing but their folders, and so go in several threads."""
    return WrongClient()(variables)


def test_the_client_without_a_flaw_passes() -> None:
    """So it is the flaw that is noticed, and nothing else."""
    untimed = [case for case in CASES if case not in TIMES]
    seen = [run_case(WrongClient(), case, patience=patience_for(case)) for case in untimed]
    seen += run(_each_its_own, TIMES, jobs=len(TIMES), patience=patience_for(TIMES[0]))
    assert [(one.case.name, one.fault) for one in seen if one.fault] == []


def test_every_case_notices_something() -> None:
    """None is there that every client passes."""
    assert {name for names in NOTICED.values() for name in names} == {case.name for case in CASES}
