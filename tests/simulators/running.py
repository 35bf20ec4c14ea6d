"""Real servers in a thread of the test's process, on real sockets of the loopback interface."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Startable(Protocol):
    """What can be started and stopped, as every server can."""

    async def start(self) -> None:
        """It serves when this returns."""
        ...

    async def stop(self) -> None:
        """It serves no more."""
        ...


S = TypeVar("S", bound=Startable)


@contextmanager
def running(make: Callable[[], S]) -> Iterator[S]:
    """The server that `make` makes serves inside the block, in an event loop of its own thread.

    What its making or its start raises is raised here.
    """
    started = threading.Event()
    made: list[S] = []
    failure: list[BaseException] = []
    stop: list[Callable[[], None]] = []

    async def serve() -> None:
        leave = asyncio.Event()
        loop = asyncio.get_running_loop()

        def let_go() -> None:
            loop.call_soon_threadsafe(leave.set)

        stop.append(let_go)
        try:
            server = make()
            await server.start()
        except BaseException as error:  # noqa: BLE001 - handed to the test's thread, which raises it
            failure.append(error)
            started.set()
            return
        made.append(server)
        started.set()
        await leave.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="server-under-test")
    thread.start()
    started.wait()
    try:
        if failure:
            raise failure[0]
        yield made[0]
    finally:
        if not failure:
            stop[0]()
        thread.join()
