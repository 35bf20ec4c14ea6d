"""Running servers until somebody stops the process, in the order that their requests need."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Server(Protocol):
    """What can be started and stopped."""

    async def start(self) -> None:
        """It serves when this returns."""
        ...

    async def stop(self) -> None:
        """It has answered what it accepted, and lets everything go."""
        ...


def serve(server: Server, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, calling `ready` once the server answers.

    Raises:
        TenureError: the server could not start.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("tenure").setLevel(logging.INFO)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(server, ready))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is installed (it does not exist for Windows); else the standard library's."""
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _serve(server: Server, ready: Callable[[], None]) -> None:
    stop = stop_event()
    await server.start()
    try:
        ready()
        await stop.wait()
    finally:
        await server.stop()


def stop_event() -> asyncio.Event:
    """An event of the running loop that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        else:
            loop.add_signal_handler(number, stop.set)
    return stop
