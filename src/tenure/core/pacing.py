"""How often something may happen for each of many names, in memory that never grows.

A name (an address, mostly) is hashed with a secret salt into a table of fixed size, and names that meet in a slot share
it. Why no table of names that forgets the oldest: whoever sends from many addresses would push others out of it, or
himself, and begin anew. Here nothing is ever forgotten early, and to use up a stranger's slot one must use up many at
random.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Final

SLOTS: Final = 65_536
"""16 bytes each at most; with a thousand busy names one of 65 meets another."""
SECOND: Final = 1_000_000_000
"""Nanoseconds: the arithmetic is exact, and so are the limits."""
HOUR: Final = 3_600


@dataclass(frozen=True, slots=True)
class Pace:
    """So many at once, and then so many a second."""

    per_second: int
    burst: int


class Pacer:
    """Token buckets, one a slot, as the generic cell rate algorithm keeps them: one number each.

    The number is the time from which on the bucket is full again.
    """

    def __init__(self, *, salt: str = "", slots: int = SLOTS) -> None:
        """All buckets are full. `slots` is a power of two."""
        self._salt = salt
        self._mask = slots - 1
        self._full_at = array("q", bytes(8 * slots))

    def wait(self, name: str, pace: Pace, now: int) -> int:
        """Nanoseconds until it may happen again; 0: it may now, and counts. `now` is nanoseconds of any clock."""
        slot = hash(self._salt + name) & self._mask
        interval = SECOND // pace.per_second
        depth = interval * pace.burst
        # A clock that went back, or a burst that was made smaller, empties a bucket and no more.
        full_at = min(max(self._full_at[slot], now), now + depth)
        wait = full_at + interval - now - depth
        if wait > 0:
            return wait
        self._full_at[slot] = full_at + interval
        return 0


class HourlyCounts:
    """How much each name did in its hour, which begins with the first that it does."""

    def __init__(self, *, salt: str = "", slots: int = SLOTS) -> None:
        """Nothing was done. `slots` is a power of two."""
        self._salt = salt
        self._mask = slots - 1
        self._since = array("q", bytes(8 * slots))
        self._done = array("q", bytes(8 * slots))

    def spend(self, name: str, most: int, now: int) -> int:
        """Seconds until the name's hour is over; 0: it is under `most`, and this counts. `now` is Unix seconds."""
        slot = hash(self._salt + name) & self._mask
        if not self._since[slot] <= now < self._since[slot] + HOUR:
            self._since[slot], self._done[slot] = now, 0
        if self._done[slot] >= most:
            return self._since[slot] + HOUR - now
        self._done[slot] += 1
        return 0

    def give_back(self, name: str) -> None:
        """What the name did last did not happen after all."""
        slot = hash(self._salt + name) & self._mask
        self._done[slot] = max(0, self._done[slot] - 1)
