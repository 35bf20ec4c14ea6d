"""What the kit says of a client that does it otherwise."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import msgspec
import pytest

from tenure.conformance.case import GOOD
from tenure.conformance.judging import Ended, Heard, fault_of
from tenure.core.license_status import LicenseStatus
from tenure.wire.activation import ActivationBody

NOW = 1_800_000_000
REQUEST = ActivationBody(
    machine_id=UUID(int=1),
    product_id=UUID(int=2),
    request_id=UUID(int=3),
    hostname="pc.example",
    fingerprint="fingerprint-of-pc",
    virtual=False,
    license_status=LicenseStatus.NOTIFICATION,
    minutes_remaining=0,
    client_time=NOW,
)
RIGHT = Ended(0, 'Good day.\n{"license_status": "licensed"}\n', "")
HEARD = Heard(requests=[REQUEST], before=[], misunderstood=[], at=NOW)


def test_who_does_right_has_no_fault() -> None:
    """Outcome, requests and status are those of the step."""
    assert fault_of(GOOD, RIGHT, HEARD) is None


@pytest.mark.parametrize(
    ("ended", "heard", "did"),
    [
        pytest.param(Ended(None, "", ""), HEARD, "did not end in the time", id="late"),
        pytest.param(Ended(1, "", "Oh\nno: 5\n"), HEARD, "ended with exit code 1: no: 5", id="crash"),
        pytest.param(Ended(9, "", ""), HEARD, "exit code 9: it did not say why", id="silent crash"),
        pytest.param(
            RIGHT, replace(HEARD, misunderstood=["No JSON."]), "no host understands: No JSON.", id="garbage"
        ),
        pytest.param(RIGHT, replace(HEARD, requests=[]), "never asked the host", id="silence"),
        pytest.param(RIGHT, replace(HEARD, requests=[REQUEST] * 2), "asked the host 2 times", id="twice"),
        pytest.param(RIGHT, replace(HEARD, at=NOW + 14_401), f"its clock shows {NOW}", id="clock"),
        pytest.param(
            RIGHT, replace(HEARD, before=[REQUEST]), "a request_id for the second time", id="same id"
        ),
        pytest.param(Ended(4, RIGHT.out, ""), HEARD, "ended as unavailable (exit 4)", id="outcome"),
        pytest.param(Ended(0, "done", ""), HEARD, "no JSON object with license_status", id="no status"),
        pytest.param(Ended(0, "[" * 100_000, ""), HEARD, "no JSON object with license_status", id="deep"),
        pytest.param(
            Ended(0, '{"license_status": "notification"}', ""),
            HEARD,
            "is notification afterwards",
            id="status",
        ),
    ],
)
def test_the_first_thing_that_is_otherwise_is_told(ended: Ended, heard: Heard, did: str) -> None:
    """With what would have been right beside it."""
    fault = fault_of(GOOD, ended, heard)
    assert fault is not None
    assert did in fault.did
    assert fault.expected


def test_a_client_is_one_machine_for_a_whole_case() -> None:
    """Another machine id or fingerprint in a later step is a fault."""
    other = msgspec.structs.replace(REQUEST, machine_id=UUID(int=9), request_id=UUID(int=4))
    fault = fault_of(GOOD, RIGHT, replace(HEARD, requests=[other], before=[REQUEST]))
    assert fault is not None
    assert "another machine_id" in fault.did
