"""When a server leaves a copy of its door's counts, and who reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenure.adapters.os.home import Home
from tenure.core.errors import LocalFault
from tenure.core.turned_away import Reason
from tenure.host.turned_away import DoorCounter, read_counts
from tenure.programs.host_turned_away import WRITE_SECONDS, Copying, turned_away_at

if TYPE_CHECKING:
    from pathlib import Path


class Server:
    """Counts and copies by a clock that the test sets."""

    def __init__(self, folder: Path) -> None:
        """It has just started."""
        self.home = Home(folder)
        self.now = 1_000.0
        self.counter = DoorCounter(lambda: int(self.now))
        self.copying = Copying(self.home, self.counter, elapsed=lambda: self.now)

    def turn_away(self, times: int = 1) -> None:
        """Somebody."""
        self.counter(Reason.NETWORK, "203.0.113.9", times=times)

    def copied(self, *, later: float = 0.0) -> int | None:
        """How many the copy counts after a look, so many seconds later; None: there is no copy."""
        self.now += later
        self.copying()
        path = self.home.host / "turned-away.json"
        counts = read_counts(path.read_bytes()) if path.exists() else None
        return sum(one.times for one in counts.reasons) if counts is not None else None


def test_the_first_is_told_at_once_and_the_others_once_a_minute(tmp_path: Path) -> None:
    """A flood is one write a minute; when it is over its end is told, too."""
    server = Server(tmp_path)
    assert server.copied() == 0
    server.turn_away()
    assert server.copied(later=1) == 1
    for _ in range(59):
        server.turn_away(1_000)
        assert server.copied(later=1) == 1
    assert server.copied(later=1) == 59_001
    server.turn_away()
    assert server.copied(later=WRITE_SECONDS - 1) == 59_001
    assert server.copied(later=1) == 59_002


def test_what_is_not_new_is_not_written(tmp_path: Path) -> None:
    """A host that turns nobody away leaves its disk alone."""
    server = Server(tmp_path)
    server.turn_away()
    assert server.copied() == 1
    (tmp_path / "host" / "turned-away.json").unlink()
    assert server.copied(later=10 * WRITE_SECONDS) is None


def test_a_disk_that_takes_nothing_is_tried_once_a_minute(tmp_path: Path) -> None:
    """Each try is a line of the log."""
    server = Server(tmp_path)
    (tmp_path / "host").write_text("a file where the folder should be")
    with pytest.raises(LocalFault):
        server.copying()
    server.now += WRITE_SECONDS - 1
    server.copying()
    (tmp_path / "host").unlink()
    assert server.copied(later=1) == 0


def test_without_a_running_server_nothing_is_known(tmp_path: Path) -> None:
    """What one left that has ended is of no use to anybody."""
    server = Server(tmp_path)
    assert server.copied() == 0
    assert turned_away_at(server.home) is None
