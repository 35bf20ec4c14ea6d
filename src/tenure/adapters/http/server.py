"""An RSGI application on a TCP port: granian, embedded in this process and its event loop (ADR 0005)."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from typing import TYPE_CHECKING, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server as Granian

from tenure.adapters.http.rsgi import HEADER_MILLISECONDS
from tenure.core.errors import Code, LocalFault, UsageError

if TYPE_CHECKING:
    from tenure.adapters.http.rsgi import Application

BACKLOG: Final = 4096
"""Connections that may wait to be accepted: a site that boots at once stands in line instead of being refused."""


class HttpServer:
    """Serves one application from `start` to `stop`."""

    def __init__(self, application: Application, host: str, port: int) -> None:
        """Choose the address; port 0 picks a free one, which `port` then says.

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
            log_enabled=False,
            http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=64 * 1024),
        )
        self._serving: asyncio.Task[None] | None = None

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

    async def stop(self) -> None:
        """The port is closed; what was accepted has been answered by the application before."""
        if self._serving is not None:
            self._server.stop()  # type: ignore[no-untyped-call] # granian's is not annotated
            await self._serving
            self._serving = None


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
