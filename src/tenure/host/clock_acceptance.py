"""Accepting a host's clock: what it recorded while its clock was ahead is moved back to now (design, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tenure.host.settings import Setting
from tenure.host.store import HostStore, identity_of

if TYPE_CHECKING:
    from uuid import UUID


class RecordedTimes(HostStore, Protocol):
    """A store that can correct what was recorded."""

    def move_times_back(self, host_id: UUID, now: int) -> int:
        """No machine was seen later than `now`, and this host wrote nothing later; how many machines that changed."""
        ...


def accept_clock(store: RecordedTimes, now: int) -> int:
    """The host goes by its clock again, from the next second on; how many machines' times were moved back to `now`.

    They stay counted. Where hosts share a database, that are all machines there, whichever host saw them. The moment
    is kept in the host's own settings: a running server learns by it that it must look again, and logs it.

    Raises:
        UsageError: code `not_set_up`, before the first key is installed.
    """
    moved = store.move_times_back(identity_of(store).host_id, now)
    store.save_setting(Setting.CLOCK_ACCEPTED, str(now))
    return moved
