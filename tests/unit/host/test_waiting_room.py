"""The waiting room: a bounded number of seats, one a machine and product."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tenure.host.waiting_room import Call, WaitingRoom

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ONE, TWO = (1, b"one"), (1, b"two")


def in_loop(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario on a loop of its own."""

    async def whole() -> None:
        await scenario()

    asyncio.run(whole())


def test_a_full_room_has_no_seat() -> None:
    """The machine beyond the last seat is told to come back."""

    async def scenario() -> None:
        room = WaitingRoom(seats=1)
        assert room.enter(1, ONE) is not None
        assert room.enter(1, TWO) is None

    in_loop(scenario)


def test_a_newer_request_takes_over_the_seat_of_its_older_one_even_in_a_full_room() -> None:
    """The older is let go; the number of seats taken stays the same."""

    async def scenario() -> None:
        room = WaitingRoom(seats=1)
        older = room.enter(1, ONE)
        newer = room.enter(1, ONE)
        assert older is not None
        assert newer is not None
        assert await older.called(0) is Call.REPLACED
        assert len(room) == 1
        room.leave(older)
        assert list(room) == [newer]

    in_loop(scenario)


def test_only_the_pool_that_reached_its_threshold_is_called() -> None:
    """Workstations go on waiting when servers are woken."""

    async def scenario() -> None:
        room = WaitingRoom()
        workstation, server = room.enter(1, ONE), room.enter(2, TWO)
        assert workstation is not None
        assert server is not None
        room.wake(2)
        assert await server.called(0) is Call.THRESHOLD
        assert await workstation.called(0) is Call.TIME_OVER

    in_loop(scenario)


def test_closing_lets_everyone_go() -> None:
    """A stopping host keeps nobody."""

    async def scenario() -> None:
        room = WaitingRoom()
        seats = [room.enter(1, ONE), room.enter(2, TWO)]
        room.close()
        assert [await seat.called(60) for seat in seats if seat is not None] == [Call.STOPPING] * 2

    in_loop(scenario)


def test_the_first_reason_counts() -> None:
    """A seat that was called for the threshold is not called away again."""

    async def scenario() -> None:
        seat = WaitingRoom().enter(1, ONE)
        assert seat is not None
        seat.call(Call.THRESHOLD)
        seat.call(Call.STOPPING)
        assert await seat.called(0) is Call.THRESHOLD

    in_loop(scenario)
