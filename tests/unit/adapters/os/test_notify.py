from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from simulators.service_manager import service_manager
from tenure.adapters.os.notify import Notifier

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="systemd is Linux'")


@pytest.fixture(params=["a path", "an abstract name"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Where the manager's socket is: systemd uses either."""
    return tmp_path if request.param == "a path" else None


def test_each_step_is_one_message_as_the_manual_page_says(folder: Path | None) -> None:
    """sd_notify(3): READY, RELOADING with its time, WATCHDOG, STATUS, STOPPING."""
    with service_manager(folder) as manager:
        notifier = Notifier(manager.environment)
        notifier.ready("Serving.")
        assert manager.heard() == {"READY": "1", "STATUS": "Serving."}
        before = time.monotonic_ns() // 1_000
        notifier.reloading()
        message = manager.heard()
        assert message.keys() == {"RELOADING", "MONOTONIC_USEC"}
        assert before <= int(message["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1_000
        notifier.alive()
        assert manager.heard() == {"WATCHDOG": "1"}
        notifier.status("Thinking.")
        assert manager.heard() == {"STATUS": "Thinking."}
        notifier.stopping("Ending.")
        assert manager.heard() == {"STOPPING": "1", "STATUS": "Ending."}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
    ],
    ids=["not watched", "watched", "this process", "another process", "zero", "a word", "negative"],
)
def test_the_manager_says_whether_it_watches(given: dict[str, str], seconds: float | None) -> None:
    """sd_watchdog_enabled(3)."""
    assert Notifier({"NOTIFY_SOCKET": "/x", **given}).watchdog_seconds == seconds


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "relative"])
def test_without_a_manager_nothing_is_told_and_nothing_watched(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A server in a terminal has none."""
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000"})
    notifier.ready("Serving.")
    assert notifier.watchdog_seconds is None
    assert not caplog.messages


def test_a_manager_that_is_gone_does_not_end_the_service(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told in the log."""
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("Serving.")
    assert caplog.messages[0].startswith("the service manager could not be told READY=1: ")
