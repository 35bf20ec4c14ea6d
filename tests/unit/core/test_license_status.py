"""License status: the instants at which it changes, what a judgement says, and what a clock cannot win."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tenure.core.license_status import (
    WARNING_SECONDS,
    Evidence,
    Judgement,
    LicenseStatus,
    Reason,
    judge,
    minutes_until,
)
from tenure.core.policy import DAY, Policy

IAT: Final = 1_800_000_000
"""When the lease below was signed."""
EXP: Final = IAT + 180 * DAY
REDUCED: Final = IAT + 250 * DAY
INSTALLED: Final = IAT - 400 * DAY
"""When the key was installed: so long ago that a machine without a lease is past everything."""

POLICY: Final = Policy(threshold=25)
GRACE: Final = Policy(threshold=25, grace_days=90)

NO_KEY: Final = Evidence()
NEVER: Final = Evidence(key_installed_at=IAT)
LEASED: Final = Evidence(key_installed_at=INSTALLED, lease_expires=EXP)
CHANGED: Final = replace(LEASED, machine_changed=True)
GRANTED: Final = Evidence(key_installed_at=INSTALLED, granted=True)
ELSEWHERE: Final = replace(GRANTED, machine_changed=True)
NOTED: Final = replace(ELSEWHERE, change_noted_at=IAT)


def judged(evidence: Evidence, now: int, policy: Policy = POLICY, *, highest: int | None = None) -> Judgement:
    """The judgement at `now`, by a clock that never showed more unless `highest` says so."""
    return judge(evidence, policy, now, now if highest is None else highest)


def verdict(evidence: Evidence, now: int, policy: Policy = POLICY) -> str:
    """Status and reason, as they stand in JSON."""
    found = judged(evidence, now, policy)
    return f"{found.status.value}, {found.reason.value}"


# The instants


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (IAT, "licensed, activated"),
        (EXP - 1, "licensed, activated"),
        (EXP, "notification, lease_expired"),
        (REDUCED - 1, "notification, lease_expired"),
        (REDUCED, "reduced_functionality, lease_expired"),
        (REDUCED + 3_650 * DAY, "reduced_functionality, lease_expired"),
    ],
    ids=[
        "day 0",
        "1 s before day 180",
        "day 180.0",
        "1 s before day 250",
        "day 250.0",
        "ten years later",
    ],
)
def test_a_lease_ends_in_notification_at_day_180_and_reduced_at_day_250(now: int, expected: str) -> None:
    """The instant 180.0 is notification and 250.0 reduced; one second before each is not."""
    assert verdict(LEASED, now) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (IAT, "notification, machine_changed"),
        (EXP - 1, "notification, machine_changed"),
        (EXP, "notification, machine_changed"),
        (REDUCED - 1, "notification, machine_changed"),
        (REDUCED, "reduced_functionality, machine_changed"),
    ],
    ids=["day 0", "1 s before day 180", "day 180.0", "1 s before day 250", "day 250.0"],
)
def test_another_machines_lease_is_notification_until_day_250(now: int, expected: str) -> None:
    """A copied state folder is never licensed: notification until 70 days after the lease's end, then reduced."""
    assert verdict(CHANGED, now) == expected


@pytest.mark.parametrize("now", [0, IAT, IAT + 3_650 * DAY], ids=["1970", "at once", "ten years later"])
def test_a_grant_has_no_end(now: int) -> None:
    """Licensed at any time, with nothing that ends, no minutes and no warning."""
    found = judged(GRANTED, now)
    assert verdict(GRANTED, now) == "licensed, activated"
    assert (found.ends, found.minutes_remaining, found.notification_from) == (None, None, None)
    assert found.warning is False


@pytest.mark.parametrize(
    ("evidence", "now", "expected", "ends"),
    [
        pytest.param(ELSEWHERE, IAT, "notification, machine_changed", None, id="not noted"),
        pytest.param(
            ELSEWHERE, IAT + 3_650 * DAY, "notification, machine_changed", None, id="not noted for ten years"
        ),
        pytest.param(NOTED, IAT - 1, "notification, machine_changed", 70, id="noted by a later clock"),
        pytest.param(NOTED, IAT, "notification, machine_changed", 70, id="as it is noted"),
        pytest.param(NOTED, IAT + 70 * DAY - 1, "notification, machine_changed", 70, id="1 s before day 70"),
        pytest.param(NOTED, IAT + 70 * DAY, "reduced_functionality, machine_changed", None, id="day 70.0"),
    ],
)
def test_another_machines_grant_is_notification_until_70_days_after_that_was_noted(
    evidence: Evidence, now: int, expected: str, ends: int | None
) -> None:
    """It is never licensed; what nobody has noted cannot be counted from."""
    assert verdict(evidence, now) == expected
    assert judged(evidence, now).ends == (None if ends is None else IAT + ends * DAY)


@pytest.mark.parametrize(
    ("days", "before", "expected"),
    [
        (0, 0, "notification, not_activated"),
        (0, 70 * DAY - 1, "notification, not_activated"),
        (0, 70 * DAY, "reduced_functionality, not_activated"),
        (90, 0, "initial_grace, not_activated"),
        (90, 90 * DAY - 1, "initial_grace, not_activated"),
        (90, 90 * DAY, "notification, not_activated"),
        (90, 160 * DAY - 1, "notification, not_activated"),
        (90, 160 * DAY, "reduced_functionality, not_activated"),
        (1, DAY - 1, "initial_grace, not_activated"),
        (1, DAY, "notification, not_activated"),
    ],
    ids=[
        "no grace, at once",
        "no grace, 1 s before day 70",
        "no grace, day 70.0",
        "90 days, at once",
        "90 days, 1 s before day 90",
        "90 days, day 90.0",
        "90 days, 1 s before day 160",
        "90 days, day 160.0",
        "1 day, 1 s before its end",
        "1 day, at its end",
    ],
)
def test_a_machine_never_activated_runs_its_grace_and_then_70_days(
    days: int, before: int, expected: str
) -> None:
    """From the key's installation: the grace that the publisher signed, 70 days of notification, then reduced."""
    assert verdict(NEVER, IAT + before, replace(POLICY, grace_days=days)) == expected


def test_the_policy_says_how_long_notification_lasts() -> None:
    """With `reduced_after_days` 1 a lease's last day is its 181st."""
    short = replace(POLICY, reduced_after_days=1)
    assert verdict(LEASED, EXP + DAY - 1, short) == "notification, lease_expired"
    assert verdict(LEASED, EXP + DAY, short) == "reduced_functionality, lease_expired"


def test_without_a_key_nothing_ends_by_itself() -> None:
    """Unlicensed has no boundary, no minutes and no warning, at any time."""
    for now in (0, IAT, 2**53):
        assert judged(NO_KEY, now) == Judgement(
            status=LicenseStatus.UNLICENSED,
            reason=Reason.NO_KEY,
            notification_from=None,
            reduced_functionality_from=None,
            ends=None,
            minutes_remaining=None,
            warning=False,
            clock_moved_back=False,
        )


@pytest.mark.parametrize(
    ("evidence", "policy", "now", "ends"),
    [
        (LEASED, POLICY, IAT, EXP),
        (LEASED, POLICY, EXP, REDUCED),
        (LEASED, POLICY, REDUCED, None),
        (NEVER, GRACE, IAT, IAT + 90 * DAY),
        (NEVER, GRACE, IAT + 90 * DAY, IAT + 160 * DAY),
        (NEVER, POLICY, IAT, IAT + 70 * DAY),
        (NEVER, POLICY, IAT + 70 * DAY, None),
        (CHANGED, POLICY, IAT, REDUCED),
        (CHANGED, POLICY, EXP, REDUCED),
        (CHANGED, POLICY, REDUCED, None),
    ],
    ids=[
        "licensed",
        "expired",
        "expired, reduced",
        "in grace",
        "after grace",
        "without grace",
        "not activated, reduced",
        "machine changed",
        "machine changed, lease over",
        "machine changed, reduced",
    ],
)
def test_a_judgement_says_when_it_ends(
    evidence: Evidence, policy: Policy, now: int, ends: int | None
) -> None:
    """`ends` is the next boundary at which the status changes; reduced functionality has none."""
    found = judged(evidence, now, policy)
    assert found.ends == ends
    assert found.minutes_remaining == (None if ends is None else (ends - now) // 60)


def test_a_judgement_names_both_boundaries() -> None:
    """When notification and reduced functionality begin stands there from the first day to the last."""
    for now in (IAT, EXP, REDUCED):
        found = judged(LEASED, now)
        assert (found.notification_from, found.reduced_functionality_from) == (EXP, REDUCED)


# Minutes and the warning


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        (-61, 0),
        (-1, 0),
        (0, 0),
        (1, 1),
        (59, 1),
        (60, 1),
        (61, 2),
        (180 * DAY, 259_200),
        (365 * DAY, 525_600),
    ],
    ids=str,
)
def test_minutes_are_rounded_up(seconds: int, minutes: int) -> None:
    """A second left is a minute; what has passed is 0; 180 days are 259,200 minutes."""
    assert minutes_until(IAT + seconds, IAT) == minutes


def test_a_judgements_minutes_are_rounded_up() -> None:
    """A second before its end a lease has one minute left, and 61 seconds before it two."""
    assert judged(LEASED, EXP - 1).minutes_remaining == 1
    assert judged(LEASED, EXP - 61).minutes_remaining == 2


@pytest.mark.parametrize(
    ("left", "warns"),
    [
        (180 * DAY, False),
        (30 * DAY + 1, False),
        (30 * DAY, True),
        (30 * DAY - 1, True),
        (1, True),
        (0, False),
    ],
    ids=["180 days", "30 days and 1 s", "30 days", "30 days less 1 s", "1 s", "none"],
)
def test_a_licensed_machine_warns_from_30_days_before_the_end(left: int, *, warns: bool) -> None:
    """At exactly 30 days the warning begins; with the lease it ends, for the status itself is warning then."""
    assert WARNING_SECONDS == 2_592_000
    assert judged(LEASED, EXP - left).warning is warns


@pytest.mark.parametrize(
    ("evidence", "policy"),
    [(NEVER, GRACE), (NEVER, POLICY), (CHANGED, POLICY), (NO_KEY, POLICY)],
    ids=["in grace", "not activated", "machine changed", "no key"],
)
def test_only_a_licensed_machine_warns(evidence: Evidence, policy: Policy) -> None:
    """Every other status says by itself that something is to be done."""
    for now in (IAT, IAT + 89 * DAY, EXP - 1):
        assert judged(evidence, now, policy).warning is False


# Clocks

ORDER: Final = [
    LicenseStatus.LICENSED,
    LicenseStatus.INITIAL_GRACE,
    LicenseStatus.NOTIFICATION,
    LicenseStatus.REDUCED_FUNCTIONALITY,
]
"""From best to worst; time alone leads from left to right."""

times = st.integers(0, 2**40) | st.integers(IAT - 10 * DAY, IAT + 700 * DAY)
evidences = st.builds(
    Evidence,
    key_installed_at=st.none() | times,
    lease_expires=st.none() | times,
    granted=st.booleans(),
    machine_changed=st.booleans(),
    change_noted_at=st.none() | times,
)
policies = st.builds(
    Policy,
    threshold=st.just(25),
    grace_days=st.integers(0, 90),
    reduced_after_days=st.integers(1, 3_650),
)


@pytest.mark.parametrize(
    ("back", "told"),
    [(-DAY, False), (0, False), (14_399, False), (14_400, False), (14_401, True), (400 * DAY, True)],
    ids=["a day ahead", "0 s", "3 h 59 min 59 s", "4 h 0 s", "4 h 1 s", "400 days"],
)
@pytest.mark.parametrize("evidence", [NO_KEY, LEASED], ids=["no key", "leased"])
def test_a_clock_over_4_hours_behind_the_highest_time_is_told(
    evidence: Evidence, back: int, *, told: bool
) -> None:
    """4 h 0 s behind is how clocks differ; 4 h 1 s is a clock that was set back, and the judgement says so."""
    assert judged(evidence, IAT - back, highest=IAT).clock_moved_back is told


def test_a_clock_set_back_does_not_bring_a_lease_back() -> None:
    """A lease that ended by the highest time seen stays ended, with the same minutes, at whatever the clock shows."""
    for now in (0, IAT, EXP - 1, EXP):
        found = judged(LEASED, now, highest=EXP)
        assert (found.status, found.ends) == (LicenseStatus.NOTIFICATION, REDUCED)
        assert found.minutes_remaining == 70 * 24 * 60


def test_a_clock_ahead_of_the_highest_time_is_believed() -> None:
    """The later of the two decides: a stored time from last week keeps no lease alive."""
    assert judged(LEASED, EXP, highest=EXP - 7 * DAY).status is LicenseStatus.NOTIFICATION


@given(evidences, policies, times, times)
def test_a_clock_set_back_wins_nothing(evidence: Evidence, policy: Policy, highest: int, now: int) -> None:
    """Below the highest time seen the clock decides nothing: the judgement is that of the highest time."""
    assume(now <= highest)
    lower, there = judge(evidence, policy, now, highest), judge(evidence, policy, highest, highest)
    assert replace(lower, clock_moved_back=False) == there
    assert lower.clock_moved_back is (highest - now > 14_400)


@given(evidences, policies, times, times)
def test_time_alone_never_makes_a_status_better(
    evidence: Evidence, policy: Policy, earlier: int, later: int
) -> None:
    """Only an event does: as time passes, status moves towards reduced functionality or stays."""
    assume(evidence.key_installed_at is not None and earlier <= later)
    before, after = judged(evidence, earlier, policy).status, judged(evidence, later, policy).status
    assert ORDER.index(before) <= ORDER.index(after)


@given(evidences, policies, times)
def test_a_status_lasts_until_its_end_and_no_longer(evidence: Evidence, policy: Policy, now: int) -> None:
    """One second before `ends` the status is the same, at `ends` it is another; the minutes lead there."""
    found = judged(evidence, now, policy)
    if found.ends is None:
        forever = {LicenseStatus.UNLICENSED, LicenseStatus.REDUCED_FUNCTIONALITY}
        assert found.status in forever or evidence.granted
        assert judged(evidence, 2**53, policy).status is found.status
        return
    assert found.ends > now
    assert judged(evidence, found.ends - 1, policy).status is found.status
    assert judged(evidence, found.ends, policy).status is not found.status
    assert found.minutes_remaining is not None
    assert found.minutes_remaining > 0


@given(times, times, times)
def test_without_grace_a_machine_never_activated_has_none(installed: int, now: int, highest: int) -> None:
    """Not even where the clock, and the highest time seen, lie before the key's installation."""
    found = judge(Evidence(key_installed_at=installed), POLICY, now, highest)
    assert found.status in {LicenseStatus.NOTIFICATION, LicenseStatus.REDUCED_FUNCTIONALITY}


def test_before_its_key_a_machine_has_no_more_grace_than_with_it() -> None:
    """A state folder that forgot the highest time gives 90 days at most, not 90 and those until the installation."""
    found = judged(NEVER, IAT - 1_000 * DAY, GRACE)
    assert (found.status, found.ends) == (LicenseStatus.INITIAL_GRACE, IAT + 90 * DAY)
    assert found.minutes_remaining == 90 * 24 * 60


@given(policies, times, times)
def test_a_lease_counts_whenever_its_key_was_installed(policy: Policy, installed: int, now: int) -> None:
    """A key installed under a wrong clock, even one far ahead, takes nothing from a lease accepted later."""
    lease = Evidence(key_installed_at=installed, lease_expires=now + 1)
    assert judged(lease, now, policy).status is LicenseStatus.LICENSED
