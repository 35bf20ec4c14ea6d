"""How long a host keeps what it recorded: the log of requests, and machines that never came back.

Daily totals are written with each batch and kept for good: they are what remains of a log row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, UsageError
from tenure.core.policy import BOUNDS, DAY
from tenure.host.settings import stored_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.host.store import HostStore

LOG_DAYS: Final = (1, 3_650)
MACHINE_DAYS: Final = (BOUNDS["window_days"][1] + 1, 36_500)
"""More than the longest window, so that no machine is forgotten while it counts."""
_NAMES: Final = {"log_days": LOG_DAYS, "machine_days": MACHINE_DAYS}
RETENTION_SETTINGS: Final = frozenset(_NAMES)
"""The names of these settings. They are about what was recorded, so hosts that record together share them."""
ROWS_A_STEP: Final = 1_000
"""Rows that one step of tidying looks at: a millisecond, which no request notices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """For how many days log rows and unseen machines are kept."""

    log_days: int = 90
    machine_days: int = 400

    def log_before(self, now: int) -> int:
        """Log rows whose last request is older than this are let go."""
        return now - self.log_days * DAY

    def machines_before(self, now: int) -> int:
        """Machines last seen before this are let go."""
        return now - self.machine_days * DAY


def read_retention(stored: Mapping[str, str]) -> Retention:
    """The retention in a host's settings; what cannot be used counts as not set."""
    found = {name: stored_number(stored, name, bounds) for name, bounds in _NAMES.items()}
    return Retention(**{name: days for name, days in found.items() if days is not None})


def set_retention(*, store: HostStore, log_days: int | None, machine_days: int | None) -> Retention:
    """What is given is kept from now on; what is None stays as it is.

    Raises:
        UsageError: code `invalid_argument`, when a number is out of its bounds.
    """
    for name, days in (("log_days", log_days), ("machine_days", machine_days)):
        if days is None:
            continue
        low, high = _NAMES[name]
        if not low <= days <= high:
            raise UsageError(Code.INVALID_ARGUMENT, f"{name} is {low} to {high:,}; {days:,} was given.")
        store.save_setting(name, str(days))
    return read_retention(store.settings())
