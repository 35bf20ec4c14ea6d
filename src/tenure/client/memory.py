"""A client's state in memory: for rehearsals and tests, where thousands of machines share a process."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from tenure.client.state import ClientState

if TYPE_CHECKING:
    from collections.abc import Callable


class MemoryClientStore:
    """`ClientStore` that forgets everything with the process."""

    def __init__(self, state: ClientState | None = None) -> None:
        """A store that holds `state`, or nothing yet."""
        self._state = state or ClientState()
        self._lock = Lock()

    def load(self) -> ClientState:
        """The state at this moment."""
        return self._state

    def update(self, change: Callable[[ClientState], ClientState]) -> ClientState:
        """The state is what `change` makes of the present one."""
        with self._lock:
            self._state = change(self._state)
            return self._state
