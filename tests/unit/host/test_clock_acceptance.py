"""Accepting a host's clock: what is asked of its store, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.host import HOST_ID
from simulators.publisher import NOW
from tenure.core.errors import Code, UsageError
from tenure.host.clock_acceptance import accept_clock
from tenure.host.store import HostIdentity

if TYPE_CHECKING:
    from uuid import UUID


class RecordingStore:
    """A store with three machines in the future, which writes down what was done with it."""

    def __init__(self, identity: HostIdentity | None) -> None:
        """Whose it is."""
        self._identity = identity
        self.done: list[tuple[object, ...]] = []

    def identity(self) -> HostIdentity | None:
        """The host, if a key was installed."""
        return self._identity

    def move_times_back(self, host_id: UUID, now: int) -> int:
        """The three machines are moved."""
        self.done.append(("moved", host_id, now))
        return 3

    def save_setting(self, name: str, value: str) -> None:
        """The setting has the value."""
        self.done.append((name, value))


def test_times_are_moved_back_before_the_server_is_told() -> None:
    """A server that looked before the rows were right would refuse again, and look no more."""
    store = RecordingStore(HostIdentity(HOST_ID, NOW - 500))
    assert accept_clock(store, NOW) == 3  # type: ignore[arg-type] # the three methods that it asks
    assert store.done == [("moved", HOST_ID, NOW), ("clock_accepted_at", str(NOW))]


def test_a_host_without_a_key_has_no_clock_to_accept() -> None:
    """And nothing is changed."""
    store = RecordingStore(None)
    with pytest.raises(UsageError) as caught:
        accept_clock(store, NOW)  # type: ignore[arg-type] # as above
    assert caught.value.code is Code.NOT_SET_UP
    assert store.done == []
