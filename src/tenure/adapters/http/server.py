"""An application on a TCP port, with or without TLS, from start to stop; its certificate may change meanwhile."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.tls_files import no_tls, read_pair, stamp_of
from tenure.adapters.http.bounds import BACKLOG, USUAL, Bounds
from tenure.adapters.http.embedded import Embedded, NotServingError
from tenure.adapters.http.warden import ROUND_SECONDS, Warden
from tenure.adapters.os.clock import system_clock
from tenure.core.errors import Code, LocalFault, UsageError
from tenure.core.peers import is_loopback
from tenure.core.turned_away import nobody_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.adapters.files.tls_files import TlsPair, TlsSource
    from tenure.adapters.http.rsgi import Application
    from tenure.core.turned_away import TurnedAway

WATCH_SECONDS: Final = 60.0
"""How soon a server sees that its certificate was replaced."""

log = logging.getLogger("tenure.http")


class HttpServer:
    """Serves one application from `start` to `stop`."""

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        tls: TlsSource = no_tls,
        changed: Callable[[], None] = lambda: None,
        watch_seconds: float = WATCH_SECONDS,
        bounds: Bounds = USUAL,
        share: Callable[[], int] | None = None,
        turned_away: TurnedAway = nobody_counts,
    ) -> None:
        """Choose the address; port 0 picks a free one, which `port` then says.

        `tls` is asked each `watch_seconds` and at `reload`; `changed` hears that the server was changed by that. `share`
        is how many connections one address may hold, loopback excepted; never more than three quarters of all, so that
        others can come. `turned_away` hears of every connection that was closed.

        Raises:
            LocalFault: code `address_in_use`; `tls_files_unusable`.
            UsageError: code `invalid_argument`, when the address is none of this machine's.
        """
        self.host = host
        self.port = free_port(host, port)
        self._application = application
        self._source = tls
        self._changed = changed
        self._watch_seconds = watch_seconds
        self._bounds = bounds
        self._warden = Warden(
            self.port,
            application.answering,
            share=_share_of(bounds.places, share),
            turned_away=turned_away,
        )
        files = tls()
        # Before they are read: files that change meanwhile are read again at the next look.
        self._seen = stamp_of(files)
        self._pair = read_pair(files) if files is not None else None
        self._listener: socket.socket | None = None
        self._serving: Embedded | None = None
        self._draining: set[asyncio.Task[None]] = set()
        self._reloading = asyncio.Lock()
        self._watching: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        """The base that others use, without a trailing slash; an address for all interfaces is told as loopback."""
        scheme = "https" if self._pair is not None else "http"
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - told, not bound
        return f"{scheme}://[{shown}]:{self.port}" if ":" in shown else f"{scheme}://{shown}:{self.port}"

    async def start(self) -> None:
        """The port answers when this returns, over TLS where a certificate is set: never without it instead.

        Raises:
            LocalFault: code `address_in_use`, when the port was taken at the last moment; `internal`, when the server
                does not come up.
        """
        # granian says at each start that its embedded server is experimental; ADR 0005 says what we make of that.
        logging.getLogger("_granian").setLevel(logging.ERROR)
        self._listener = _bound(self.host, self.port, backlog=BACKLOG)
        try:
            serving = self._made(self._listener, self._pair)
            await self._bring_up(serving)
        except BaseException:
            self._listener.close()
            raise
        self._serving = serving
        self._tell_warnings()
        self._watching = [
            asyncio.create_task(self._watch_tls()),
            asyncio.create_task(self._watch_connections()),
        ]

    async def stop(self) -> None:
        """The port is closed; what was accepted has been answered by the application before."""
        # A reload that is under way comes to its end first.
        async with self._reloading:
            for task in self._watching:
                task.cancel()
            self._watching = []
            if self._serving is not None:
                await self._let_go(self._serving)
                self._serving = None
            # At once: who comes while the last are answered is refused, and need not wait to be disappointed.
            if self._listener is not None:
                self._listener.close()
                self._listener = None
        await asyncio.gather(*self._draining)

    async def reload(self) -> None:
        """New connections see what the TLS files hold now, if that can be served; else all stays as it was, logged.

        Whoever is connected goes on with the old certificate, and a request that is held is answered. A handshake that
        is under way at that very moment may fail, and is to be tried again. When nothing was changed, nothing happens.
        """
        async with self._reloading:
            if self._serving is None or self._listener is None:
                return
            try:
                files = self._source()
                seen = stamp_of(files)
                if seen == self._seen:
                    return
                self._seen = seen
                pair = read_pair(files) if files is not None else None
                if pair == self._pair:
                    return
                serving = self._made(self._listener, pair)
            except LocalFault as error:
                log.warning("the TLS files were changed and cannot be used, so nothing changes: %s", error)
                return
            # Who comes between the two waits in the listener's line, for some milliseconds.
            await self._let_go(self._serving)
            try:
                await self._bring_up(serving)
            except LocalFault as error:
                log.error("the new TLS certificate is not served; back to the old one: %s", error)  # noqa: TRY400 - for operators
                serving, pair = self._made(self._listener, self._pair), self._pair
                await self._bring_up(serving)
            self._serving, self._pair = serving, pair
            log.info("new connections see %s", "this TLS certificate" if pair else "plain HTTP: TLS is off")
            self._tell_warnings()
            try:
                self._changed()
            except LocalFault as error:
                log.warning("other programs may not learn that the server has changed: %s", error)

    async def _watch_tls(self) -> None:
        while True:
            await asyncio.sleep(self._watch_seconds)
            await self.reload()

    async def _watch_connections(self) -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                await asyncio.to_thread(self._warden.round)
            except Exception:
                # Whatever it is, the next round may do better, and the server serves without one.
                log.exception("a defect of Tenure's own, while looking after connections")

    def _made(self, listener: socket.socket, pair: TlsPair | None) -> Embedded:
        return Embedded(listener, self._application, self.host, self.port, pair=pair, bounds=self._bounds)

    async def _bring_up(self, serving: Embedded) -> None:
        try:
            await serving.start()
        except NotServingError as error:
            raise LocalFault(
                Code.INTERNAL,
                f"The server on {self.host} port {self.port} does not come up.",
                "Its log may say more. With TLS, try a certificate of the usual kind: ECDSA on P-256.",
            ) from error

    async def _let_go(self, serving: Embedded) -> None:
        await serving.stop()
        if serving.ended is not None:
            self._draining.add(serving.ended)
            serving.ended.add_done_callback(self._draining.discard)

    def _tell_warnings(self) -> None:
        if self._pair is not None:
            for warning in self._pair.facts.warnings(system_clock(), socket.gethostname()):
                log.warning("%s", warning)


def _share_of(places: int, share: Callable[[], int] | None) -> Callable[[str], int]:
    most = max(1, places * 3 // 4)

    def share_of(address: str) -> int:
        if is_loopback(address):
            return places
        return min(share(), most) if share is not None else most

    return share_of


def free_port(host: str, port: int) -> int:
    """The port, found free; for 0 one that the system picked.

    Raises:
        LocalFault: code `address_in_use`.
        UsageError: code `invalid_argument`, when the address cannot be bound at all.
    """
    with _bound(host, port) as probe:
        return int(probe.getsockname()[1])


def _bound(host: str, port: int, *, backlog: int | None = None) -> socket.socket:
    """A socket at the address; with `backlog` it listens, and so many may wait to be accepted."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            # Connections of a server that just ended linger; they do not make the port taken.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # What is accepted inherits it: an answer of two pieces does not wait for an acknowledgement of the first.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            listener.bind(address)
            if backlog is not None:
                listener.listen(backlog)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _in_use(host, port) from error
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"Nothing can listen on {host} port {port}: {error.strerror or error}.",
            "Ports below 1024 need rights; an address must be one of this machine's.",
        ) from error
    return listener


def _in_use(host: str, port: int) -> LocalFault:
    return LocalFault(
        Code.ADDRESS_IN_USE,
        f"Port {port} on {host} is in use by another program.",
        "Is Tenure running already? Else choose another port with --port, or end that program.",
    )
