"""Whether a client did in a step what a client does that does right; the first thing that it did otherwise is told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.conformance.case import EXIT_CODES
from tenure.core.policy import clocks_agree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.conformance.case import Step
    from tenure.wire.activation import ActivationBody

_MEANS: Final = {code: outcome for outcome, code in EXIT_CODES.items()}
_LONGEST: Final = 300
"""Characters of a client's own words."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a client's process left behind."""

    exit_code: int | None
    """None: it did not end in the time that it had."""
    out: str
    err: str

    @property
    def last_words(self) -> str:
        """The last line on its standard error."""
        return _last_line(self.err)[:_LONGEST]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the host heard from a client in a step."""

    requests: Sequence[ActivationBody]
    before: Sequence[ActivationBody]
    """What it heard in the steps before."""
    misunderstood: Sequence[str]
    """Why requests were none."""
    at: int
    """The time, Unix seconds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a client went wrong."""

    did: str
    """To be read after "it"."""
    expected: str


def fault_of(step: Step, ended: Ended, heard: Heard) -> Fault | None:
    """The first thing that the client did otherwise than the step wants; None: it did everything right."""
    if ended.exit_code is None:
        return Fault("did not end in the time that it had", step.expected)
    if heard.misunderstood:
        return Fault(
            f"sent what no host understands: {heard.misunderstood[0]}",
            "sends a request as docs/protocol.md describes it",
        )
    if ended.exit_code not in _MEANS:
        words = ended.last_words or "it did not say why"
        return Fault(f"ended with exit code {ended.exit_code}: {words}", step.expected)
    fault = _fault_of_requests(heard)
    if fault is not None:
        return fault
    outcome = _MEANS[ended.exit_code]
    if outcome is not step.outcome:
        return Fault(f"ended as {outcome.value} (exit {ended.exit_code})", step.expected)
    status = _status(ended.out)
    if status is None:
        return Fault(
            "printed a last line that is no JSON object with license_status",
            'prints as its last line such as {"license_status": "licensed"}',
        )
    if (status == "licensed") != step.licensed:
        return Fault(f"is {status} afterwards", step.expected)
    return None


def _fault_of_requests(heard: Heard) -> Fault | None:
    if not heard.requests:
        return Fault("never asked the host", "asks the host once")
    if len(heard.requests) > 1:
        return Fault(f"asked the host {len(heard.requests)} times", "asks the host once in a step")
    (request,) = heard.requests
    if not clocks_agree(request.client_time, heard.at):
        return Fault(
            f"said that its clock shows {request.client_time}",
            "sends its own clock, in Unix seconds, as client_time",
        )
    for earlier in heard.before:
        if request.request_id == earlier.request_id:
            return Fault("sent a request_id for the second time", "makes a new request_id for each request")
        if (request.machine_id, request.fingerprint) != (earlier.machine_id, earlier.fingerprint):
            return Fault(
                "has another machine_id or fingerprint than in the step before",
                "keeps both in TENURE_TEST_STATE: it is one installation of one machine",
            )
    return None


def _status(out: str) -> str | None:
    try:
        value = json.loads(_last_line(out))
    except (ValueError, RecursionError):
        return None
    status = value.get("license_status") if isinstance(value, dict) else None
    return status if isinstance(status, str) else None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
