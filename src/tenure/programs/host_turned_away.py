"""How many the server of a home turned away at its door: it leaves a copy in the home, and `tenure host status` reads it.

In a file and not in the database: a server hears of every other writer there, and reads its counts anew.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import read_file, write_atomically
from tenure.host.turned_away import encode_counts, read_counts
from tenure.programs.background import Job
from tenure.programs.host_listening import listening_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenure.adapters.os.home import Home
    from tenure.host.turned_away import DoorCounter, DoorCounts

LOOK_SECONDS: Final = 1.0
WRITE_SECONDS: Final = 60.0
"""Between two copies that count somebody, whatever comes."""
_LIMIT: Final = 16_384
"""Bytes: a line of about 100 for each reason."""


class Copying:
    """Leaves a copy at its first call, and then of what is new: at once, but not more than one a minute."""

    def __init__(
        self, home: Home, counter: DoorCounter, *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        """To be called each `LOOK_SECONDS`; `elapsed` counts seconds, and is never set."""
        self._path = _path(home)
        self._counter = counter
        self._elapsed = elapsed
        self._copied: DoorCounts | None = None
        self._not_before = elapsed()

    def __call__(self) -> None:
        """What is new is on disk, unless the last copy is too young.

        Raises:
            LocalFault: code `home_unusable`; the next try is in a minute.
        """
        counts, now = self._counter.counts(), self._elapsed()
        if counts == self._copied or now < self._not_before:
            return
        self._not_before = now + WRITE_SECONDS
        write_atomically(self._path, encode_counts(counts))
        self._copied = counts
        if not counts.reasons:
            self._not_before = now  # the first who is turned away is told at once


def turned_away_job(home: Home, counter: DoorCounter) -> Job:
    """The copies, while the server runs."""
    return Job(name="telling who was turned away", run=Copying(home, counter), every=LOOK_SECONDS)


def turned_away_at(home: Home) -> DoorCounts | None:
    """How many the server that runs on this home turned away; None when none does, or nothing is known.

    Raises:
        LocalFault: code `home_unusable`, when the file cannot be read.
    """
    data = read_file(_path(home), limit=_LIMIT) if listening_at(home) is not None else None
    return read_counts(data) if data is not None else None


def _path(home: Home) -> Path:
    return home.host / "turned-away.json"
