"""What an agent says: every change once, and what stays as it is once an hour, so that a log stays readable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

HOUR: Final = 3_600
DAY: Final = 24 * HOUR


class Level(StrEnum):
    """How loud a line is."""

    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of the log."""

    level: Level
    text: str


class Diary:
    """Remembers what it said, on a clock that nobody sets."""

    def __init__(self, tell: Callable[[Notice], None], elapsed: Callable[[], float]) -> None:
        """`tell` hears what is worth a line."""
        self._tell = tell
        self._elapsed = elapsed
        self._said: dict[Hashable, tuple[str, float]] = {}

    def say(
        self, about: Hashable, level: Level, text: str, *, same: str | None = None, again: int = HOUR
    ) -> None:
        """The text is told, unless `same` (else the text) was the last word about this less than `again` seconds ago."""
        known = text if same is None else same
        before = self._said.get(about)
        now = self._elapsed()
        if before is not None and before[0] == known and now - before[1] < again:
            return
        self._said[about] = (known, now)
        self._tell(Notice(level, text))

    def over(self, about: Hashable) -> bool:
        """Whether there was something to say about this; what comes next about it is news."""
        return self._said.pop(about, None) is not None


def when(seconds: int) -> str:
    """An instant for people, in UTC; years that a calendar does not have stay numbers."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def span(seconds: float) -> str:
    """A length of time for people: its largest unit, rounded."""
    for unit, length in (("day", DAY), ("hour", HOUR), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}s"
    whole = max(1, round(seconds))
    return f"{whole} second{'' if whole == 1 else 's'}"
