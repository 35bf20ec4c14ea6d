"""Background jobs of a running host: what it does by itself, each hour or day, beside answering machines.

Each job has a thread of its own that rests between two runs: a run may wait for a slow peer without keeping the event
loop, the commit thread or another job waiting. A run that fails is told in the log, with its cure, and tried again at
its next turn.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.adapters.os.randomness import draw
from tenure.core.errors import TenureError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

JITTER: Final = 0.1
"""The largest share by which a rest is shorter, so that hosts that started together do not ask together for ever."""
GRACE_SECONDS: Final = 3.0
"""How long `stop` waits for runs under way, all together."""

log = logging.getLogger("tenure.background")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something to do again and again."""

    name: str
    """As the log tells it: "the renewal of the certificate"."""
    run: Callable[[], None]
    """Does it once, in a thread of its own; opens and closes what it uses, because it may outlive the server."""
    every: float
    """Seconds between the end of one run and the next, failed or not."""
    first_after: float = 0.0
    """Seconds before the first run."""

    def rest(self, share: float) -> float:
        """Seconds to the next run, `share` in [0, 1) being drawn anew for each."""
        return self.every * (1 - JITTER * share)


class BackgroundJobs:
    """Runs jobs from `start` to `stop`."""

    def __init__(
        self, jobs: Sequence[Job], *, draw: Callable[[], float] = draw, grace: float = GRACE_SECONDS
    ) -> None:
        """Nothing runs before `start`; `stop` waits at most `grace` seconds."""
        self._draw = draw
        self._grace = grace
        self._stop = threading.Event()
        self._threads = [
            # A daemon: a run that hangs must not keep the process from ending.
            threading.Thread(target=self._repeat, args=(job,), name=job.name, daemon=True)
            for job in jobs
        ]

    def start(self) -> None:
        """Every job runs when its time has come."""
        for thread in self._threads:
            thread.start()

    async def stop(self) -> None:
        """No run begins any more, and those under way have ended, or are left to end with the process."""
        self._stop.set()
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        deadline = time.monotonic() + self._grace
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _repeat(self, job: Job) -> None:
        rest = job.first_after
        while not self._stop.wait(rest):
            try:
                job.run()
            except TenureError as error:
                log.warning("%s failed and is tried again later: %s", job.name, error)
            except Exception:
                log.exception("a defect of Tenure's own, in %s; it is tried again later", job.name)
            rest = job.rest(self._draw())
