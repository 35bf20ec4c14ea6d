"""The counts of all pools of a host, kept beside the rows that they count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.core.counting import WindowCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tenure.host.ledger import PoolTerms


class Counts:
    """The counts of all pools, as of the rows that were committed."""

    def __init__(self) -> None:
        """No pools yet."""
        self._pools: dict[int, WindowCount] = {}
        self.newest = 0

    def load(self, windows: Mapping[int, int], seen: Mapping[int, Sequence[int]]) -> None:
        """Count the machines of each pool, by when each was last seen, in the pool's window; forget the counts before."""
        self.newest = max((max(times) for times in seen.values() if times), default=0)
        self._pools = {pool: WindowCount(window, seen.get(pool, ())) for pool, window in windows.items()}

    def saw(self, pool: PoolTerms, now: int, before: Iterable[int]) -> None:
        """One machine was accepted at `now`, replacing rows last seen at `before`."""
        if pool.row not in self._pools:
            self._pools[pool.row] = WindowCount(pool.window_seconds)
        self._pools[pool.row].saw(now, before=before)
        self.newest = max(self.newest, now)

    def at(self, pool: int, now: int) -> int:
        """The pool's count at `now`."""
        counter = self._pools.get(pool)
        return counter.at(now) if counter is not None else 0

    def all_at(self, now: int) -> dict[int, int]:
        """Every pool's count at `now`."""
        return {pool: counter.at(now) for pool, counter in self._pools.items()}
