"""The policy of a pool: what a publisher signs about counting, leases and their end."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from tenure.core.errors import Code, UsageError

DAY: Final = 86_400
"""Seconds of a day. "Day n" of a lease is the instant n x 86,400 s after its start; there are no calendar days."""
CLOCK_TOLERANCE: Final = 4 * 3_600
"""Seconds by which a machine's and a host's clocks may differ, inclusive (kms-facts, section 3)."""


class Kind(StrEnum):
    """What a product runs on; each kind counts in a pool of its own by default."""

    WORKSTATION = "workstation"
    SERVER = "server"


BOUNDS: Final[dict[str, tuple[int, int]]] = {
    # Lowest and highest value of each field, both allowed (design, section 2).
    "threshold": (1, 100_000),
    "lease_days": (1, 365),
    "window_days": (1, 365),
    "grace_days": (0, 90),
    "reduced_after_days": (1, 3_650),
    "renewal_interval_s": (900, 2_592_000),
    "retry_interval_s": (900, 2_592_000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The terms of a pool, within `BOUNDS`. Days are 86,400 s.

    Raises:
        UsageError: code `policy_out_of_bounds`, when a field is outside its bounds.
    """

    threshold: int
    lease_days: int = 180
    window_days: int = 30
    grace_days: int = 0
    reduced_after_days: int = 70
    renewal_interval_s: int = 7 * DAY
    retry_interval_s: int = 120 * 60

    def __post_init__(self) -> None:
        """Refuse what no publisher may sign."""
        for field in fields(self):
            low, high = BOUNDS[field.name]
            value = getattr(self, field.name)
            if not low <= value <= high:
                raise UsageError(
                    Code.POLICY_OUT_OF_BOUNDS, f"{field.name} is {low:,} to {high:,}; {value:,} was given."
                )

    @property
    def lease_seconds(self) -> int:
        """The length of a lease, to the second."""
        return self.lease_days * DAY

    @property
    def window_seconds(self) -> int:
        """How long a machine counts after it was last accepted."""
        return self.window_days * DAY

    @property
    def grace_seconds(self) -> int:
        """How long a machine runs freely before its first activation."""
        return self.grace_days * DAY

    @property
    def reduced_after_seconds(self) -> int:
        """How long `notification` lasts before `reduced_functionality`."""
        return self.reduced_after_days * DAY


DEFAULT_POLICIES: Final[dict[Kind, Policy]] = {
    Kind.WORKSTATION: Policy(threshold=25),
    Kind.SERVER: Policy(threshold=5),
}


def clamp_interval(seconds: int) -> int:
    """An interval as a client may use it: within the bounds that a publisher may sign (15 min to 30 days)."""
    low, high = BOUNDS["retry_interval_s"]
    return min(max(seconds, low), high)


def clocks_agree(one: int, other: int) -> bool:
    """Whether two clocks differ by at most 4 hours; 4 h 0 s agrees, 4 h 1 s does not."""
    return abs(one - other) <= CLOCK_TOLERANCE
