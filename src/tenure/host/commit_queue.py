"""Group commit: requests that arrive while one transaction is on its way to disk share the next one.

One thread owns the ledger. Whatever is queued when it is free, at most `BATCH_LIMIT`, becomes one transaction; its
receipts go back to the event loop in one call. Under load batches grow by themselves, and alone a request waits for
nobody. A full queue refuses at once: memory never grows with the backlog.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, TypeAlias

from tenure.core.errors import Code, TenureError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.core.clock import Clock
    from tenure.host.ledger import Entry, Ledger, Receipt, Refusal
    from tenure.host.retention import Retention

BATCH_LIMIT: Final = 512
QUEUE_LIMIT: Final = 8_192
"""Requests that may wait for the disk: under a second's work of a small host."""
POLL_SECONDS: Final = 1.0
"""How often the ledger is asked whether another program changed it (design, section 7)."""
SHARED_POLL_SECONDS: Final = 0.5
"""How often counts are read where other hosts count, too: what a lost notice costs those who wait."""

log = logging.getLogger("tenure.host")

_Place: TypeAlias = "tuple[Entry | Refusal, asyncio.Future[Receipt | None]]"


class CommitQueue:
    """Brings entries to the ledger in batches, from the event loop that `start` was called on."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        elapsed: Callable[[], float],
        reload: Callable[[], bool],
        retention: Callable[[], Retention],
        on_counts: Callable[[dict[int, int], int], None],
        shared: bool = False,
    ) -> None:
        """`reload()` in the queue's thread when another program wrote; `on_counts(counts by pool row, newest row)`.

        The latter is called on the event loop after each batch and each reload; where counts are `shared` with other hosts,
        also twice a second. A reload that fails says False, and is tried again. `retention()` is asked each second.
        `elapsed()` counts seconds, from whenever, and is never set.
        """
        self._ledger = ledger
        self._clock = clock
        self._elapsed = elapsed
        self._reload = reload
        self._retention = retention
        self._tidy_at = 0.0
        self._shared = shared
        self._stale = False
        self._recount = False
        self._failure = ""
        """What keeps requests from being recorded, as it was last told."""
        self._on_counts = on_counts
        self._waiting: deque[_Place] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._waking = False
        self._turn_began: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="tenure-commit", daemon=True)

    def start(self) -> None:
        """Entries are taken from now on."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Everything that was queued is on disk, and the thread has ended, if it ever began."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)

    def busy_for(self) -> float:
        """Seconds since the thread's present turn began: `POLL_SECONDS` or a little more while all is well.

        They grow without end when the thread hangs or has died; 0 before it starts.
        """
        return self._elapsed() - self._turn_began if self._turn_began is not None else 0.0

    def submit(self, entry: Entry | Refusal) -> asyncio.Future[Receipt | None]:
        """A future of the receipt: it is done once the entry is on disk.

        Raises:
            Unavailable: code `overloaded`, at once; or, from the future, what the ledger's commit raised.
        """
        if len(self._waiting) >= QUEUE_LIMIT:
            raise Unavailable(
                Code.OVERLOADED, "The host has more requests than it can record.", "Come back later."
            )
        if self._loop is None:
            raise Unavailable(Code.STORAGE_UNAVAILABLE, "The host has not started yet.", "Come back later.")
        future: asyncio.Future[Receipt | None] = self._loop.create_future()
        self._waiting.append((entry, future))
        if not self._waking:
            self._waking = True
            self._loop.call_soon(self._notify)
        return future

    def recount(self) -> None:
        """From any thread: the counts are read and told now, since another host may have changed them."""
        with self._wake:
            self._recount = True
            self._wake.notify()

    def _notify(self) -> None:
        """Wake the thread once for everything that this turn of the event loop brought: larger batches, fewer wakings."""
        self._waking = False
        with self._wake:
            self._wake.notify()

    def _run(self) -> None:
        while True:
            self._turn_began = self._elapsed()
            with self._wake:
                if not self._waiting and not self._stopping and not self._recount:
                    self._wake.wait(SHARED_POLL_SECONDS if self._shared else POLL_SECONDS)
                if not self._waiting and self._stopping:
                    return
                self._recount = False
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_LIMIT))]
            try:
                changed = self._look_around()
                if batch:
                    self._commit(batch)
                if changed or batch or self._shared:
                    self._tell(self._on_counts, self._ledger.counts(self._clock()), self._ledger.newest_row)
                self._tidy()
            except TenureError as error:
                self._log_failure(error)
                self._fail(batch, error)
            except Exception:
                log.exception("a defect of Tenure's own, while recording requests")
                self._fail(
                    batch, Unavailable(Code.STORAGE_UNAVAILABLE, "The host failed to record the request.")
                )

    def _commit(self, batch: list[_Place]) -> None:
        try:
            receipts: list[Receipt | None] | TenureError = self._ledger.commit([entry for entry, _ in batch])
            self._log_recovery()
        except TenureError as error:
            self._log_failure(error)
            receipts = error
        self._tell(_resolve, batch, receipts)

    def _look_around(self) -> bool:
        """Whether another program wrote, which is then known; what could not be read is news until it can."""
        news = self._ledger.changed_elsewhere() or self._stale
        if news:
            self._stale = not self._reload()
        return news

    def _tidy(self) -> None:
        """Once a second that elapsed, whatever the clock says: one small step of letting go of old rows."""
        moment = self._elapsed()
        if moment < self._tidy_at:
            return
        self._tidy_at = moment + POLL_SECONDS
        try:
            self._ledger.tidy(self._retention(), self._clock())
        except TenureError as error:
            log.warning("old rows could not be let go: %s", error)

    def _log_failure(self, error: TenureError) -> None:
        """Once a reason: while the storage is away, hundreds of batches a second may meet it."""
        if str(error) != self._failure:
            log.warning("requests cannot be recorded: %s", error)
        self._failure = str(error)

    def _log_recovery(self) -> None:
        if self._failure:
            log.warning("requests are recorded again")
        self._failure = ""

    def _fail(self, batch: list[_Place], error: TenureError) -> None:
        self._tell(_resolve, batch, error)

    def _tell(self, call: Callable[..., None], *arguments: object) -> None:
        """Call on the event loop; when that has closed, nobody waits for the answer any more."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)


def _resolve(batch: list[_Place], receipts: list[Receipt | None] | TenureError) -> None:
    """Hand out the receipts, or the error that the whole batch met; those who left meanwhile are passed over."""
    for index, (_, future) in enumerate(batch):
        if future.done():
            continue
        if isinstance(receipts, TenureError):
            future.set_exception(
                Unavailable(
                    Code.STORAGE_UNAVAILABLE, "The host could not record the request.", "Come back later."
                )
            )
        else:
            future.set_result(receipts[index])
