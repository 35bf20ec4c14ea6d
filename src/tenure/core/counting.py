"""Counting: which machines of a pool a host knows, and how many of them count now.

A machine counts while it was last accepted strictly less than the window (30 x 86,400 s) ago. It is known by two
things, its machine id and its fingerprint; a pool has one row for each. `recognize` says what a request's two
names mean together; `WindowCount` keeps the number without looking at every machine again.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Sighting(StrEnum):
    """What a host makes of the two names in a request (design, section 3, "count of a pool")."""

    NEW = "new"
    """Neither name was known: one machine more."""
    KNOWN = "known"
    """Both names were known, together."""
    NEW_MACHINE_ID = "new_machine_id"
    """A known fingerprint under a new machine id takes over the row: a rearm, or a clone that was rearmed."""
    NEW_FINGERPRINT = "new_fingerprint"
    """A known machine id with a new fingerprint updates the row: an image copied without rearm."""
    MERGED = "merged"
    """Both names were known, on two rows, which become one: one machine less."""

    @property
    def suspicious(self) -> bool:
        """Whether this belongs in the clone report."""
        return self not in {Sighting.NEW, Sighting.KNOWN}


@dataclass(frozen=True, slots=True)
class KnownMachine:
    """A row of a pool: one machine. Times in Unix seconds."""

    machine_id: bytes
    fingerprint: bytes
    first_seen: int
    last_seen: int


def recognize(by_machine_id: KnownMachine | None, by_fingerprint: KnownMachine | None) -> Sighting:
    """What the rows found under a request's machine id and under its fingerprint say together."""
    if by_machine_id is None:
        return Sighting.NEW if by_fingerprint is None else Sighting.NEW_MACHINE_ID
    if by_fingerprint is None:
        return Sighting.NEW_FINGERPRINT
    return Sighting.KNOWN if by_machine_id == by_fingerprint else Sighting.MERGED


class WindowCount:
    """How many machines of a pool were seen in its window, at a cost that does not depend on their number.

    It holds one number for each second in which machines were last seen. Seconds leave at the old end as machines are
    seen; a time that went back finds the same machines, less those that were let go by then. All this holds while
    no machine is seen a whole window before an earlier one.
    """

    def __init__(self, window_seconds: int, seen: Iterable[int] = ()) -> None:
        """A count of machines last seen at these times, one for each, in Unix seconds and any order."""
        self._window = window_seconds
        self._machines = Counter(seen)
        self._seconds = deque(sorted(self._machines))
        self._total = self._machines.total()

    def at(self, now: int) -> int:
        """The count at `now`: machines last seen strictly less than the window ago.

        Nobody is let go by asking, so a clock that jumps ahead and comes back has changed nothing.
        """
        over = 0
        for second in self._seconds:
            if now - second < self._window:
                break
            over += self._machines[second]
        return self._total - over

    def saw(self, now: int, *, before: Iterable[int] = ()) -> None:
        """One machine was accepted at `now`; `before` are the last-seen times of the rows that it replaces.

        Each of those that still counted stops counting, so a known machine changes nothing and a merge of two
        rows takes one away.
        """
        while self._seconds and now - self._seconds[0] >= self._window:
            self._total -= self._machines.pop(self._seconds.popleft())
        for second in before:
            if self._machines.get(second, 0) > 0:
                self._machines[second] -= 1
                self._total -= 1
        if now not in self._machines:
            self._remember(now)
        self._machines[now] += 1
        self._total += 1

    def _remember(self, second: int) -> None:
        if not self._seconds or second > self._seconds[-1]:
            self._seconds.append(second)
            return
        # A clock that was set back a little: rare, so a linear search from the young end is cheap enough.
        place = len(self._seconds)
        while place and self._seconds[place - 1] > second:
            place -= 1
        self._seconds.insert(place, second)
