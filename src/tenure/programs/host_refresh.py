"""How a host asks its publishers for newer catalogs and for what was revoked: each hour by itself, or by hand."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tenure.adapters.http.publisher_client import PublisherClient
from tenure.core.errors import TenureError
from tenure.host.refresh import refresh
from tenure.programs.background import Job
from tenure.programs.contact import reaching_publisher
from tenure.programs.host_storage import storage_of
from tenure.wire.trust import first_catalogs

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home
    from tenure.core.clock import Clock
    from tenure.host.refresh import Refreshed
    from tenure.host.store import HostStore

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


def refresh_job(home: Home, *, every: int, clock: Clock) -> Job:
    """Asks at once, and then every so many seconds; the server sees within a second what was written."""

    def run() -> None:
        store = storage_of(home).open_store()
        try:
            outcomes = refresh_publishers(home, store, publisher_url=None, clock=clock)
        finally:
            store.close()
        for outcome in outcomes:
            if isinstance(outcome, TenureError):
                log.warning("what a publisher revoked could not be learned; tried again later: %s", outcome)

    return Job(name="asking the publishers", run=run, every=every)
