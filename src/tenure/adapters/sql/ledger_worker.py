"""The process that records a host's requests: `python -m tenure.adapters.sql.ledger_worker FILE`.

It answers calls on its standard input until that closes, which it does when its server ends, however it ends. A
transaction that is under way then is finished first.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.adapters.sql.host_ledger import SqliteLedger
from tenure.adapters.sql.ledger_calls import (
    Call,
    Commit,
    Fault,
    Look,
    Reply,
    Tidy,
    decode_call,
    encode,
    read_message,
    write_message,
)
from tenure.core.errors import Code, TenureError, Untrusted

if TYPE_CHECKING:
    from typing import IO

log = logging.getLogger("tenure.storage")


class LedgerWorker:
    """Does what is called for, with one ledger that it opens at the first call and again after a failure to open."""

    def __init__(self, path: Path) -> None:
        """The file is the host's database."""
        self._path = path
        self._windows: dict[int, int] = {}
        self._ledger: SqliteLedger | None = None

    def answer(self, call: Call) -> Reply:
        """What the call came to; never raises."""
        try:
            return self._do(call)
        except TenureError as error:
            return Reply(fault=Fault(isinstance(error, Untrusted), error.code, error.detail, error.cure))
        except Exception:
            log.exception("a defect of Tenure's own, while recording requests")
            detail = "The host failed to record the request."
            return Reply(fault=Fault(untrusted=False, code=Code.STORAGE_UNAVAILABLE, detail=detail, cure=""))

    def _do(self, call: Call) -> Reply:
        if self._ledger is None:
            self._ledger = SqliteLedger(self._path, lambda: self._windows)
        ledger = self._ledger
        match call:
            case Look(now, windows):
                self._windows = windows
                changed = ledger.changed_elsewhere()
                return Reply([], now, ledger.counts(now), ledger.newest_row, changed)
            case Commit(batch, windows):
                self._windows = windows
                changed = ledger.changed_elsewhere()
                receipts = ledger.commit(batch)
                now = max(asked.now for asked in batch)
                return Reply(receipts, now, ledger.counts(now), ledger.newest_row, changed)
            case Tidy(retention, now):
                ledger.tidy(retention, now)
                return Reply()


def serve(path: Path, calls: IO[bytes], replies: IO[bytes]) -> None:
    """Every call was answered, until `calls` closed."""
    worker = LedgerWorker(path)
    while (message := read_message(calls)) is not None:
        try:
            write_message(replies, encode(worker.answer(decode_call(message))))
        except BrokenPipeError:
            # The server died while this was under way; nobody waits for the reply.
            return


def main() -> None:
    """Serve the file that the command line names."""
    # Whoever ends the server ends this by it: the terminal and systemd signal both, and the server still has batches.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    serve(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
