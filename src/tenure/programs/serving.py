"""Running servers until somebody stops the process, in the order that their requests need."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING, Protocol

from tenure.adapters.os.notify import Notifier
from tenure.core.errors import TenureError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger("tenure.service")


class Server(Protocol):
    """What can be started and stopped."""

    async def start(self) -> None:
        """It serves when this returns."""
        ...

    async def stop(self) -> None:
        """It has answered what it accepted, and lets everything go."""
        ...

    async def reload(self) -> None:
        """What can change without a restart is as it stands on disk now; called after SIGHUP, between start and stop.

        Raises:
            TenureError: something could not be read; it is as it was.
        """
        ...

    def alive(self) -> bool:
        """Whether it does its work; when not, the service manager is let start it anew."""
        ...


def serve(server: Server, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, calling `ready` once the server answers; SIGHUP reloads.

    A service manager that watches (systemd's Type=notify, WatchdogSec) is told of each step.

    Raises:
        TenureError: the server could not start.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("tenure").setLevel(logging.INFO)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(server, ready, Notifier()))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is installed (it does not exist for Windows); else the standard library's."""
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _serve(server: Server, ready: Callable[[], None], notifier: Notifier) -> None:
    stop, reload = _signals()
    await server.start()
    companions = [
        asyncio.create_task(reload_when_told(server, notifier, reload)),
        asyncio.create_task(watch(server, notifier)),
    ]
    try:
        ready()
        notifier.ready("Serving.")
        await stop.wait()
    finally:
        notifier.stopping("Answering what was accepted.")
        for task in companions:
            task.cancel()
        await server.stop()


async def reload_when_told(server: Server, notifier: Notifier, told: asyncio.Event) -> None:
    """Each time that `told` is set the server reloads, and the manager hears it; a failure is logged, and it goes on."""
    while await told.wait():
        told.clear()
        notifier.reloading()
        try:
            await server.reload()
        except TenureError as error:
            log.warning("not everything could be reloaded; what could not is as it was: %s", error)
        except Exception:
            log.exception("a defect of Tenure's own, while reloading")
        notifier.ready("Serving; reloaded.")


async def watch(
    server: Server, notifier: Notifier, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """The manager hears twice in its interval that the server lives, for as long as it does.

    Running on the event loop, this falls silent too when the loop hangs. `pause` waits for so many seconds.
    """
    if notifier.watchdog_seconds is None:
        return
    alive = True
    while True:
        if server.alive():
            notifier.alive()
            alive = True
        elif alive:
            alive = False
            log.error("the server does not do its work any more; the service manager will start it anew")
            notifier.status("Hanging; to be started anew.")
        await pause(notifier.watchdog_seconds / 2)


def _signals() -> tuple[asyncio.Event, asyncio.Event]:
    """Two events of the running loop: one that says stop, one that says reload.

    SIGHUP reloads, unless there is a terminal: then it says that the terminal was closed. Windows does not have it.
    """
    stop, reload = asyncio.Event(), asyncio.Event()
    _on(signal.SIGINT, stop)
    _on(signal.SIGTERM, stop)
    if sys.platform != "win32":
        _on(signal.SIGHUP, stop if sys.stdin.isatty() else reload)
    return stop, reload


def _on(number: signal.Signals, event: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(event.set))
    else:
        loop.add_signal_handler(number, event.set)
