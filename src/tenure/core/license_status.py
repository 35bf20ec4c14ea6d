"""License status: a function of what a machine holds, its policy, and the time.

Two small tables say everything. What a machine holds puts it in a `Situation`; two instants divide each
situation's time into three phases; `STATUS` names status and reason of each (situation, phase). Events move a
machine from one situation to another: `AFTER`. Nothing else changes a status, a clock set back least of all:
`judge` uses the highest time that the machine has ever seen.

    situation         first boundary                   second boundary
    NEVER_ACTIVATED   key installed + grace            + reduced_after
    LEASED            end of the lease                 + reduced_after
    MACHINE_CHANGED   end of the lease                 + reduced_after
    GRANTED           none                             none
    GRANT_ELSEWHERE   the change was first noted       + reduced_after
    NO_KEY            none                             none

Validity is half-open: the instant of a boundary belongs to the phase after it (design, section 3). A grant has no
end from which the days after it could be counted, so they are counted from when the change was noted by a program
that may write; until then it is `notification`, and nothing ends by itself (ADR 0010).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from tenure.core.policy import CLOCK_TOLERANCE, DAY, Policy

WARNING_SECONDS: Final = 30 * DAY
"""How long before the end of a lease a machine begins to warn (kms-facts, section 3)."""


class LicenseStatus(StrEnum):
    """What a product asks: may I run, and how loudly must I complain?"""

    UNLICENSED = "unlicensed"
    INITIAL_GRACE = "initial_grace"
    LICENSED = "licensed"
    NOTIFICATION = "notification"
    REDUCED_FUNCTIONALITY = "reduced_functionality"


class Reason(StrEnum):
    """Why a license status is what it is."""

    NO_KEY = "no_key"
    NOT_ACTIVATED = "not_activated"
    ACTIVATED = "activated"
    LEASE_EXPIRED = "lease_expired"
    MACHINE_CHANGED = "machine_changed"


class Situation(Enum):
    """What a machine holds for a product."""

    NO_KEY = "no product key"
    NEVER_ACTIVATED = "a product key, no lease"
    LEASED = "a lease of its own"
    MACHINE_CHANGED = "a lease that another machine was given"
    GRANTED = "a grant of its own"
    GRANT_ELSEWHERE = "a grant that another machine was given"


class Phase(Enum):
    """Where a time lies among a situation's two boundaries."""

    BEFORE = "before the first boundary"
    BETWEEN = "between the two"
    AFTER = "from the second on"


class Event(Enum):
    """What can happen to a machine. Time passing is no event: it is the phase."""

    KEY_INSTALLED = "a product key is installed"
    KEY_REMOVED = "the product key is removed"
    LEASE_ACCEPTED = "a verified lease arrives"
    GRANT_ACCEPTED = "a verified grant arrives"
    VOIDED = "a verified revocation list makes lease or grant void"
    NOT_GRANTED = "a refusal, a 202 or silence"
    MACHINE_CHANGED = "the state folder finds itself on another machine"
    REARMED = "rearm"


_S, _R = LicenseStatus, Reason

STATUS: Final[dict[tuple[Situation, Phase], tuple[LicenseStatus, Reason]]] = {
    (Situation.NO_KEY, Phase.BEFORE): (_S.UNLICENSED, _R.NO_KEY),
    (Situation.NEVER_ACTIVATED, Phase.BEFORE): (_S.INITIAL_GRACE, _R.NOT_ACTIVATED),
    (Situation.NEVER_ACTIVATED, Phase.BETWEEN): (_S.NOTIFICATION, _R.NOT_ACTIVATED),
    (Situation.NEVER_ACTIVATED, Phase.AFTER): (_S.REDUCED_FUNCTIONALITY, _R.NOT_ACTIVATED),
    (Situation.LEASED, Phase.BEFORE): (_S.LICENSED, _R.ACTIVATED),
    (Situation.LEASED, Phase.BETWEEN): (_S.NOTIFICATION, _R.LEASE_EXPIRED),
    (Situation.LEASED, Phase.AFTER): (_S.REDUCED_FUNCTIONALITY, _R.LEASE_EXPIRED),
    (Situation.MACHINE_CHANGED, Phase.BEFORE): (_S.NOTIFICATION, _R.MACHINE_CHANGED),
    (Situation.MACHINE_CHANGED, Phase.BETWEEN): (_S.NOTIFICATION, _R.MACHINE_CHANGED),
    (Situation.MACHINE_CHANGED, Phase.AFTER): (_S.REDUCED_FUNCTIONALITY, _R.MACHINE_CHANGED),
    (Situation.GRANTED, Phase.BEFORE): (_S.LICENSED, _R.ACTIVATED),
    (Situation.GRANT_ELSEWHERE, Phase.BEFORE): (_S.NOTIFICATION, _R.MACHINE_CHANGED),
    (Situation.GRANT_ELSEWHERE, Phase.BETWEEN): (_S.NOTIFICATION, _R.MACHINE_CHANGED),
    (Situation.GRANT_ELSEWHERE, Phase.AFTER): (_S.REDUCED_FUNCTIONALITY, _R.MACHINE_CHANGED),
}
"""Every (situation, phase) that exists. NO_KEY and GRANTED have no boundaries and so one phase only."""

AFTER: Final[dict[tuple[Situation, Event], Situation]] = {
    (Situation.NO_KEY, Event.KEY_INSTALLED): Situation.NEVER_ACTIVATED,
    (Situation.NO_KEY, Event.KEY_REMOVED): Situation.NO_KEY,
    (Situation.NO_KEY, Event.VOIDED): Situation.NO_KEY,
    (Situation.NO_KEY, Event.NOT_GRANTED): Situation.NO_KEY,
    (Situation.NO_KEY, Event.MACHINE_CHANGED): Situation.NO_KEY,
    (Situation.NO_KEY, Event.REARMED): Situation.NO_KEY,
    (Situation.NEVER_ACTIVATED, Event.KEY_INSTALLED): Situation.NEVER_ACTIVATED,
    (Situation.NEVER_ACTIVATED, Event.KEY_REMOVED): Situation.NO_KEY,
    (Situation.NEVER_ACTIVATED, Event.LEASE_ACCEPTED): Situation.LEASED,
    (Situation.NEVER_ACTIVATED, Event.GRANT_ACCEPTED): Situation.GRANTED,
    (Situation.NEVER_ACTIVATED, Event.VOIDED): Situation.NEVER_ACTIVATED,
    (Situation.NEVER_ACTIVATED, Event.NOT_GRANTED): Situation.NEVER_ACTIVATED,
    (Situation.NEVER_ACTIVATED, Event.MACHINE_CHANGED): Situation.NEVER_ACTIVATED,
    (Situation.NEVER_ACTIVATED, Event.REARMED): Situation.NEVER_ACTIVATED,
    (Situation.LEASED, Event.KEY_INSTALLED): Situation.LEASED,
    (Situation.LEASED, Event.KEY_REMOVED): Situation.NO_KEY,
    (Situation.LEASED, Event.LEASE_ACCEPTED): Situation.LEASED,
    (Situation.LEASED, Event.GRANT_ACCEPTED): Situation.GRANTED,
    (Situation.LEASED, Event.VOIDED): Situation.NEVER_ACTIVATED,
    (Situation.LEASED, Event.NOT_GRANTED): Situation.LEASED,
    (Situation.LEASED, Event.MACHINE_CHANGED): Situation.MACHINE_CHANGED,
    (Situation.LEASED, Event.REARMED): Situation.NEVER_ACTIVATED,
    (Situation.MACHINE_CHANGED, Event.KEY_INSTALLED): Situation.MACHINE_CHANGED,
    (Situation.MACHINE_CHANGED, Event.KEY_REMOVED): Situation.NO_KEY,
    (Situation.MACHINE_CHANGED, Event.LEASE_ACCEPTED): Situation.LEASED,
    (Situation.MACHINE_CHANGED, Event.GRANT_ACCEPTED): Situation.GRANTED,
    (Situation.MACHINE_CHANGED, Event.VOIDED): Situation.NEVER_ACTIVATED,
    (Situation.MACHINE_CHANGED, Event.NOT_GRANTED): Situation.MACHINE_CHANGED,
    (Situation.MACHINE_CHANGED, Event.MACHINE_CHANGED): Situation.MACHINE_CHANGED,
    (Situation.MACHINE_CHANGED, Event.REARMED): Situation.NEVER_ACTIVATED,
    (Situation.GRANTED, Event.KEY_INSTALLED): Situation.GRANTED,
    (Situation.GRANTED, Event.KEY_REMOVED): Situation.NO_KEY,
    (Situation.GRANTED, Event.LEASE_ACCEPTED): Situation.LEASED,
    (Situation.GRANTED, Event.GRANT_ACCEPTED): Situation.GRANTED,
    (Situation.GRANTED, Event.VOIDED): Situation.NEVER_ACTIVATED,
    (Situation.GRANTED, Event.NOT_GRANTED): Situation.GRANTED,
    (Situation.GRANTED, Event.MACHINE_CHANGED): Situation.GRANT_ELSEWHERE,
    (Situation.GRANTED, Event.REARMED): Situation.NEVER_ACTIVATED,
    (Situation.GRANT_ELSEWHERE, Event.KEY_INSTALLED): Situation.GRANT_ELSEWHERE,
    (Situation.GRANT_ELSEWHERE, Event.KEY_REMOVED): Situation.NO_KEY,
    (Situation.GRANT_ELSEWHERE, Event.LEASE_ACCEPTED): Situation.LEASED,
    (Situation.GRANT_ELSEWHERE, Event.GRANT_ACCEPTED): Situation.GRANTED,
    (Situation.GRANT_ELSEWHERE, Event.VOIDED): Situation.NEVER_ACTIVATED,
    (Situation.GRANT_ELSEWHERE, Event.NOT_GRANTED): Situation.GRANT_ELSEWHERE,
    (Situation.GRANT_ELSEWHERE, Event.MACHINE_CHANGED): Situation.GRANT_ELSEWHERE,
    (Situation.GRANT_ELSEWHERE, Event.REARMED): Situation.NEVER_ACTIVATED,
}
"""Where an event leads. A missing pair cannot happen: neither lease nor grant is accepted without a product key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a machine can show for one product, already verified at rest. Times in Unix seconds."""

    key_installed_at: int | None = None
    """When a key for this product was first installed; `rearm` does not renew it. None: no key."""
    lease_expires: int | None = None
    """`exp` of the lease held; None: never activated."""
    granted: bool = False
    """Whether a grant is held; then a lease beside it does not matter."""
    machine_changed: bool = False
    """Whether the fingerprint in the lease or the grant is no longer this machine's."""
    change_noted_at: int | None = None
    """Since when, as far as it was noted; matters to a grant alone."""

    @property
    def situation(self) -> Situation:
        """The row of the tables above."""
        if self.key_installed_at is None:
            return Situation.NO_KEY
        if self.granted:
            return Situation.GRANT_ELSEWHERE if self.machine_changed else Situation.GRANTED
        if self.lease_expires is None:
            return Situation.NEVER_ACTIVATED
        return Situation.MACHINE_CHANGED if self.machine_changed else Situation.LEASED


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A license status and when it will change by itself. Times in Unix seconds, None where nothing changes."""

    status: LicenseStatus
    reason: Reason
    notification_from: int | None
    reduced_functionality_from: int | None
    ends: int | None
    """When the present status ends by itself."""
    minutes_remaining: int | None
    """Minutes until `ends`, rounded up."""
    warning: bool
    """Licensed, but for 30 days at most."""
    clock_moved_back: bool
    """The clock shows over 4 hours less than the highest time seen, which was used instead."""


def judge(evidence: Evidence, policy: Policy, now: int, highest_seen: int) -> Judgement:
    """The license status at `now`, which counts as `highest_seen` if that is later.

    Before the first activation it counts at least as the instant at which the key was installed.
    """
    situation = evidence.situation
    time = max(now, highest_seen)
    if evidence.key_installed_at is not None and situation is Situation.NEVER_ACTIVATED:
        # No grace begins before its key: a machine that lost its highest time wins nothing by a clock set back.
        time = max(time, evidence.key_installed_at)
    clock_moved_back = highest_seen - now > CLOCK_TOLERANCE
    first = _first_boundary(evidence, policy)
    if first is None:
        status, reason = STATUS[situation, Phase.BEFORE]
        return Judgement(
            status=status,
            reason=reason,
            notification_from=None,
            reduced_functionality_from=None,
            ends=None,
            minutes_remaining=None,
            warning=False,
            clock_moved_back=clock_moved_back,
        )
    second = first + policy.reduced_after_seconds
    phase = Phase.BEFORE if time < first else Phase.BETWEEN if time < second else Phase.AFTER
    status, reason = STATUS[situation, phase]
    match status:
        case LicenseStatus.REDUCED_FUNCTIONALITY:
            ends = None
        case LicenseStatus.NOTIFICATION:
            ends = second
        case _:
            ends = first
    return Judgement(
        status=status,
        reason=reason,
        notification_from=first,
        reduced_functionality_from=second,
        ends=ends,
        minutes_remaining=None if ends is None else minutes_until(ends, time),
        warning=status is LicenseStatus.LICENSED and first - time <= WARNING_SECONDS,
        clock_moved_back=clock_moved_back,
    )


def minutes_until(end: int, now: int) -> int:
    """Minutes from `now` to `end`, rounded up; 0 when it has passed."""
    return max(0, -(-(end - now) // 60))


def _first_boundary(evidence: Evidence, policy: Policy) -> int | None:
    match evidence.situation:
        case Situation.GRANT_ELSEWHERE:
            return evidence.change_noted_at
        case Situation.NEVER_ACTIVATED if evidence.key_installed_at is not None:
            return evidence.key_installed_at + policy.grace_seconds
        case Situation.LEASED | Situation.MACHINE_CHANGED:
            return evidence.lease_expires
        case _:
            return None
