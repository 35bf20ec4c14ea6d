"""How many a host's server turned away at its door, by reason, since it was started.

Kept in memory, one line a reason, however many come: a flood costs no disk. Others read a copy that the server leaves
now and then.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from tenure.core.revocation import LATEST

if TYPE_CHECKING:
    from tenure.core.clock import Clock
    from tenure.core.turned_away import Reason

_LONGEST_ADDRESS: Final = 64
"""Characters; an IPv6 address has 39."""

Number = Annotated[int, Meta(ge=0)]
Seconds = Annotated[int, Meta(ge=0, le=LATEST)]
"""Unix seconds that can be told as a date."""


class DoorCount(Struct, frozen=True):
    """What one reason came to."""

    reason: str
    """One of `core.turned_away.Reason`, or one that a newer server knows."""
    times: Number
    last_at: Seconds
    last_address: Annotated[str, Meta(max_length=_LONGEST_ADDRESS)]


class DoorCounts(Struct, frozen=True):
    """What all reasons came to."""

    since: Seconds
    """When the server was started."""
    reasons: tuple[DoorCount, ...] = ()
    """Only those that came up, by name."""


class DoorCounter:
    """Counts from the start of a server on: a `TurnedAway`, usable from any thread."""

    def __init__(self, clock: Clock) -> None:
        """Nobody was turned away yet."""
        self._clock = clock
        self._since = clock()
        self._counts: dict[str, DoorCount] = {}
        self._changing = Lock()

    def __call__(self, reason: Reason, address: str, *, times: int = 1) -> None:
        """So many more, the last of them from this address, now; 0: nobody."""
        if not times:
            return
        now = self._clock()
        with self._changing:
            known = self._counts.get(reason.value)
            so_far = known.times if known is not None else 0
            self._counts[reason.value] = DoorCount(
                reason.value, so_far + times, now, address[:_LONGEST_ADDRESS]
            )

    def counts(self) -> DoorCounts:
        """What it came to by now."""
        with self._changing:
            return DoorCounts(self._since, tuple(self._counts[name] for name in sorted(self._counts)))


encode_counts = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(DoorCounts)


def read_counts(data: bytes) -> DoorCounts | None:
    """What a server left; None when it cannot be read: then nothing is known."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
