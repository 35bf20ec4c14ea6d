"""A log that a flood cannot fill: of each kind of event one line a minute, which counts those before it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

FOLD_SECONDS: Final = 60.0


class FoldedLog:
    """Warnings of a few kinds, each at most once a minute. Used from one thread at a time."""

    def __init__(self, logger: logging.Logger, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        """`elapsed` is seconds of a clock that nobody sets."""
        self._log = logger
        self._elapsed = elapsed
        self._quiet_until: dict[str, float] = {}
        self._folded: dict[str, int] = {}

    def warn(self, kind: str, text: str, *, times: int = 1) -> None:
        """It is logged, or counted in the next line of its kind; `times` is how many events it stands for."""
        now = self._elapsed()
        if now < self._quiet_until.get(kind, 0.0):
            self._folded[kind] = self._folded.get(kind, 0) + times
            return
        before = self._folded.pop(kind, 0)
        self._quiet_until[kind] = now + FOLD_SECONDS
        self._log.warning("%s%s", text, f" ({before:,} more since the last such line)" if before else "")
