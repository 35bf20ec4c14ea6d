"""The waiting room: requests that are recorded, and held until their pool reaches its threshold (`Prefer: wait`)."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SEATS: Final = 4_096
"""Requests that a host holds at a time; those beyond come back after a minute (design, section 5)."""


class Call(Enum):
    """Why a held request is let go."""

    THRESHOLD = "its pool may have reached the threshold"
    REPLACED = "a newer request of the same machine and product took its seat"
    STOPPING = "the host is stopping"
    TIME_OVER = "it waited as long as it asked to"


class Seat:
    """One held request."""

    def __init__(self, pool: int, occupant: tuple[int, bytes]) -> None:
        """`occupant` is the product's row and the machine id."""
        self.pool = pool
        self.occupant = occupant
        self._called: asyncio.Future[Call] = asyncio.get_running_loop().create_future()

    async def called(self, seconds: float) -> Call:
        """Why the request is let go, at the latest after `seconds`."""
        done, _ = await asyncio.wait({self._called}, timeout=max(0.0, seconds))
        return self._called.result() if done else Call.TIME_OVER

    def call(self, why: Call) -> None:
        """Let the request go; the first reason counts."""
        if not self._called.done():
            self._called.set_result(why)


class WaitingRoom:
    """The seats of one host, used on its event loop alone."""

    def __init__(self, seats: int = SEATS) -> None:
        """All seats are free."""
        self._seats = seats
        self._taken: dict[tuple[int, bytes], Seat] = {}
        self._pools: dict[int, set[Seat]] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def __iter__(self) -> Iterator[Seat]:
        return iter(tuple(self._taken.values()))

    def enter(self, pool: int, occupant: tuple[int, bytes]) -> Seat | None:
        """A seat, None when all are taken; an older request of the same occupant makes room."""
        older = self._taken.get(occupant)
        if older is None and len(self._taken) >= self._seats:
            return None
        if older is not None:
            self.leave(older)
            older.call(Call.REPLACED)
        seat = Seat(pool, occupant)
        self._taken[occupant] = seat
        self._pools.setdefault(pool, set()).add(seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """The seat is free again; a seat that was left before stays so."""
        if self._taken.get(seat.occupant) is seat:
            del self._taken[seat.occupant]
        self._pools.get(seat.pool, set()).discard(seat)

    def wake(self, pool: int) -> None:
        """Everyone who waits for this pool is called."""
        for seat in self._pools.pop(pool, set()):
            seat.call(Call.THRESHOLD)

    def close(self) -> None:
        """Everyone is let go, because the host is stopping."""
        for seat in self:
            seat.call(Call.STOPPING)
