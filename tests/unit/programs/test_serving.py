from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from simulators.service_manager import ServiceManager, service_manager
from tenure.adapters.os.notify import Notifier
from tenure.core.errors import Code, Unavailable
from tenure.programs.serving import reload_when_told, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 60.0


class SimulatedServer:
    """A server that does its work, or hangs."""

    def __init__(self) -> None:
        """It works."""
        self.hangs = False
        self.reloads: list[Exception | None] = []

    async def start(self) -> None:
        """At once."""

    async def stop(self) -> None:
        """At once."""

    async def reload(self) -> None:
        """As the next of `reloads` says."""
        failure = self.reloads.pop(0)
        if failure is not None:
            raise failure

    def alive(self) -> bool:
        """As the test says."""
        return not self.hangs


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    """A manager that waits for a minute."""
    with service_manager(tmp_path, watchdog=PATIENCE) as manager:
        yield manager


def watched(manager: ServiceManager, life: str) -> tuple[list[str], list[float]]:
    """What the manager hears of a server's life, and the seconds between two looks at it; "w" works, "h" hangs."""
    server = SimulatedServer()
    moments = iter(life)
    heard: list[str] = []
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        message = manager.heard_already()
        heard.append(next(iter(message)) if message else "silence")
        moment = next(moments, None)
        if moment is None:
            raise asyncio.CancelledError
        server.hangs = moment == "h"

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch(server, Notifier(manager.environment), pause=pause))
    return heard, pauses


def test_a_server_that_lives_is_told_of_at_half_the_interval(manager: ServiceManager) -> None:
    """sd_watchdog_enabled(3) recommends it; the first time at once."""
    assert watched(manager, "www") == (["WATCHDOG"] * 4, [PATIENCE / 2] * 4)


def test_a_server_that_hangs_is_not_called_alive(
    manager: ServiceManager, caplog: pytest.LogCaptureFixture
) -> None:
    """How it stands is told once, then nothing, so that it is started anew; one that recovers is alive again."""
    caplog.set_level(logging.ERROR)
    heard, _ = watched(manager, "whhhwh")
    assert heard == ["WATCHDOG", "WATCHDOG", "STATUS", "silence", "silence", "WATCHDOG", "STATUS"]
    assert len(caplog.messages) == 2


def test_without_a_watchdog_nothing_is_told(tmp_path: Path) -> None:
    """The task ends at once."""
    with service_manager(tmp_path) as manager:
        asyncio.run(watch(SimulatedServer(), Notifier(manager.environment)))
        assert manager.heard_already() is None


def test_a_reload_that_fails_is_told_and_the_next_one_is_tried(
    manager: ServiceManager, caplog: pytest.LogCaptureFixture
) -> None:
    """The server serves as before; the manager hears of the reload's beginning and its end each time."""
    server = SimulatedServer()
    server.reloads = [
        Unavailable(Code.STORAGE_UNAVAILABLE, "The disk is gone.", "Look at it."),
        ZeroDivisionError("x"),
        None,
    ]
    heard: list[str] = []

    async def scenario() -> None:
        told = asyncio.Event()
        task = asyncio.create_task(reload_when_told(server, Notifier(manager.environment), told))
        while server.reloads:
            told.set()
            heard.extend([next(iter(await asyncio.to_thread(manager.heard))) for _ in range(2)])
        task.cancel()

    asyncio.run(scenario())
    assert heard == ["RELOADING", "READY"] * 3
    assert caplog.messages == [
        "not everything could be reloaded; what could not is as it was: The disk is gone. Look at it.",
        "a defect of Tenure's own, while reloading",
    ]
