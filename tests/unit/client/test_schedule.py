from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.publisher import NOW
from simulators.world import MAK, World
from tenure.client.activation import StillShort
from tenure.client.host_address import parse_host
from tenure.client.schedule import (
    Course,
    Standing,
    Wanted,
    after_failure,
    after_grant,
    after_short,
    standing_of,
)
from tenure.core.errors import Code, LocalFault, Refused, TenureError, Unavailable, Untrusted, UsageError
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY
from tenure.wire.activation import Waiting

MINUTE = 60
DAYS_30 = 30 * DAY
GONE = Unavailable(Code.HOST_UNREACHABLE, "Nobody is there.")
BLOCKED = Refused(Code.MACHINE_BLOCKED, "No.")


def standing(
    status: LicenseStatus = LicenseStatus.NOTIFICATION,
    *,
    renewal_due: int | None = None,
    clock_moved_back: bool = False,
    retry_interval_s: int = 7200,
) -> Standing:
    """A product at NOW."""
    return Standing(
        status=status,
        reason="-",
        time=NOW,
        ends=None,
        renewal_due=renewal_due,
        warning=False,
        clock_moved_back=clock_moved_back,
        retry_interval_s=retry_interval_s,
    )


LICENSED = standing(LicenseStatus.LICENSED, renewal_due=NOW + 1)


def short(retry_after: int, *, retry_interval_s: int = 7200) -> StillShort:
    """A host's 202."""
    told = Waiting(
        count=7,
        threshold=25,
        missing=18,
        retry_interval_s=retry_interval_s,
        contact="",
        catalog_seq=1,
        revocation_seq=0,
    )
    return StillShort(told, parse_host("host.example"), retry_after)


@pytest.mark.parametrize(
    ("status", "due", "moved_back", "wanted"),
    [
        pytest.param(LicenseStatus.LICENSED, NOW + 1, False, Wanted.NOTHING, id="licensed, not due yet"),
        pytest.param(LicenseStatus.LICENSED, NOW, False, Wanted.RENEWAL, id="due at this very second"),
        pytest.param(LicenseStatus.LICENSED, NOW + DAY, True, Wanted.RENEWAL, id="the clock was set back"),
        pytest.param(LicenseStatus.INITIAL_GRACE, None, False, Wanted.LICENSE, id="initial grace"),
        pytest.param(LicenseStatus.NOTIFICATION, None, False, Wanted.LICENSE, id="never activated"),
        pytest.param(LicenseStatus.NOTIFICATION, NOW + DAY, False, Wanted.LICENSE, id="machine changed"),
        pytest.param(LicenseStatus.REDUCED_FUNCTIONALITY, NOW - DAY, True, Wanted.LICENSE, id="reduced"),
    ],
)
def test_what_a_product_wants_follows_from_where_it_stands(
    status: LicenseStatus, due: int | None, *, moved_back: bool, wanted: Wanted
) -> None:
    """Every status but `licensed` wants a license; `licensed` wants a renewal when due or when its clock is wrong."""
    assert standing(status, renewal_due=due, clock_moved_back=moved_back).wanted is wanted


@pytest.mark.parametrize("moved_back", [False, True])
def test_what_is_licensed_for_good_wants_nothing(*, moved_back: bool) -> None:
    """No renewal, and no clock that a host should judge: nothing of it ends by time."""
    for_good = replace(standing(LicenseStatus.LICENSED, clock_moved_back=moved_back), news_due=NOW + 1)
    assert for_good.wanted is Wanted.NOTHING
    assert replace(for_good, status=LicenseStatus.NOTIFICATION).wanted is Wanted.LICENSE


@pytest.mark.parametrize(
    ("held", "installed", "wanted"),
    [
        pytest.param("grant", "mak", Wanted.NOTHING, id="for good"),
        pytest.param("grant", "generic", Wanted.RENEWAL, id="a grant, and hosts are to be asked"),
        pytest.param("lease", "mak", Wanted.RENEWAL, id="a lease, and the publisher is to be asked"),
        pytest.param("lease", "generic", Wanted.NOTHING, id="a lease, not due"),
    ],
)
def test_the_newest_key_says_what_is_wanted(held: str, installed: str, wanted: Wanted) -> None:
    """A license of the other kind counts, and is replaced without hurry but at once."""
    world = World()
    keys = {"generic": world.publisher.workstation.generic_keys[0], "mak": MAK.text}
    world.install()
    world.install_key_of(keys["mak" if held == "grant" else "generic"])
    world.any_activation.activate(world.product_id)
    world.install_key_of(keys[installed])
    found = standing_of(world.store.load(), world.product_id, fingerprint=world.fingerprint, now=world.now)
    assert (found.status, found.wanted) == (LicenseStatus.LICENSED, wanted)


@pytest.mark.parametrize(
    ("retry_after", "interval", "pause"),
    [
        pytest.param(1, 7200, 1, id="held: at once again"),
        pytest.param(0, 7200, 1, id="never without a pause"),
        pytest.param(60, 7200, 60, id="the waiting room is full"),
        pytest.param(7200, 7200, 7200, id="a host that does not hold"),
        pytest.param(10**8, 7200, 7200, id="no longer than its own interval"),
        pytest.param(10**8, 10**9, DAYS_30, id="and never over 30 days"),
        pytest.param(10**8, 1, 900, id="an interval under 15 minutes is 15 minutes"),
    ],
)
def test_after_a_202_an_unlicensed_machine_asks_when_the_host_says(
    retry_after: int, interval: int, pause: int
) -> None:
    """`Retry-After`, between a second and the clamped retry interval; the spread comes on top of it."""
    told = short(retry_after, retry_interval_s=interval)
    assert after_short(told, Wanted.LICENSE, elapsed=100.0, draw=0.0) == Course(100.0 + pause)
    assert after_short(told, Wanted.LICENSE, elapsed=100.0, draw=0.5).ready_at == pytest.approx(
        100.0 + pause * 1.05
    )


def test_after_a_202_a_licensed_machine_does_not_stand_in_the_queue() -> None:
    """It asks after the retry interval, whatever `Retry-After` says: it has months."""
    assert after_short(short(1), Wanted.RENEWAL, elapsed=0.0, draw=0.0) == Course(7200.0)


@pytest.mark.parametrize(
    "error",
    [
        GONE,
        Unavailable(Code.OVERLOADED, "Busy."),
        Unavailable(Code.HOST_NOT_ACTIVATED, "Not yet."),
        Refused(Code.RATE_LIMITED, "Too many."),
        LocalFault(Code.HOME_UNUSABLE, "No space left on device."),
    ],
    ids=lambda error: error.code.value,
)
def test_what_may_pass_is_tried_after_1_s_doubling_to_15_minutes(error: TenureError) -> None:
    """1, 2, 4 ... 512, then 900 s for ever."""
    course, pauses = Course(), []
    for _ in range(14):
        course = after_failure([error], course, standing(), elapsed=0.0, draw=0.0)
        pauses.append(course.ready_at)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


@pytest.mark.parametrize(
    ("told", "failures", "pause"),
    [
        pytest.param(None, 0, 1, id="nothing said"),
        pytest.param(0, 0, 1, id="0: the usual pause"),
        pytest.param(60, 0, 60, id="longer than the usual pause"),
        pytest.param(60, 9, 512, id="shorter than the usual pause"),
        pytest.param(3_600, 0, 3_600, id="an hour"),
        pytest.param(10**9, 0, 7_200, id="no longer than the policy's retry interval"),
    ],
)
@pytest.mark.parametrize("kind", [Refused, Unavailable], ids=["429", "503"])
def test_a_machine_that_is_told_when_to_come_back_waits_so_long(
    kind: type[TenureError], told: int | None, failures: int, pause: int
) -> None:
    """`Retry-After` of a 429 or 503, with a spread on top of it and never under it."""
    error = kind(Code.RATE_LIMITED, "Too many.", retry_after=told)
    before = Course(failures=failures)
    assert after_failure([error], before, standing(), elapsed=0.0, draw=0.0).ready_at == pause
    spread = after_failure([error], before, standing(), elapsed=0.0, draw=0.9).ready_at
    assert spread >= min(told or 0, 7_200)


def test_of_several_hosts_none_is_asked_before_it_said() -> None:
    """The longest of what they said holds; what another refusal says about time is not asked for."""
    busy = [Unavailable(Code.OVERLOADED, "Busy.", retry_after=seconds) for seconds in (5, 90)]
    assert after_failure([*busy, GONE], Course(), standing(), elapsed=0.0, draw=0.0).ready_at == 90
    blocked = Refused(Code.MACHINE_BLOCKED, "No.", retry_after=5_000)
    assert after_failure([blocked, GONE], Course(), standing(), elapsed=0.0, draw=0.0).ready_at == 1


def test_a_licensed_machine_begins_at_a_minute() -> None:
    """64, 128 ... 900 s: it leaves a host that comes back to those who have no license."""
    course, pauses = Course(), []
    for _ in range(5):
        course = after_failure([GONE], course, LICENSED, elapsed=0.0, draw=0.0)
        pauses.append(course.ready_at)
    assert pauses == [64, 128, 256, 512, 900]


@pytest.mark.parametrize(
    ("interval", "pause"), [(7200, 7200), (900, 900), (1, 900), (10**9, DAYS_30)], ids=str
)
@pytest.mark.parametrize(
    "error",
    [
        BLOCKED,
        Refused(Code.CLOCK_SKEW, "No."),
        Refused(Code.PRODUCT_NOT_SERVED, "No."),
        Untrusted(Code.LEASE_INVALID, "Forged."),
        UsageError(Code.NOT_SET_UP, "No host."),
    ],
    ids=lambda error: error.code.value,
)
def test_another_refusal_is_tried_after_the_retry_interval(
    error: TenureError, interval: int, pause: int
) -> None:
    """The policy's, within 15 minutes and 30 days, up to a tenth earlier; earlier failures are forgotten."""
    where = standing(retry_interval_s=interval)
    assert after_failure([error], Course(failures=5), where, elapsed=0.0, draw=0.0) == Course(pause)
    assert after_failure([error], Course(), where, elapsed=0.0, draw=0.5).ready_at == pytest.approx(
        pause * 0.95
    )


def test_of_several_hosts_one_that_may_come_back_is_enough() -> None:
    """A refusal of one host does not make the machine wait for hours for another that is restarting."""
    assert after_failure([GONE, BLOCKED], Course(), standing(), elapsed=0.0, draw=0.0) == Course(1.0, 1)
    assert after_failure([BLOCKED, GONE, BLOCKED], Course(), standing(), elapsed=0.0, draw=0.0).failures == 1


def test_after_a_lease_failures_are_forgotten() -> None:
    """And the host is left alone for a minute, whatever the lease is worth."""
    assert after_grant(elapsed=5.0) == Course(65.0)


@given(
    draw=st.floats(0, 1, exclude_max=True),
    failures=st.integers(0, 10_000),
    interval=st.integers(-(10**9), 10**9),
    retry_after=st.integers(0, 10**9),
    licensed=st.booleans(),
)
def test_no_answer_makes_a_machine_ask_without_a_pause_or_never_again(
    draw: float,
    failures: int,
    interval: int,
    retry_after: int,
    licensed: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """Half a second at least, 33 days at most, whatever anybody says."""
    where = LICENSED if licensed else standing(retry_interval_s=interval)
    wanted = Wanted.RENEWAL if licensed else Wanted.LICENSE
    courses = [
        after_short(short(retry_after, retry_interval_s=interval), wanted, elapsed=0.0, draw=draw),
        after_failure([GONE], Course(failures=failures), where, elapsed=0.0, draw=draw),
        after_failure([BLOCKED], Course(failures=failures), where, elapsed=0.0, draw=draw),
    ]
    assert all(0.5 <= course.ready_at <= DAYS_30 * 1.1 for course in courses)


def test_a_standing_is_read_from_the_state() -> None:
    """A product that was never activated: notification for 70 days, nothing to renew, the catalog's interval."""
    world = World()
    world.install()
    found = standing_of(world.store.load(), world.product_id, fingerprint=world.fingerprint, now=NOW)
    assert (found.status, found.reason, found.renewal_due) == ("notification", "not_activated", None)
    assert (found.ends, found.changes_in) == (NOW + 70 * DAY, 70 * DAY)
    assert found.retry_interval_s == 7200


def test_a_lease_s_standing_changes_first_with_its_renewal() -> None:
    """With the jitter drawn for this lease; after that the next change is its end."""
    world = World()
    world.install()
    world.activation.activate(world.product_id)
    state = world.store.load()
    fresh = standing_of(state, world.product_id, fingerprint=world.fingerprint, now=NOW)
    assert (fresh.renewal_due, fresh.changes_in) == (NOW + 7 * DAY, 7 * DAY)
    due = standing_of(state, world.product_id, fingerprint=world.fingerprint, now=NOW + 7 * DAY)
    assert (due.wanted, due.changes_in) == (Wanted.RENEWAL, 173 * DAY)


def test_the_time_that_counts_is_the_latest_that_was_seen() -> None:
    """A clock set back postpones no renewal: the agent asks at once, and says why."""
    world = World()
    world.install()
    world.activation.activate(world.product_id)
    found = standing_of(
        world.store.load(), world.product_id, fingerprint=world.fingerprint, now=NOW - 365 * DAY
    )
    assert (found.time, found.clock_moved_back, found.wanted) == (NOW, True, Wanted.RENEWAL)
