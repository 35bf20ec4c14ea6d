"""A lease that arrives: each step of taking it, alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from tenure.core.errors import Code, Untrusted
from tenure.core.policy import Policy
from unit.wire.example import (
    CERTIFICATE,
    CERTIFICATE_TOKEN,
    HOST,
    HOST_ID,
    LEASE,
    LEASE_TOKEN,
    NOW,
    OTHER_ID,
    PENDING,
    SERVER_ID,
    SIGNING,
    STRANGER,
    accept,
    certificate_token,
    lease_token,
)
from unit.wire.forgery import payload_of, resigned, with_value


def test_a_lease_whose_chain_holds_is_taken() -> None:
    """The lease and the certificate that it hangs on, for the product that was asked for."""
    assert accept() == (LEASE, CERTIFICATE)
    assert accept(highest_epoch=LEASE.epoch) == (LEASE, CERTIFICATE)


class Step(NamedTuple):
    """A change to the good case that one step of taking a lease refuses."""

    number: str
    what: str
    change: dict[str, Any]
    code: Code
    named: str


def policy_of_certificate(**changes: int) -> str:
    """The certificate with another policy for the pool."""
    return certificate_token(pools={"workstations": Policy(**{"threshold": 25, **changes})})


OLD = NOW - 5 * 3_600

STEPS = [
    Step("1", "no certificate", {"certificate": ""}, Code.DOCUMENT_MALFORMED, "three parts"),
    Step(
        "1",
        "a lease for a certificate",
        {"certificate": LEASE_TOKEN},
        Code.DOCUMENT_MALFORMED,
        "was expected",
    ),
    Step(
        "1",
        "a stranger's certificate",
        {"certificate": certificate_token(key=STRANGER)},
        Code.CHAIN_BROKEN,
        STRANGER.kid,
    ),
    Step(
        "1",
        "a forged certificate",
        {"certificate": resigned(CERTIFICATE_TOKEN, STRANGER, kid=SIGNING.kid)},
        Code.SIGNATURE_INVALID,
        SIGNING.kid,
    ),
    Step(
        "1",
        "another publisher's certificate",
        {"certificate": certificate_token(publisher_id=OTHER_ID)},
        Code.CHAIN_BROKEN,
        str(OTHER_ID),
    ),
    Step(
        "2",
        "a product that the catalog lacks",
        {"pending": replace(PENDING, product_id=OTHER_ID)},
        Code.CHAIN_BROKEN,
        str(OTHER_ID),
    ),
    Step("3", "no lease", {"lease": ""}, Code.DOCUMENT_MALFORMED, "three parts"),
    Step(
        "3",
        "a certificate for a lease",
        {"lease": CERTIFICATE_TOKEN},
        Code.DOCUMENT_MALFORMED,
        "was expected",
    ),
    Step(
        "3",
        "another host's lease",
        {"lease": lease_token(key=STRANGER)},
        Code.CHAIN_BROKEN,
        "key in the host's certificate",
    ),
    Step(
        "3",
        "a lease by the publisher's key",
        {"lease": lease_token(key=SIGNING)},
        Code.CHAIN_BROKEN,
        "key in the host's certificate",
    ),
    Step(
        "3",
        "a forged lease",
        {"lease": resigned(LEASE_TOKEN, STRANGER, kid=HOST.kid)},
        Code.SIGNATURE_INVALID,
        HOST.kid,
    ),
    Step(
        "3",
        "a lease without its epoch",
        {
            "lease": resigned(
                LEASE_TOKEN, HOST, {k: v for k, v in payload_of(LEASE_TOKEN).items() if k != "epoch"}
            )
        },
        Code.DOCUMENT_MALFORMED,
        "epoch",
    ),
    Step(
        "4.1",
        "a certificate at its end",
        {"certificate": certificate_token(exp=NOW)},
        Code.CERTIFICATE_INVALID,
        str(NOW),
    ),
    Step(
        "4.1",
        "a certificate from the future",
        {"certificate": certificate_token(iat=NOW + 1)},
        Code.CERTIFICATE_INVALID,
        str(NOW + 1),
    ),
    Step(
        "4.2",
        "the certificate of another host id",
        {"certificate": certificate_token(host_id=OTHER_ID)},
        Code.LEASE_INVALID,
        str(OTHER_ID),
    ),
    Step(
        "4.2",
        "a lease in another host's name",
        {"lease": lease_token(host_id=OTHER_ID)},
        Code.LEASE_INVALID,
        str(OTHER_ID),
    ),
    Step(
        "4.3",
        "another pool than the product's",
        {"lease": lease_token(pool="servers")},
        Code.LEASE_INVALID,
        "'servers'",
    ),
    Step(
        "4.3",
        "a pool that the certificate lacks",
        {"certificate": certificate_token(pools={"servers": Policy(threshold=5)})},
        Code.LEASE_INVALID,
        "certificate covers servers",
    ),
    Step(
        "4.3",
        "a product of another pool",
        {
            "pending": replace(PENDING, product_id=SERVER_ID),
            "lease": lease_token(product_id=SERVER_ID),
        },
        Code.LEASE_INVALID,
        "the product's is 'servers'",
    ),
    Step(
        "4.4",
        "the answer to another request",
        {"lease": lease_token(nonce=str(OTHER_ID))},
        Code.LEASE_INVALID,
        "nonce",
    ),
    Step(
        "4.4",
        "a nonce in another form",
        {"lease": lease_token(nonce=str(PENDING.request_id).replace("-", ""))},
        Code.LEASE_INVALID,
        "nonce",
    ),
    Step(
        "4.4",
        "another machine's lease",
        {"lease": lease_token(machine_id=OTHER_ID)},
        Code.LEASE_INVALID,
        "machine",
    ),
    Step(
        "4.4",
        "another product's lease",
        {"lease": lease_token(product_id=SERVER_ID)},
        Code.LEASE_INVALID,
        "product",
    ),
    Step(
        "4.4",
        "another fingerprint's lease",
        {"lease": lease_token(fingerprint="f" * 16)},
        Code.LEASE_INVALID,
        "fingerprint",
    ),
    Step("4.5", "signed 4 h 1 s ago", {"now": NOW + 4 * 3_600 + 1}, Code.LEASE_INVALID, "over 4 hours"),
    Step("4.5", "signed 4 h 1 s ahead", {"now": NOW - 4 * 3_600 - 1}, Code.LEASE_INVALID, "over 4 hours"),
    Step("4.6", "a second too long", {"lease": lease_token(exp=LEASE.exp + 1)}, Code.LEASE_INVALID, "s long"),
    Step(
        "4.6", "a second too short", {"lease": lease_token(exp=LEASE.exp - 1)}, Code.LEASE_INVALID, "s long"
    ),
    Step("4.6", "ends before it begins", {"lease": lease_token(exp=NOW - 1)}, Code.LEASE_INVALID, "s long"),
    Step(
        "4.6",
        "a policy of other length",
        {"certificate": policy_of_certificate(lease_days=181)},
        Code.LEASE_INVALID,
        "s long",
    ),
    Step(
        "4.7",
        "a count below the threshold",
        {"lease": lease_token(count=24)},
        Code.LEASE_INVALID,
        "below the threshold 25",
    ),
    Step(
        "4.7",
        "a host that lowers the threshold in the lease",
        {"lease": lease_token(count=1, threshold=1)},
        Code.LEASE_INVALID,
        "below the threshold 25",
    ),
    Step(
        "4.7",
        "a certificate with a higher threshold",
        {"certificate": policy_of_certificate(threshold=32)},
        Code.LEASE_INVALID,
        "below the threshold 32",
    ),
    Step(
        "4.8",
        "an epoch lower than one seen",
        {"highest_epoch": LEASE.epoch + 1},
        Code.HOST_SUPERSEDED,
        str(LEASE.epoch + 1),
    ),
    Step(
        "5",
        "signed a second before its certificate",
        {"certificate": certificate_token(iat=NOW), "lease": lease_token(iat=NOW - 1, exp=LEASE.exp - 1)},
        Code.LEASE_INVALID,
        "certificate was not valid when the lease was signed",
    ),
    Step(
        "5",
        "signed as its certificate ended",
        {"certificate": certificate_token(exp=NOW), "now": NOW - 1},
        Code.LEASE_INVALID,
        "certificate was not valid when the lease was signed",
    ),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.number} {step.what}")
def test_each_step_alone_refuses_what_it_is_there_for(step: Step) -> None:
    """One change to the good case, the code of its step, and what was found in the error's text."""
    with pytest.raises(Untrusted) as caught:
        accept(**step.change)
    assert caught.value.code is step.code
    assert step.named in caught.value.detail


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"now": NOW + 4 * 3_600}, id="signed 4 h ago"),
        pytest.param({"now": NOW - 4 * 3_600}, id="signed 4 h ahead"),
        pytest.param({"lease": lease_token(count=25)}, id="a count right at the threshold"),
        pytest.param({"lease": lease_token(count=2**40)}, id="a count that is not capped"),
        pytest.param({"lease": lease_token(threshold=1)}, id="an informative threshold that lies"),
        pytest.param({"lease": lease_token(renew_after=0)}, id="a renewal long past, which is clamped later"),
        pytest.param({"certificate": certificate_token(exp=NOW + 1)}, id="a certificate in its last second"),
        pytest.param({"certificate": certificate_token(iat=NOW)}, id="a certificate in its first second"),
        pytest.param({"certificate": certificate_token(trial=True)}, id="a trial"),
        pytest.param({"highest_epoch": LEASE.epoch}, id="the epoch seen before"),
        pytest.param({"highest_epoch": LEASE.epoch - 1}, id="an epoch that rose"),
    ],
)
def test_what_lies_within_the_bounds_is_taken(change: dict[str, Any]) -> None:
    """The last value on the good side of each step."""
    lease, certificate = accept(**change)
    assert lease.machine_id == PENDING.machine_id
    assert certificate.host_id == HOST_ID


def test_the_first_step_that_fails_is_the_one_that_is_told() -> None:
    """Signatures come before what was signed: nothing that a forged lease says is repeated."""
    forged = resigned(
        LEASE_TOKEN, STRANGER, with_value(payload_of(LEASE_TOKEN), ("sub",), "nobody"), kid=HOST.kid
    )
    with pytest.raises(Untrusted) as caught:
        accept(lease=forged, highest_epoch=LEASE.epoch + 1)
    assert caught.value.code is Code.SIGNATURE_INVALID
