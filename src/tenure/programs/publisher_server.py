"""The running publisher: its API over HTTP."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.tls_files import no_tls
from tenure.adapters.http.bounds import bounds_for
from tenure.adapters.http.door import Door, DoorRules
from tenure.adapters.http.publisher import routes
from tenure.adapters.http.rsgi import Application, Table
from tenure.adapters.http.server import HttpServer
from tenure.adapters.os.lock import ServerLock
from tenure.adapters.os.randomness import new_salt
from tenure.core.pacing import Pace
from tenure.programs.background import BackgroundJobs, Job
from tenure.programs.publisher import open_authority, renew_list
from tenure.publisher.access import Access

if TYPE_CHECKING:
    from tenure.adapters.files.tls_files import TlsSource
    from tenure.adapters.os.home import Home

PLACES: Final = 1_000
"""Connections that a publisher holds: hosts ask it a few times a year."""
PLACES_SHARE: Final = 1 / 8
"""Of the files that its process may open; `tenure up` has a host in the same one."""
OF_ONE: Final = Pace(per_second=10, burst=500)
OF_ALL: Final = Pace(per_second=200, burst=2_000)
"""Each activation is a handful of signatures and a commit of its own."""
HOUR: Final = 3_600
"""How often the age of the revocation list is looked at; it is signed anew each day."""


class PublisherServer:
    """The publisher of one home, serving from `start` to `stop`."""

    def __init__(self, home: Home, address: str, port: int, *, tls: TlsSource = no_tls) -> None:
        """Take the home and choose the port; port 0 picks a free one, which `url` then says.

        Raises:
            UsageError: code `not_set_up`, when there is no publisher in the home.
            LocalFault: code `home_in_use`, `address_in_use` or `tls_files_unusable`.
            Unavailable, Untrusted: the home's database cannot be used.
        """
        with ExitStack() as opened:
            authority = opened.enter_context(open_authority(home))
            authority.catalogs()
            lock = ServerLock(home.publisher)
            lock.take()
            opened.callback(lock.release)
            self._application = Application(
                Table(routes(authority, Access(authority, salt=new_salt()))),
                admit=Door(DoorRules(None, OF_ONE, OF_ALL)).admit,
            )
            self._http = HttpServer(
                self._application, address, port, tls=tls, bounds=bounds_for(PLACES, share=PLACES_SHARE)
            )
            self._background = BackgroundJobs(
                [Job(name="the revocation list", run=lambda: renew_list(home), every=HOUR)]
            )
            self._opened = opened.pop_all()

    @property
    def url(self) -> str:
        """The base that hosts use."""
        return self._http.url

    async def start(self) -> None:
        """The port answers.

        Raises:
            LocalFault: code `address_in_use`.
        """
        await self._http.start()
        self._background.start()

    async def stop(self) -> None:
        """Accepted requests were answered, and the home is free."""
        # The port first: as long as it is open, under load there is always one more to be answered.
        await self._http.stop()
        await self._application.idle()
        await self._background.stop()
        self._opened.close()

    async def reload(self) -> None:
        """TLS files are as they stand on disk now; the database is read anew for each request."""
        await self._http.reload()

    def alive(self) -> bool:
        """Always, when the event loop is."""
        return True
