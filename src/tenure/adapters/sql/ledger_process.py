"""The ledger in a process of its own, so that recording and answering do not share one interpreter's lock (ADR 0008).

The commit thread of the server hands a batch over and sleeps until it is on disk; the event loop has the interpreter to
itself meanwhile. One batch costs one message each way.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tenure.adapters.sql.ledger_calls import (
    Call,
    Commit,
    Look,
    Reply,
    Tidy,
    decode_reply,
    encode,
    read_message,
    write_message,
)
from tenure.core.errors import Code, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tenure.host.ledger import Entry, Receipt, Refusal
    from tenure.host.retention import Retention

_MODULE: Final = "tenure.adapters.sql.ledger_worker"
END_SECONDS: Final = 10.0
"""How long a worker may take to end once its pipe is closed; a transaction takes milliseconds."""


class _Worker:
    """A worker and the pipes to it."""

    def __init__(self, path: Path) -> None:
        """It is starting."""
        # No shell and nothing to look up: this interpreter, a module of ours, and the path as an argument of its own.
        self._process = subprocess.Popen(  # noqa: S603 - as said
            [sys.executable, "-m", _MODULE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if self._process.stdin is None or self._process.stdout is None:  # pragma: no cover - both are pipes
            raise AssertionError("the worker was started without pipes")
        self.calls = self._process.stdin
        self.replies = self._process.stdout
        self.process_id = self._process.pid

    def end(self) -> None:
        """It has ended: by itself, since its pipe is closed, or killed when it takes too long."""
        for pipe in (self.calls, self.replies):
            with suppress(OSError):
                pipe.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class LedgerProcess:
    """`Ledger` over a worker. One that dies fails the call that it was at, and the next call starts another."""

    def __init__(self, path: Path, windows: Callable[[], Mapping[int, int]]) -> None:
        """A worker is starting; `windows` gives the window of every pool, by its row."""
        self._path = path
        self._windows = windows
        self._counted: tuple[int, Mapping[int, int]] | None = None
        """The time and the windows that `_told.counts` are of."""
        self._told = Reply()
        self._changed: bool | None = None
        """Whether a reply said so since `changed_elsewhere` was asked; None: there was no reply since."""
        self._worker: _Worker | None = _Worker(path)

    @property
    def process_id(self) -> int | None:
        """The worker's, None while there is none."""
        return self._worker.process_id if self._worker is not None else None

    def commit(self, batch: Sequence[Entry | Refusal]) -> list[Receipt | None]:
        """The batch is on disk, as one transaction.

        Raises:
            Unavailable: code `storage_unavailable`; nothing of the batch counts, or nobody can tell.
            Untrusted: code `state_damaged`.
        """
        windows = dict(self._windows())
        return self._heard(Commit(list(batch), windows), windows).receipts

    def counts(self, now: int) -> dict[int, int]:
        """The count of each pool at `now`: as the last reply told it, or asked for where time or windows are others.

        Raises:
            As `commit`.
        """
        windows = dict(self._windows())
        if self._counted != (now, windows):
            self._heard(Look(now, windows), windows)
        return self._told.counts

    def tidy(self, retention: Retention, now: int) -> None:
        """One small step of letting go of what is old.

        Raises:
            As `commit`.
        """
        self._ask(Tidy(retention, now))

    def changed_elsewhere(self) -> bool:
        """Whether another program wrote since the last call; under load, as far as the batches since have shown it.

        Raises:
            As `commit`.
        """
        if self._changed is None:
            windows = dict(self._windows())
            self._heard(Look(self._told.now, windows), windows)
        changed, self._changed = bool(self._changed), None
        return changed

    @property
    def newest_row(self) -> int:
        """The latest time in a machine's row."""
        return self._told.newest_row

    def close(self) -> None:
        """The worker has ended, and the file is closed."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _heard(self, call: Look | Commit, windows: Mapping[int, int]) -> Reply:
        """The reply to a call that counts."""
        self._counted = None
        self._told = self._ask(call)
        self._counted = (self._told.now, windows)
        self._changed = bool(self._changed) or self._told.changed
        return self._told

    def _ask(self, call: Call) -> Reply:
        if self._worker is None:
            self._worker = _Worker(self._path)
        try:
            write_message(self._worker.calls, encode(call))
            message = read_message(self._worker.replies)
        except OSError:
            message = None
        if message is None:
            self.close()
            raise Unavailable(
                Code.STORAGE_UNAVAILABLE,
                "The process that records requests has died; another one takes its place.",
                "Look at the log above, and whether the system ran out of memory.",
            )
        reply = decode_reply(message)
        if reply.fault is not None:
            raise reply.fault.error()
        return reply
