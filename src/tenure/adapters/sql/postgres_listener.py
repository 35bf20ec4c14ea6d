"""Hearing that another host has brought a pool to its threshold."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from tenure.adapters.sql.postgres_ledger import CHANNEL
from tenure.adapters.sql.postgres_link import LONGEST_PAUSE, PostgresLink
from tenure.core.errors import TenureError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.adapters.sql.postgres import PostgresServer

STOP_SECONDS: Final = 0.25
"""How soon `stop` is noticed."""

log = logging.getLogger("tenure.storage")


class ThresholdListener:
    """Listens from `start` to `stop`, in a thread of its own.

    What it misses while it is not connected is made good by the host's own look at the counts, twice a second.
    """

    def __init__(self, server: PostgresServer, on_threshold: Callable[[], None]) -> None:
        """`on_threshold()` is called in the listener's thread."""
        self._link = PostgresLink(server)
        self._on_threshold = on_threshold
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tenure-listen", daemon=True)

    def start(self) -> None:
        """Others are heard soon."""
        self._thread.start()

    def stop(self) -> None:
        """The thread has ended."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except TenureError as error:
                log.debug("other hosts are not heard now: %s", error)
                self._stop.wait(LONGEST_PAUSE)
        self._link.close()

    def _listen(self) -> None:
        with self._link.use() as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while not self._stop.is_set():
                for _ in connection.notifies(timeout=STOP_SECONDS, stop_after=1):
                    self._on_threshold()
