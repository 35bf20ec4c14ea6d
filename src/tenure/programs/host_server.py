"""The running activation host: ledger, commit queue, desk, HTTP server and background jobs, wired and taken down in order."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.host_keys import HostKeyFolder
from tenure.adapters.files.tls_files import no_tls
from tenure.adapters.http.bounds import Bounds, bounds_for
from tenure.adapters.http.door import Door, DoorRules
from tenure.adapters.http.host import HostEndpoints, routes
from tenure.adapters.http.rsgi import Application, Table
from tenure.adapters.http.server import HttpServer
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.lock import ServerLock
from tenure.adapters.sodium import sodium_signer
from tenure.core.errors import TenureError
from tenure.host.commit_queue import CommitQueue
from tenure.host.desk import Desk
from tenure.host.limits import Limits, read_limits
from tenure.host.networks import read_networks
from tenure.host.retention import read_retention
from tenure.host.revocation_status import revocation_warnings
from tenure.host.served import served_by
from tenure.host.settings import DEFAULT_PORT, Setting, read_settings
from tenure.host.turned_away import DoorCounter
from tenure.host.waiting_room import SEATS, WaitingRoom
from tenure.programs.background import BackgroundJobs, Job
from tenure.programs.dns_publisher import EVERY, DailyPublishing
from tenure.programs.host_listening import forget_listening, tell_listening
from tenure.programs.host_refresh import refresh_job
from tenure.programs.host_renewal import renewal_job
from tenure.programs.host_storage import storage_of
from tenure.programs.host_turned_away import turned_away_job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeAlias

    from tenure.adapters.files.tls_files import TlsSource
    from tenure.adapters.os.home import Home
    from tenure.core.clock import Clock
    from tenure.host.ledger import Ledger

    OpenLedger: TypeAlias = Callable[[Path, Callable[[], Mapping[int, int]]], Ledger]

HUNG_SECONDS: Final = 20.0
"""How long recording may take before the host counts as hung: a lock of another program is waited for 5 s at most."""
PLACES: Final = 10_000
"""Connections that a host holds, of which at most half wait for their threshold. An idle one takes 3 KiB of memory, one in
the middle of its headers up to 12."""
PLACES_SHARE: Final = 3 / 4
"""Of the files that its process may open."""

log = logging.getLogger("tenure.host")


class HostServer:
    """The activation host of one home, serving from `start` to `stop`."""

    def __init__(
        self,
        home: Home,
        address: str,
        port: int | None,
        *,
        clock: Clock = system_clock,
        open_ledger: OpenLedger | None = None,
        hung_after: float = HUNG_SECONDS,
        connections: Bounds | None = None,
        tls: TlsSource = no_tls,
    ) -> None:
        """Take the home and choose the port; port 0 picks a free one, which `url` then says.

        Without a port it is the one that was set on this host (`tenure slmgr /sprt`), else 1688. Requests are recorded
        in the home's database, or where `tenure host database` said; or by the ledger that `open_ledger` gives for the
        former and the windows of its pools. `alive` goes by `hung_after`. Without `connections` as many are served as the
        system lets this process have, up to `PLACES`.

        Raises:
            LocalFault: code `home_in_use`, `address_in_use` or `tls_files_unusable`.
            Unavailable, Untrusted: the home's database cannot be used.
        """
        self._home = home
        self._clock = clock
        self._hung_after = hung_after
        self._tls = tls
        self._loading = threading.Lock()
        self._told: set[str] = set()
        self._fault = ""
        storage = storage_of(home)
        storage.migrate()
        with ExitStack() as opened:
            lock = ServerLock(home.host)
            lock.take()
            opened.callback(lock.release)
            self._store = storage.open_store()
            opened.callback(self._store.close)
            self._keys = HostKeyFolder(home.host)
            turned_away = DoorCounter(clock)
            self._door = Door(_door_rules(Limits(), {}), turned_away=turned_away)
            stored = self._store.settings()
            self._settings = read_settings(stored)
            self._clock_accepted = stored.get(Setting.CLOCK_ACCEPTED)
            self._load()
            for warning in storage.status(self._served, clock()).warnings:
                log.warning("%s", warning)
            self._ledger = (
                open_ledger(home.host_database, lambda: self._served.windows)
                if open_ledger is not None
                else storage.open_ledger(lambda: self._served)
            )
            opened.callback(self._ledger.close)
            self._queue = CommitQueue(
                self._ledger,
                clock,
                elapsed=time.monotonic,
                reload=self._reload,
                retention=lambda: self._retention,
                on_counts=self._on_counts,
                shared=storage.shared,
            )
            self._companion = storage.companion(self._queue.recount)
            held = connections or bounds_for(PLACES, share=PLACES_SHARE)
            room = WaitingRoom(min(SEATS, held.places // 2))
            self._desk = Desk(submit=self._queue.submit, clock=clock, room=room)
            self._application = Application(
                Table(routes(HostEndpoints(self._desk, clock, turned_away=turned_away))),
                admit=self._door.admit,
            )
            if port is None:
                port = self._settings.port or DEFAULT_PORT
            self._http = HttpServer(
                self._application,
                address,
                port,
                tls=tls,
                changed=self._tell,
                bounds=held,
                share=lambda: self._limits.connections,
                turned_away=turned_away,
            )
            self._background = BackgroundJobs(
                [
                    refresh_job(home, every=lambda: self._settings.refresh_interval_s, clock=clock),
                    renewal_job(home, clock),
                    turned_away_job(home, turned_away),
                    Job(
                        name="publishing in the DNS",
                        run=DailyPublishing(home, port=self._http.port, clock=clock),
                        every=EVERY,
                    ),
                ]
            )
            self._opened = opened.pop_all()

    @property
    def url(self) -> str:
        """The base that machines use."""
        return self._http.url

    async def start(self) -> None:
        """The port answers; `tenure host status` says so.

        Raises:
            LocalFault: code `address_in_use`.
            Unavailable, Untrusted: the database cannot be read.
        """
        self._desk.serve(self._served, sodium_signer(self._keys.host_key()))
        self._desk.counted(self._ledger.counts(self._clock()), self._ledger.newest_row)
        self._queue.start()
        self._companion.start()
        await self._http.start()
        self._tell()
        self._background.start()

    async def stop(self) -> None:
        """Held requests were let go, accepted ones answered, everything is on disk, and the home is free."""
        self._desk.close()
        # The port first: as long as it is open, under load there is always one more to be answered.
        await self._http.stop()
        await self._application.idle()
        await self._queue.stop()
        await self._background.stop()
        await asyncio.to_thread(self._companion.stop)
        forget_listening(self._home)
        self._opened.close()

    async def reload(self) -> None:
        """TLS files, documents and settings are as they stand on disk now; they are looked at anyway, within a minute.

        Raises:
            Unavailable, Untrusted: the database cannot be read; the host goes on as before.
        """
        await self._http.reload()
        await asyncio.to_thread(self._load)
        self._desk.serve(self._served, sodium_signer(self._keys.host_key()))

    def alive(self) -> bool:
        """Whether requests are recorded, or could be."""
        return self._queue.busy_for() < self._hung_after

    def _tell(self) -> None:
        """Other programs on this home learn where the server listens, and with which TLS files."""
        tell_listening(self._home, self.url, self._tls())

    def _load(self) -> None:
        """In any thread: what is served is what the database says now."""
        with self._loading:
            stored, served = self._store.settings(), served_by(self._store)
            settings = read_settings(stored)
            if settings.refresh_interval_s != self._settings.refresh_interval_s:
                log.info(
                    "publishers are asked every %d minutes from now on", settings.refresh_interval_s // 60
                )
            self._settings = settings
            self._retention, self._limits = read_retention(stored), read_limits(stored)
            self._door.rules = _door_rules(self._limits, stored)
            self._served = served
            accepted = stored.get(Setting.CLOCK_ACCEPTED)
            if accepted != self._clock_accepted:
                log.warning("this host's clock was accepted at %s (tenure host accept-clock)", accepted)
            self._clock_accepted = accepted
            warnings = set(revocation_warnings(served, self._clock()))
            for warning in sorted(warnings - self._told):
                log.warning("%s", warning)
            self._told = warnings

    def _reload(self) -> bool:
        """In the queue's thread: another program changed the database, so what is served may differ.

        Whether that could be read; it is tried again and again, and each reason is told once.
        """
        try:
            self._load()
        except TenureError as error:
            if str(error) != self._fault:
                log.warning("a change could not be read, so the host goes on as before: %s", error)
            self._fault = str(error)
            return False
        self._fault = ""
        return True

    def _on_counts(self, counts: Mapping[int, int], newest_row: int) -> None:
        if self._desk.served is not self._served:
            self._desk.serve(self._served, sodium_signer(self._keys.host_key()))
        self._desk.counted(dict(counts), newest_row)


def _door_rules(limits: Limits, settings: Mapping[str, str]) -> DoorRules:
    networks = read_networks(settings)
    if networks.unusable:
        log.warning(
            "the setting of allowed networks is damaged, and these count as none: %s; set it: tenure host networks",
            " ".join(networks.unusable),
        )
    return DoorRules(networks.allowed, limits.address_pace, limits.total_pace)
