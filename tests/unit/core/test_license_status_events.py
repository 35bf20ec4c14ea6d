"""License status: its two tables, walked whole, and what every event does to every status."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from tenure.core.license_status import (
    AFTER,
    STATUS,
    Event,
    Evidence,
    LicenseStatus,
    Phase,
    Reason,
    Situation,
    judge,
)
from tenure.core.policy import DAY, Policy

IAT: Final = 1_800_000_000
"""When the lease below was signed."""
INSTALLED: Final = IAT - 400 * DAY
"""When the key was installed: so long ago that a machine without a lease is past everything."""

POLICY: Final = Policy(threshold=25, grace_days=90)

NO_KEY: Final = Evidence()
NEVER: Final = Evidence(key_installed_at=IAT)
LEASED: Final = Evidence(key_installed_at=INSTALLED, lease_expires=IAT + 180 * DAY)
CHANGED: Final = replace(LEASED, machine_changed=True)
GRANTED: Final = Evidence(key_installed_at=INSTALLED, granted=True)
GRANT_ELSEWHERE: Final = replace(GRANTED, machine_changed=True, change_noted_at=IAT)


# The tables


def test_every_situation_has_a_status_in_every_phase() -> None:
    """The status table is complete; without a key, or with a grant, there are no boundaries and so one phase."""
    assert {
        (situation.name, phase.name): (status.value, reason.value)
        for (situation, phase), (status, reason) in STATUS.items()
    } == {
        ("NO_KEY", "BEFORE"): ("unlicensed", "no_key"),
        ("NEVER_ACTIVATED", "BEFORE"): ("initial_grace", "not_activated"),
        ("NEVER_ACTIVATED", "BETWEEN"): ("notification", "not_activated"),
        ("NEVER_ACTIVATED", "AFTER"): ("reduced_functionality", "not_activated"),
        ("LEASED", "BEFORE"): ("licensed", "activated"),
        ("LEASED", "BETWEEN"): ("notification", "lease_expired"),
        ("LEASED", "AFTER"): ("reduced_functionality", "lease_expired"),
        ("MACHINE_CHANGED", "BEFORE"): ("notification", "machine_changed"),
        ("MACHINE_CHANGED", "BETWEEN"): ("notification", "machine_changed"),
        ("MACHINE_CHANGED", "AFTER"): ("reduced_functionality", "machine_changed"),
        ("GRANTED", "BEFORE"): ("licensed", "activated"),
        ("GRANT_ELSEWHERE", "BEFORE"): ("notification", "machine_changed"),
        ("GRANT_ELSEWHERE", "BETWEEN"): ("notification", "machine_changed"),
        ("GRANT_ELSEWHERE", "AFTER"): ("reduced_functionality", "machine_changed"),
    }
    unbounded = {Situation.NO_KEY, Situation.GRANTED}
    bounded = {(s, p) for s in set(Situation) - unbounded for p in Phase}
    assert set(STATUS) == bounded | {(s, Phase.BEFORE) for s in unbounded}


def test_every_status_and_every_reason_is_reached() -> None:
    """None of the five statuses and five reasons is there for nothing."""
    assert {status for status, _ in STATUS.values()} == set(LicenseStatus)
    assert {reason for _, reason in STATUS.values()} == set(Reason)


MOVES: Final[dict[Situation, dict[Event, Situation | None]]] = {
    Situation.NO_KEY: {
        Event.KEY_INSTALLED: Situation.NEVER_ACTIVATED,
        Event.KEY_REMOVED: Situation.NO_KEY,
        Event.LEASE_ACCEPTED: None,
        Event.GRANT_ACCEPTED: None,
        Event.VOIDED: Situation.NO_KEY,
        Event.NOT_GRANTED: Situation.NO_KEY,
        Event.MACHINE_CHANGED: Situation.NO_KEY,
        Event.REARMED: Situation.NO_KEY,
    },
    Situation.NEVER_ACTIVATED: {
        Event.KEY_INSTALLED: Situation.NEVER_ACTIVATED,
        Event.KEY_REMOVED: Situation.NO_KEY,
        Event.LEASE_ACCEPTED: Situation.LEASED,
        Event.GRANT_ACCEPTED: Situation.GRANTED,
        Event.VOIDED: Situation.NEVER_ACTIVATED,
        Event.NOT_GRANTED: Situation.NEVER_ACTIVATED,
        Event.MACHINE_CHANGED: Situation.NEVER_ACTIVATED,
        Event.REARMED: Situation.NEVER_ACTIVATED,
    },
    Situation.LEASED: {
        Event.KEY_INSTALLED: Situation.LEASED,
        Event.KEY_REMOVED: Situation.NO_KEY,
        Event.LEASE_ACCEPTED: Situation.LEASED,
        Event.GRANT_ACCEPTED: Situation.GRANTED,
        Event.VOIDED: Situation.NEVER_ACTIVATED,
        Event.NOT_GRANTED: Situation.LEASED,
        Event.MACHINE_CHANGED: Situation.MACHINE_CHANGED,
        Event.REARMED: Situation.NEVER_ACTIVATED,
    },
    Situation.MACHINE_CHANGED: {
        Event.KEY_INSTALLED: Situation.MACHINE_CHANGED,
        Event.KEY_REMOVED: Situation.NO_KEY,
        Event.LEASE_ACCEPTED: Situation.LEASED,
        Event.GRANT_ACCEPTED: Situation.GRANTED,
        Event.VOIDED: Situation.NEVER_ACTIVATED,
        Event.NOT_GRANTED: Situation.MACHINE_CHANGED,
        Event.MACHINE_CHANGED: Situation.MACHINE_CHANGED,
        Event.REARMED: Situation.NEVER_ACTIVATED,
    },
    Situation.GRANTED: {
        Event.KEY_INSTALLED: Situation.GRANTED,
        Event.KEY_REMOVED: Situation.NO_KEY,
        Event.LEASE_ACCEPTED: Situation.LEASED,
        Event.GRANT_ACCEPTED: Situation.GRANTED,
        Event.VOIDED: Situation.NEVER_ACTIVATED,
        Event.NOT_GRANTED: Situation.GRANTED,
        Event.MACHINE_CHANGED: Situation.GRANT_ELSEWHERE,
        Event.REARMED: Situation.NEVER_ACTIVATED,
    },
    Situation.GRANT_ELSEWHERE: {
        Event.KEY_INSTALLED: Situation.GRANT_ELSEWHERE,
        Event.KEY_REMOVED: Situation.NO_KEY,
        Event.LEASE_ACCEPTED: Situation.LEASED,
        Event.GRANT_ACCEPTED: Situation.GRANTED,
        Event.VOIDED: Situation.NEVER_ACTIVATED,
        Event.NOT_GRANTED: Situation.GRANT_ELSEWHERE,
        Event.MACHINE_CHANGED: Situation.GRANT_ELSEWHERE,
        Event.REARMED: Situation.NEVER_ACTIVATED,
    },
}


@pytest.mark.parametrize("situation", Situation, ids=lambda situation: situation.name)
@pytest.mark.parametrize("event", Event, ids=lambda event: event.name)
def test_every_event_leads_from_every_situation_to_one(situation: Situation, event: Event) -> None:
    """The table of moves, pair by pair; those that are missing cannot happen: no lease or grant without a product key."""
    assert AFTER.get((situation, event)) is MOVES[situation][event]


def test_what_a_machine_holds_is_its_situation() -> None:
    """Key, grant, lease and fingerprint decide, in this order; without a key nothing else is worth anything."""
    assert NO_KEY.situation is Situation.NO_KEY
    assert Evidence(lease_expires=LEASED.lease_expires, machine_changed=True).situation is Situation.NO_KEY
    assert NEVER.situation is Situation.NEVER_ACTIVATED
    assert replace(NEVER, machine_changed=True).situation is Situation.NEVER_ACTIVATED
    assert LEASED.situation is Situation.LEASED
    assert CHANGED.situation is Situation.MACHINE_CHANGED
    assert Evidence(granted=True).situation is Situation.NO_KEY
    assert replace(CHANGED, granted=True, machine_changed=False).situation is Situation.GRANTED
    assert GRANT_ELSEWHERE.situation is Situation.GRANT_ELSEWHERE


# Every (license status, event)


def happened(evidence: Evidence, event: Event, now: int) -> Evidence:
    """What the machine holds once `event` has happened at `now`."""
    match AFTER[evidence.situation, event]:
        case Situation.NO_KEY:
            after = Evidence()
        case Situation.NEVER_ACTIVATED:
            installed = evidence.key_installed_at
            after = Evidence(key_installed_at=now if installed is None else installed)
        case Situation.LEASED if event is Event.LEASE_ACCEPTED:
            after = Evidence(
                key_installed_at=evidence.key_installed_at, lease_expires=now + POLICY.lease_seconds
            )
        case Situation.GRANTED if event is Event.GRANT_ACCEPTED:
            after = Evidence(key_installed_at=evidence.key_installed_at, granted=True)
        case Situation.LEASED | Situation.GRANTED:
            after = evidence
        case Situation.MACHINE_CHANGED:
            after = replace(evidence, machine_changed=True)
        case Situation.GRANT_ELSEWHERE:
            noted = now if evidence.change_noted_at is None else evidence.change_noted_at
            after = replace(evidence, machine_changed=True, change_noted_at=noted)
    assert after.situation is AFTER[evidence.situation, event]
    return after


STARTS: Final = {
    "unlicensed, no_key": (NO_KEY, IAT),
    "initial_grace, not_activated": (NEVER, IAT + 10 * DAY),
    "licensed, activated": (LEASED, IAT + 10 * DAY),
    "notification, not_activated": (NEVER, IAT + 100 * DAY),
    "notification, lease_expired": (LEASED, IAT + 200 * DAY),
    "notification, machine_changed": (CHANGED, IAT + 10 * DAY),
    "reduced_functionality, not_activated": (NEVER, IAT + 300 * DAY),
    "reduced_functionality, lease_expired": (LEASED, IAT + 300 * DAY),
    "reduced_functionality, machine_changed": (CHANGED, IAT + 300 * DAY),
    "licensed, activated (grant)": (GRANTED, IAT + 10 * DAY),
    "notification, machine_changed (grant)": (GRANT_ELSEWHERE, IAT + 10 * DAY),
    "reduced_functionality, machine_changed (grant)": (GRANT_ELSEWHERE, IAT + 100 * DAY),
}
"""What a machine holds, and when, in each status for each reason, by a lease unless it says so; grace is 90 days."""

OUTCOMES: Final = {
    # A second key changes nothing.
    Event.KEY_INSTALLED: {start: start for start in STARTS}
    | {"unlicensed, no_key": "initial_grace, not_activated"},
    Event.KEY_REMOVED: dict.fromkeys(STARTS, "unlicensed, no_key"),
    # One successful contact makes a machine licensed from any status but the one without a key.
    Event.LEASE_ACCEPTED: {start: "licensed, activated" for start in STARTS if start != "unlicensed, no_key"},
    Event.GRANT_ACCEPTED: {start: "licensed, activated" for start in STARTS if start != "unlicensed, no_key"},
    # What is void counts as never given, and no grace and no 70 days begin anew.
    Event.VOIDED: {start: start for start in STARTS}
    | {
        "licensed, activated": "reduced_functionality, not_activated",
        "notification, lease_expired": "reduced_functionality, not_activated",
        "notification, machine_changed": "reduced_functionality, not_activated",
        "reduced_functionality, lease_expired": "reduced_functionality, not_activated",
        "reduced_functionality, machine_changed": "reduced_functionality, not_activated",
        "licensed, activated (grant)": "reduced_functionality, not_activated",
        "notification, machine_changed (grant)": "reduced_functionality, not_activated",
        "reduced_functionality, machine_changed (grant)": "reduced_functionality, not_activated",
    },
    # A refusal, a 202 or silence never ends or shortens anything.
    Event.NOT_GRANTED: {start: start for start in STARTS},
    # Only a lease and a grant are bound to a machine.
    Event.MACHINE_CHANGED: {start: start for start in STARTS}
    | {
        "licensed, activated": "notification, machine_changed",
        "notification, lease_expired": "notification, machine_changed",
        "reduced_functionality, lease_expired": "reduced_functionality, machine_changed",
        "licensed, activated (grant)": "notification, machine_changed",
    },
    # Rearm gives the lease or the grant back and restarts neither the grace nor the 70 days since the key was installed.
    Event.REARMED: {start: start for start in STARTS}
    | {
        "licensed, activated": "reduced_functionality, not_activated",
        "notification, lease_expired": "reduced_functionality, not_activated",
        "notification, machine_changed": "reduced_functionality, not_activated",
        "reduced_functionality, lease_expired": "reduced_functionality, not_activated",
        "reduced_functionality, machine_changed": "reduced_functionality, not_activated",
        "licensed, activated (grant)": "reduced_functionality, not_activated",
        "notification, machine_changed (grant)": "reduced_functionality, not_activated",
        "reduced_functionality, machine_changed (grant)": "reduced_functionality, not_activated",
    },
}
"""Status and reason after each event."""


def verdict(evidence: Evidence, now: int) -> str:
    """Status and reason, as they stand in JSON."""
    found = judge(evidence, POLICY, now, now)
    return f"{found.status.value}, {found.reason.value}"


@pytest.mark.parametrize("start", STARTS)
def test_a_machine_starts_where_its_name_says(start: str) -> None:
    """Evidence and time of each start give the status and the reason that it is called."""
    assert verdict(*STARTS[start]) == start.removesuffix(" (grant)")


@pytest.mark.parametrize(
    ("start", "event", "outcome"),
    [
        pytest.param(start, event, outcome, id=f"{start}: {event.value}")
        for event, outcomes in OUTCOMES.items()
        for start, outcome in outcomes.items()
    ],
)
def test_every_event_in_every_status(start: str, event: Event, outcome: str) -> None:
    """Status and reason in the very second after each event, from each status and reason."""
    evidence, now = STARTS[start]
    assert verdict(happened(evidence, event, now), now) == outcome.removesuffix(" (grant)")


def test_the_table_of_events_leaves_nothing_out() -> None:
    """Every status stands beside every event, but for a lease or a grant without a key, which cannot happen."""
    asked = {(start, event) for event, outcomes in OUTCOMES.items() for start in outcomes}
    impossible = {("unlicensed, no_key", event) for event in (Event.LEASE_ACCEPTED, Event.GRANT_ACCEPTED)}
    assert asked == {(start, event) for start in STARTS for event in Event} - impossible
    assert {start.split(", ")[0] for start in STARTS} == {status.value for status in LicenseStatus}


def test_rearm_within_the_grace_leaves_what_is_left_of_it() -> None:
    """A machine activated and rearmed on day 10 of a 90-day grace has its other 80 days, not 90 new ones."""
    young = replace(LEASED, key_installed_at=IAT)
    now = IAT + 10 * DAY
    found = judge(happened(young, Event.REARMED, now), POLICY, now, now)
    assert (found.status, found.ends) == (LicenseStatus.INITIAL_GRACE, IAT + 90 * DAY)
