"""Leases: their term, when a machine renews them, and each check by which it takes or keeps one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.core.lease import Lease, Pending, check_at_receipt, check_at_rest, renewal_due, term
from tenure.core.policy import DAY, Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.core.certificate import HostCertificate

NOW: Final = 1_800_100_000
HOUR: Final = 3_600
EPOCH: Final = 1_800_000_100
MACHINE, PRODUCT, REQUEST, OTHER = (UUID(int=number) for number in (10, 11, 12, 99))

LEASE: Final = Lease(
    lease_id="lease-1",
    host_id=UUID(int=2),
    machine_id=MACHINE,
    product_id=PRODUCT,
    pool="workstations",
    nonce=str(REQUEST),
    fingerprint="fingerprint-of-the-machine",
    count=25,
    threshold=25,
    iat=NOW,
    exp=NOW + 180 * DAY,
    renew_after=NOW + 7 * DAY,
    epoch=EPOCH,
)
PENDING: Final = Pending(
    machine_id=MACHINE,
    product_id=PRODUCT,
    request_id=REQUEST,
    fingerprint="fingerprint-of-the-machine",
)


# Its term and its renewal


@pytest.mark.parametrize("days", [1, 180, 365], ids=str)
def test_a_lease_runs_its_policys_days_from_now(days: int) -> None:
    """`iat` is now and `exp` so many times 86,400 s later: every renewal starts it anew."""
    assert term(Policy(threshold=25, lease_days=days), NOW) == (NOW, NOW + days * 86_400)


@pytest.mark.parametrize(
    ("lease_days", "advice", "interval"),
    [
        (180, 7 * DAY, 7 * DAY),
        (180, 900, 900),
        (180, 899, 900),
        (180, 0, 900),
        (180, -DAY, 900),
        (180, 30 * DAY, 30 * DAY),
        (180, 30 * DAY + 1, 30 * DAY),
        (180, 180 * DAY, 30 * DAY),
        (60, 30 * DAY + 1, 30 * DAY),
        (30, 15 * DAY, 15 * DAY),
        (30, 15 * DAY + 1, 15 * DAY),
        (7, 7 * DAY, 7 * DAY // 2),
        (1, 7 * DAY, DAY // 2),
    ],
    ids=[
        "7 days",
        "15 min",
        "1 s under 15 min",
        "at once",
        "in the past",
        "30 days",
        "1 s over 30 days",
        "at its end",
        "half the lease is 30 days",
        "half of 30 days",
        "1 s over half of 30 days",
        "a week of a week",
        "the shortest lease",
    ],
)
def test_renewal_is_clamped_between_15_minutes_and_30_days_or_half_the_lease(
    lease_days: int, advice: int, interval: int
) -> None:
    """Whatever a host says in `renew_after`, a machine renews within these bounds (design, section 4)."""
    lease = replace(LEASE, exp=NOW + lease_days * DAY, renew_after=NOW + advice)
    assert renewal_due(lease, 0.0) == NOW + interval


@pytest.mark.parametrize(
    ("draw", "due"),
    [(0.0, 604_800), (0.5, 574_560), (0.999_999_999, 544_320)],
    ids=["not earlier", "half of it", "all of it"],
)
def test_a_machine_renews_up_to_a_tenth_of_the_interval_earlier(draw: float, due: int) -> None:
    """The draw spreads a fleet over the last 10 % of the 7 days."""
    assert renewal_due(LEASE, draw) == NOW + due


@given(
    st.integers(1, 365),
    st.integers(-(2**40), 2**40),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_max=True),
)
def test_a_machine_always_renews_well_before_the_end(
    lease_days: int, advice: int, one: float, other: float
) -> None:
    """For any lease and advice renewal lies in the first half, never at once, and a higher draw is never later."""
    lease = replace(LEASE, exp=NOW + lease_days * DAY, renew_after=NOW + advice)
    early, late = renewal_due(lease, max(one, other)), renewal_due(lease, min(one, other))
    assert NOW + 810 <= early <= late <= NOW + lease_days * DAY // 2
    assert late <= NOW + 30 * DAY


# At receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A lease as it arrives, with all that it is checked against."""

    certificate: HostCertificate
    lease: Lease = LEASE
    pending: Pending = PENDING
    pool: str = "workstations"
    now: int = NOW
    highest_epoch: int | None = EPOCH

    def check(self) -> None:
        """Check it."""
        check_at_receipt(
            self.lease,
            self.certificate,
            self.pending,
            pool=self.pool,
            now=self.now,
            highest_epoch=self.highest_epoch,
        )

    def refusal(self) -> Untrusted:
        """The error that it is refused with."""
        with pytest.raises(Untrusted) as caught:
            self.check()
        return caught.value


@pytest.fixture
def arrival(certificate: HostCertificate) -> Arrival:
    """A lease in which everything is right."""
    return Arrival(certificate=certificate)


def expired(arrival: Arrival) -> Arrival:
    """The certificate ends now."""
    return replace(arrival, certificate=replace(arrival.certificate, exp=arrival.now))


def premature(arrival: Arrival) -> Arrival:
    """The certificate begins a second from now."""
    return replace(arrival, certificate=replace(arrival.certificate, iat=arrival.now + 1))


def of_another_host(arrival: Arrival) -> Arrival:
    """The lease names another host than the certificate."""
    return replace(arrival, lease=replace(arrival.lease, host_id=OTHER))


def in_another_pool(arrival: Arrival) -> Arrival:
    """The lease counts in a pool that the certificate covers, but not in the product's."""
    return replace(arrival, lease=replace(arrival.lease, pool="servers"))


def in_a_pool_not_covered(arrival: Arrival) -> Arrival:
    """The lease counts in the product's pool, which the certificate does not cover."""
    pools = {"servers": arrival.certificate.pools["servers"]}
    return replace(arrival, certificate=replace(arrival.certificate, pools=pools))


def under_an_empty_certificate(arrival: Arrival) -> Arrival:
    """The certificate covers no pool."""
    return replace(arrival, certificate=replace(arrival.certificate, pools={}))


def for_another_request(arrival: Arrival) -> Arrival:
    """The nonce is of another request, perhaps an earlier one of the same machine."""
    return replace(arrival, lease=replace(arrival.lease, nonce=str(OTHER)))


def for_another_machine(arrival: Arrival) -> Arrival:
    """The lease was granted to another machine."""
    return replace(arrival, lease=replace(arrival.lease, machine_id=OTHER))


def for_another_product(arrival: Arrival) -> Arrival:
    """The lease was granted for another product of the pool."""
    return replace(arrival, lease=replace(arrival.lease, product_id=OTHER))


def for_another_fingerprint(arrival: Arrival) -> Arrival:
    """The lease was granted to another installation."""
    return replace(arrival, lease=replace(arrival.lease, fingerprint="fingerprint-of-another"))


def signed_at(seconds: int) -> Callable[[Arrival], Arrival]:
    """The lease was signed so many seconds from now, of the right length."""

    def change(arrival: Arrival) -> Arrival:
        lease = arrival.lease
        return replace(arrival, lease=replace(lease, iat=lease.iat + seconds, exp=lease.exp + seconds))

    return change


def longer_by(seconds: int) -> Callable[[Arrival], Arrival]:
    """The lease ends so many seconds later than the policy says."""

    def change(arrival: Arrival) -> Arrival:
        return replace(arrival, lease=replace(arrival.lease, exp=arrival.lease.exp + seconds))

    return change


def one_short(arrival: Arrival) -> Arrival:
    """The count is one below the certificate's threshold, whatever the lease itself says of a threshold."""
    return replace(arrival, lease=replace(arrival.lease, count=24, threshold=24))


def of_an_old_copy(arrival: Arrival) -> Arrival:
    """The epoch is a second lower than one seen before."""
    return replace(arrival, lease=replace(arrival.lease, epoch=EPOCH - 1))


class Fault(NamedTuple):
    """Something wrong with an arrival, the step that must find it, and what the refusal says."""

    step: int
    change: Callable[[Arrival], Arrival]
    code: Code
    words: str


FAULTS: Final = {
    "1 certificate expired": Fault(1, expired, Code.CERTIFICATE_INVALID, "certificate is valid from"),
    "1 certificate premature": Fault(1, premature, Code.CERTIFICATE_INVALID, "certificate is valid from"),
    "2 another host": Fault(2, of_another_host, Code.LEASE_INVALID, f"is of host {OTHER}"),
    "3 another pool": Fault(
        3, in_another_pool, Code.LEASE_INVALID, "counts in pool 'servers'; the product's"
    ),
    "3 pool not covered": Fault(
        3, in_a_pool_not_covered, Code.LEASE_INVALID, "the certificate covers servers."
    ),
    "3 no pools": Fault(3, under_an_empty_certificate, Code.LEASE_INVALID, "the certificate covers none."),
    "4 nonce": Fault(
        4, for_another_request, Code.LEASE_INVALID, f"nonce is '{OTHER}'; '{REQUEST}' was asked"
    ),
    "4 machine": Fault(
        4, for_another_machine, Code.LEASE_INVALID, f"machine is {OTHER}; {MACHINE} was asked"
    ),
    "4 product": Fault(
        4, for_another_product, Code.LEASE_INVALID, f"product is {OTHER}; {PRODUCT} was asked"
    ),
    "4 fingerprint": Fault(
        4, for_another_fingerprint, Code.LEASE_INVALID, "fingerprint is fingerprint-of-another; "
    ),
    "5 from the past": Fault(5, signed_at(-4 * HOUR - 1), Code.LEASE_INVALID, "over 4 hours"),
    "5 from the future": Fault(5, signed_at(4 * HOUR + 1), Code.LEASE_INVALID, "over 4 hours"),
    "6 longer": Fault(6, longer_by(1), Code.LEASE_INVALID, "15552001 s long; the policy says 15552000 s"),
    "6 shorter": Fault(6, longer_by(-1), Code.LEASE_INVALID, "15551999 s long; the policy says 15552000 s"),
    "7 count": Fault(7, one_short, Code.LEASE_INVALID, "a count of 24, below the threshold 25"),
    "8 epoch": Fault(8, of_an_old_copy, Code.HOST_SUPERSEDED, f"epoch {EPOCH - 1}, but {EPOCH}"),
}


def test_a_lease_in_which_everything_is_right_is_taken(arrival: Arrival) -> None:
    """All eight steps pass."""
    arrival.check()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=[*FAULTS])
def test_each_step_refuses_by_itself(arrival: Arrival, fault: Fault) -> None:
    """One thing wrong and all else right: its step refuses, with its code, what it found, and what follows."""
    error = fault.change(arrival).refusal()
    assert error.code is fault.code
    assert fault.words in error.detail
    assert error.cure


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(FAULTS[one], FAULTS[other], id=f"{one}, {other}")
        for one, other in combinations(FAULTS, 2)
        if FAULTS[one].step < FAULTS[other].step
    ],
)
def test_of_two_faults_the_earlier_step_speaks(arrival: Arrival, first: Fault, second: Fault) -> None:
    """The steps are asked in their order, so that a refusal names what has to be mended first."""
    error = first.change(second.change(arrival)).refusal()
    assert error.code is first.code
    assert first.words in error.detail


@pytest.mark.parametrize(
    "change",
    [signed_at(-4 * HOUR), signed_at(4 * HOUR), signed_at(-4 * HOUR + 1), signed_at(4 * HOUR - 1)],
    ids=["4 h 0 s ago", "in 4 h 0 s", "3 h 59 min 59 s ago", "in 3 h 59 min 59 s"],
)
def test_a_lease_may_be_signed_up_to_4_hours_off_the_raw_clock(
    arrival: Arrival, change: Callable[[Arrival], Arrival]
) -> None:
    """4 h 0 s is taken on either side; 4 h 1 s is step 5's above."""
    change(arrival).check()


def test_a_certificate_holds_until_the_second_before_its_end(arrival: Arrival) -> None:
    """Valid is [iat, exp): with `exp` a second from now, or `iat` now, the lease is taken."""
    last = replace(arrival.certificate, exp=NOW + 1)
    replace(arrival, certificate=last).check()
    replace(arrival, certificate=replace(last, iat=NOW)).check()


@pytest.mark.parametrize("count", [25, 26, 100_000], ids=str)
def test_a_count_at_or_above_the_threshold_is_taken(arrival: Arrival, count: int) -> None:
    """The threshold is the certificate's: 25 is enough, and so is more."""
    replace(arrival, lease=replace(LEASE, count=count)).check()


def test_each_pool_has_the_policy_of_the_certificate(arrival: Arrival) -> None:
    """A server's lease is held to the servers' threshold of 5, not to the workstations' 25."""
    lease = replace(LEASE, pool="servers", count=5)
    replace(arrival, lease=lease, pool="servers").check()
    assert (
        "a count of 4, below the threshold 5"
        in replace(arrival, lease=replace(lease, count=4), pool="servers").refusal().detail
    )


@pytest.mark.parametrize("highest", [None, EPOCH - 1, EPOCH], ids=["none seen", "lower", "equal"])
def test_an_epoch_is_taken_unless_a_higher_one_was_seen(arrival: Arrival, highest: int | None) -> None:
    """The first epoch of a host, its present one and a later one are all fine."""
    replace(arrival, highest_epoch=highest).check()


# At rest


def test_a_stored_lease_outlives_its_certificate(certificate: HostCertificate) -> None:
    """The certificate is asked about the lease's `iat` only: that it ends a second later does not end the lease."""
    check_at_rest(LEASE, replace(certificate, exp=LEASE.iat + 1), product_id=PRODUCT, pool=LEASE.pool)
    check_at_rest(LEASE, replace(certificate, iat=LEASE.iat), product_id=PRODUCT, pool=LEASE.pool)


@pytest.mark.parametrize(
    ("changes", "pools", "words"),
    [
        ({"product_id": OTHER}, ["workstations"], f"is for product {OTHER}, not for {PRODUCT}"),
        ({"host_id": OTHER}, ["workstations"], "does not belong to the certificate"),
        ({}, ["servers"], "does not belong to the certificate"),
        ({"pool": "servers"}, ["workstations", "servers"], "the product's is 'workstations'"),
        ({"exp": LEASE.exp + 1}, ["workstations"], "does not keep to the policy"),
        ({"exp": LEASE.exp - 1}, ["workstations"], "does not keep to the policy"),
        ({"count": 24}, ["workstations"], "does not keep to the policy"),
        ({"iat": 1_799_999_999}, ["workstations"], "was not valid when the lease was signed"),
        ({"iat": 1_800_000_000 + 730 * DAY}, ["workstations"], "was not valid when the lease was signed"),
    ],
    ids=[
        "another product",
        "another host",
        "a pool not covered",
        "another pool that is covered",
        "a second longer",
        "a second shorter",
        "below the threshold",
        "before the certificate",
        "at the certificate's end",
    ],
)
def test_a_stored_lease_that_was_never_right_counts_as_none(
    certificate: HostCertificate, changes: dict[str, UUID | int | str], pools: list[str], words: str
) -> None:
    """Each check at rest refuses by itself, with `lease_invalid`."""
    covered = {pool: policy for pool, policy in certificate.pools.items() if pool in pools}
    with pytest.raises(Untrusted) as caught:
        check_at_rest(
            replace(LEASE, **changes),  # type: ignore[arg-type]  # a table's row; each name has its own type
            replace(certificate, pools=covered),
            product_id=PRODUCT,
            pool="workstations",
        )
    assert caught.value.code is Code.LEASE_INVALID
    assert words in caught.value.detail
