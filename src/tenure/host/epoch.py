"""The epoch of a host: what tells its restored home from the copy that it was restored from (design, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.host.store import HostIdentity, identity_of

if TYPE_CHECKING:
    from tenure.host.store import HostStore


def next_epoch(epoch: int, now: int) -> int:
    """The epoch that follows `epoch` at `now`: higher in any case, whatever the clock says."""
    return max(now, epoch + 1)


def raise_epoch(store: HostStore, now: int) -> HostIdentity:
    """The host has a new epoch: a machine that was granted a lease under it takes none of an older copy of this host.

    Raises:
        UsageError: code `not_set_up`, before the first key is installed.
    """
    old = identity_of(store)
    new = HostIdentity(old.host_id, next_epoch(old.epoch, now))
    store.set_identity(new)
    return new
