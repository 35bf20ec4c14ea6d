"""When the agent asks for a product again: a function of where the product stands and of what the last try brought.

    it is                     it asks
    not licensed              at once, and the host may hold the request until the threshold is reached
    licensed, renewal due     at once
    licensed, clock set back  at once: only a host can tell which of the two times is right
    licensed                  when its renewal is due
    licensed for good         once in five to seven days, what its publisher published (client.news)
    licensed by a lease or a grant of which the installed key is no more: at once

    the last try brought      it asks again
    a lease, a grant          when that is due
    what was published        a day later at the earliest, also when it could not be had
    202, not licensed         after `Retry-After`: the machine stands in the queue all the time
    202, licensed             after the host's retry interval
    no answer, 503, 429       after 1 s, doubling to 15 min (a licensed machine begins at a minute), and never before
                              the answer's `Retry-After`, up to the policy's retry interval
    another refusal           after the policy's retry interval

Pauses are measured on a clock that nobody sets, and spread, so that a fleet never asks in step (design, sections 3
to 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from tenure.client.backoff import LONGEST_SECONDS, backoff
from tenure.client.news import news_due
from tenure.client.revocations import revocations_of
from tenure.client.verdict import verdict_on
from tenure.core.errors import Code, LocalFault, Unavailable
from tenure.core.lease import JITTER, renewal_due
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY, clamp_interval

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from tenure.client.activation import StillShort
    from tenure.client.state import ClientState
    from tenure.core.errors import TenureError
    from tenure.core.lease import Lease

AT_ONCE: Final = 0.0
_SHORTEST_PAUSE: Final = 1
"""Seconds between two requests for a product, whatever a host says."""
_AFTER_GRANT: Final = 60.0
"""Seconds without a request after a lease; no renewal is due so early."""
_NO_HURRY: Final = 6
"""Doublings that a licensed machine leaves out: it has months, and leaves a host that comes back to those who wait."""


class Wanted(Enum):
    """What a product needs from a host."""

    NOTHING = "nothing now"
    LICENSE = "a license, as soon as any host gives one"
    RENEWAL = "a new lease, without hurry"
    NEWS = "what its publisher published, without hurry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a product stands, as far as the schedule cares. Times in Unix seconds."""

    status: LicenseStatus
    reason: str
    time: int
    """The time that counts: the clock's, or the latest that was seen."""
    ends: int | None
    """When the status ends by itself."""
    renewal_due: int | None
    """With the jitter that was drawn for this lease; None: there is no lease, or the installed key asks for a grant."""
    warning: bool
    clock_moved_back: bool
    retry_interval_s: int
    news_due: int | None = None
    """When to hear what the publisher published; None: there is a lease to renew, which brings it.

    There is nothing to renew where a grant is held and the installed key asks for no lease.
    """

    @property
    def wanted(self) -> Wanted:
        """What the product needs now."""
        if self.status is not LicenseStatus.LICENSED:
            return Wanted.LICENSE
        if self.news_due is not None:
            return Wanted.NEWS if self.time >= self.news_due else Wanted.NOTHING
        due = self.renewal_due is None or self.time >= self.renewal_due
        return Wanted.RENEWAL if due or self.clock_moved_back else Wanted.NOTHING

    @property
    def changes_in(self) -> int | None:
        """Seconds until time alone changes the status or what is wanted; None: it will not."""
        instants = [
            at for at in (self.ends, self.renewal_due, self.news_due) if at is not None and at > self.time
        ]
        return min(instants) - self.time if instants else None


@dataclass(frozen=True, slots=True)
class Course:
    """What the last tries left behind. It ends with the process: a machine that starts asks anew."""

    ready_at: float = AT_ONCE
    """The earliest next try, on the clock that nobody sets."""
    failures: int = 0
    """In a row, without any answer."""


def standing_of(state: ClientState, product_id: UUID, *, fingerprint: str | None, now: int) -> Standing:
    """Where an installed product stands at `now`, the raw clock."""
    verdict = verdict_on(state, product_id, fingerprint=fingerprint, now=now)
    judgement, lease, grant = verdict.judgement, verdict.lease, verdict.grant
    signed_at = lease.iat if lease else grant.iat if grant else 0
    secret = state.products[product_id].key_type.secret
    machine = state.machine
    highest = machine.highest_seen if machine else 0
    known = revocations_of(state, state.products[product_id].publisher_id)
    return Standing(
        status=judgement.status,
        reason=verdict.reason,
        time=max(now, highest, signed_at),
        ends=judgement.ends,
        renewal_due=None if secret else _due(state, product_id, lease),
        warning=judgement.warning,
        clock_moved_back=judgement.clock_moved_back,
        retry_interval_s=_retry_interval(state, product_id),
        news_due=news_due(known, grant, machine.machine_id) if secret and grant and machine else None,
    )


def after_grant(*, elapsed: float) -> Course:
    """The course after a lease or a grant: if it should count for nothing at rest, its host is not run over."""
    return Course(elapsed + _AFTER_GRANT)


def after_news(*, elapsed: float, draw: float) -> Course:
    """The course after what the publisher published was heard, or could not be: the grant counts meanwhile."""
    return Course(elapsed + DAY * (1 - JITTER * draw))


def after_short(short: StillShort, wanted: Wanted, *, elapsed: float, draw: float) -> Course:
    """The course after a 202; the host's own words are kept within what a publisher may sign."""
    longest = clamp_interval(short.waiting.retry_interval_s)
    pause = longest if wanted is Wanted.RENEWAL else min(max(short.retry_after, _SHORTEST_PAUSE), longest)
    # Never earlier than the host said: it may have named the moment at which a seat is free.
    return Course(elapsed + pause * (1 + JITTER * draw))


def after_failure(
    errors: Iterable[TenureError], before: Course, standing: Standing, *, elapsed: float, draw: float
) -> Course:
    """The course after a round in which no host gave a lease, `errors` being what became of each.

    As soon as waiting may cure one of them, it is worth trying soon.
    """
    interval = clamp_interval(standing.retry_interval_s)
    passing = [error for error in errors if may_pass(error)]
    if passing:
        skipped = _NO_HURRY if standing.status is LicenseStatus.LICENSED else 0
        longest = min(LONGEST_SECONDS, interval)
        told = min(max(error.retry_after or 0 for error in passing), interval)
        pause = max(backoff(before.failures + skipped, draw, longest=longest), told * (1 + JITTER * draw))
        return Course(elapsed + pause, before.failures + 1)
    return Course(elapsed + interval * (1 - JITTER * draw))


def may_pass(error: TenureError) -> bool:
    """Whether it may be over by itself in minutes: no answer, a busy host, a full disk."""
    return isinstance(error, Unavailable | LocalFault) or error.code is Code.RATE_LIMITED


def _due(state: ClientState, product_id: UUID, lease: Lease | None) -> int | None:
    return renewal_due(lease, state.leases[product_id].draw) if lease is not None else None


def _retry_interval(state: ClientState, product_id: UUID) -> int:
    """The catalog's; without a catalog nothing can be asked for anyway."""
    for trusted in state.catalogs.values():
        product = trusted.newest.product(product_id)
        if product is not None:
            return trusted.newest.policy_of(product).retry_interval_s
    return 0
