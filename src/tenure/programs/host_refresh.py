"""How a host asks its publishers for newer catalogs and for what was revoked: each hour by itself, or by hand."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from tenure.adapters.http.publisher_client import PublisherClient
from tenure.adapters.os.randomness import draw
from tenure.core.errors import TenureError
from tenure.host.refresh import refresh
from tenure.programs.background import JITTER, Job
from tenure.programs.contact import reaching_publisher
from tenure.programs.host_storage import storage_of
from tenure.wire.trust import first_catalogs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.adapters.os.home import Home
    from tenure.core.clock import Clock
    from tenure.host.refresh import Refreshed
    from tenure.host.store import HostStore

LOOK_SECONDS: Final = 10.0
"""Between two looks at whether the publishers are to be asked: so soon does another interval count."""

log = logging.getLogger("tenure.host")


def refresh_publishers(
    home: Home, store: HostStore, *, publisher_url: str | None, clock: Clock
) -> list[Refreshed | TenureError]:
    """What became of asking every publisher that has an address in its catalog; with a URL, all are asked there.

    One that fails keeps no other from its turn.
    """
    outcomes: list[Refreshed | TenureError] = []
    with reaching_publisher(home.host) as http:
        for enrolment in store.enrolments():
            url = publisher_url or first_catalogs(enrolment.catalogs).newest.publisher_url
            if url is None:
                continue
            try:
                publisher = PublisherClient(url, http)
                outcomes.append(refresh(enrolment.publisher_id, publisher, store=store, clock=clock))
            except TenureError as error:
                outcomes.append(error)
    return outcomes


class InTurn:
    """Asks at its first call, and then at those calls that its interval is over at, whatever that is by then."""

    def __init__(
        self,
        ask: Callable[[], None],
        *,
        every: Callable[[], int],
        elapsed: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = draw,
    ) -> None:
        """To be called each `LOOK_SECONDS`. `every` says the seconds between the end of one turn and the next.

        A turn comes up to a tenth earlier, drawn anew for each, and never later. `elapsed` counts seconds, and is never set.
        """
        self._ask = ask
        self._every = every
        self._elapsed = elapsed
        self._draw = draw
        self._ended: float | None = None
        self._share = 1.0

    def __call__(self) -> None:
        """If it was due, it was asked; one that failed has its next turn like any other.

        Raises:
            What asking raised.
        """
        if self._ended is not None and self._elapsed() < self._ended + self._rest():
            return
        try:
            self._ask()
        finally:
            self._ended, self._share = self._elapsed(), 1 - JITTER * self._draw()

    def _rest(self) -> float:
        # The next look would come too late for what becomes due before it.
        return self._every() * self._share - LOOK_SECONDS


def refresh_job(home: Home, *, every: Callable[[], int], clock: Clock) -> Job:
    """Asks at once, and then each time that so many seconds are over; the server sees within a second what was written."""

    def ask() -> None:
        store = storage_of(home).open_store()
        try:
            outcomes = refresh_publishers(home, store, publisher_url=None, clock=clock)
        finally:
            store.close()
        for outcome in outcomes:
            if isinstance(outcome, TenureError):
                log.warning("what a publisher revoked could not be learned; tried again later: %s", outcome)

    return Job(name="asking the publishers", run=InTurn(ask, every=every), every=LOOK_SECONDS)
