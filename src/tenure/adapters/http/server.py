"""An RSGI application on a TCP port: granian, embedded in this process and its event loop (ADR 0005)."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server as Granian

from tenure.adapters.http.warden import ROUND_SECONDS, Warden
from tenure.adapters.os.open_files import open_files
from tenure.core.errors import Code, LocalFault, UsageError
from tenure.core.peers import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.adapters.http.rsgi import Application

log = logging.getLogger("tenure.http")

BACKLOG: Final = 4096
"""Connections that may wait to be accepted: a site that boots at once stands in line instead of being refused."""
HEADER_SECONDS: Final = 10.0
"""How long a client may take to send its headers, and stay idle between two requests."""
HEADER_BYTES: Final = 8 * 1024
"""Of one request, its first line included: the least that the server's parser (hyper) can be told, and what most servers
take. Headers are at most 100."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a server lets its peers take of it."""

    places: int = 700
    """Connections at a time; more of them stand in line. This many fit into the usual 1,024 open files."""
    header_seconds: float = HEADER_SECONDS


def bounds_for(most: int, *, share: float) -> Bounds:
    """Places for `most` connections, or as many as fit into this server's `share` of the files that may be open.

    A server that runs out of files spins instead of waiting: so it must never accept more than there are.
    """
    return Bounds(min(most, int(open_files(math.ceil(most / share)) * share)))


class HttpServer:
    """Serves one application from `start` to `stop`."""

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        bounds: Bounds = Bounds(),
        share: Callable[[], int] | None = None,
    ) -> None:
        """Choose the address; port 0 picks a free one, which `port` then says.

        `share` is how many connections one address may hold, loopback excepted; never more than three quarters of all,
        so that others can come.

        Raises:
            LocalFault: code `address_in_use`.
            UsageError: code `invalid_argument`, when the address is none of this machine's.
        """
        self.host = host
        self.port = free_port(host, port)
        self._server = Granian(
            application,
            address=host,
            port=self.port,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            # granian's word for it; what it counts are connections, from before their first byte to their end.
            backpressure=bounds.places,
            log_enabled=False,
            http1_settings=HTTP1Settings(
                header_read_timeout=int(bounds.header_seconds * 1000), max_buffer_size=HEADER_BYTES
            ),
        )
        self._warden = Warden(self.port, application.answering, share=_share_of(bounds.places, share))
        self._serving: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The base that others use, without a trailing slash; an address for all interfaces is told as loopback."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - told, not bound
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"

    async def start(self) -> None:
        """The port answers when this returns.

        Raises:
            LocalFault: code `address_in_use`, when the port was taken at the last moment.
        """
        # granian says at each start that its embedded server is experimental; ADR 0005 says what we make of that.
        logging.getLogger("_granian").setLevel(logging.ERROR)
        self._serving = asyncio.create_task(self._server.serve())
        while not await _accepts(self.host, self.port):
            if self._serving.done():
                raise _in_use(self.host, self.port) from self._serving.exception()
            await asyncio.sleep(0.01)
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """The port is closed; what was accepted has been answered by the application before."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None
        if self._serving is not None:
            self._server.stop()  # type: ignore[no-untyped-call] # granian's is not annotated
            await self._serving
            self._serving = None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                await asyncio.to_thread(self._warden.round)
            except Exception:
                # Whatever it is, the next round may do better, and the server serves without one.
                log.exception("a defect of Tenure's own, while looking after connections")


def _share_of(places: int, share: Callable[[], int] | None) -> Callable[[str], int]:
    most = max(1, places * 3 // 4)

    def share_of(address: str) -> int:
        if is_loopback(address):
            return places
        return min(share(), most) if share is not None else most

    return share_of


def free_port(host: str, port: int) -> int:
    """The port, found free; for 0 one that the system picked.

    granian binds with SO_REUSEPORT, by which two servers would share a port without noticing. So the port is bound
    here first, without that option, and closed again.

    Raises:
        LocalFault: code `address_in_use`.
        UsageError: code `invalid_argument`, when the address cannot be bound at all.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # Connections of a server that just ended linger; they do not make the port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _in_use(host, port) from error
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"Nothing can listen on {host} port {port}: {error.strerror or error}.",
            "Ports below 1024 need rights; an address must be one of this machine's.",
        ) from error


async def _accepts(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _in_use(host: str, port: int) -> LocalFault:
    return LocalFault(
        Code.ADDRESS_IN_USE,
        f"Port {port} on {host} is in use by another program.",
        "Is Tenure running already? Else choose another port with --port, or end that program.",
    )
