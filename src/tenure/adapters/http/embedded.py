"""granian, embedded (ADR 0005): one that answers on a listening socket which it may share with the one that follows it."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.net import SocketHolder
from granian.server.embed import Server

from tenure.adapters.files.atomic import SECRET, unusable, write_atomically
from tenure.adapters.http.bounds import BACKLOG, HEADER_BYTES, Bounds

if TYPE_CHECKING:
    import socket

    from tenure.adapters.files.tls_files import TlsPair
    from tenure.adapters.http.rsgi import Application

START_SECONDS: Final = 10.0
"""How long it may take until it answers; it takes a few milliseconds."""
ANSWER_SECONDS: Final = 1.0
"""How long one try may take."""
_NO_REQUEST: Final = b"?\r\n\r\n"
"""What an HTTP server refuses by itself (400), so that the application hears nothing of it."""
_HTTP: Final = b"HTTP/1.1 400"


class NotServingError(Exception):
    """granian did not come up, or does not answer as it should."""


class Embedded:
    """A granian: made, started, stopped, and ended when it has answered all that it accepted."""

    def __init__(
        self,
        listener: socket.socket,
        application: Application,
        host: str,
        port: int,
        *,
        pair: TlsPair | None,
        bounds: Bounds,
    ) -> None:
        """`listener` listens on `host` and `port` already; without a certificate plain HTTP is served.

        granian reads the certificate's files some time after it was given them, and ends the process when they do not
        fit any more: so it reads copies of what was checked, in a folder that only this user can enter.

        Raises:
            LocalFault: code `home_unusable`, when there is no place for the copies.
        """
        self._host = host
        self._port = port
        self._pair = pair
        self._copies = ExitStack()
        certificate = key = None
        if pair is not None:
            folder = _private_folder(self._copies)
            certificate, key = folder / "certificate.pem", folder / "key.pem"
            write_atomically(certificate, pair.certificate_pem)
            write_atomically(key, pair.key_pem, mode=SECRET)
        self._server = _OnListener(
            application,
            address=host,
            port=port,
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
            ssl_cert=certificate,
            ssl_key=key,
            ssl_protocol_min=SSLProtocols.tls12,
        )
        self._listener = listener
        self._handle = listener.dup().detach()
        self._server.holder = _held(self._handle)
        self.ended: asyncio.Task[None] | None = None
        """Done when all that was accepted has been answered; None before `start`."""

    async def start(self) -> None:
        """It answers on the listener, with its certificate if it has one, and no copy of its key is left.

        One that was on the listener before must have been stopped: it would go on accepting, and be the quicker.

        Raises:
            NotServingError: it does not answer so; it has ended.
        """
        with self._copies:
            self.ended = asyncio.create_task(self._server.serve())
            try:
                async with asyncio.timeout(START_SECONDS):
                    while not await _answers(self._host, self._port, self._pair):
                        if self.ended.done():
                            raise NotServingError from self.ended.exception()
                        await asyncio.sleep(0.01)
            except TimeoutError as error:
                await self.stop()
                await self.ended
                raise NotServingError from error

    async def stop(self) -> None:
        """It accepts nobody any more, and ends when it has answered what it accepted."""
        self._server.stop()  # type: ignore[no-untyped-call] # granian's is not annotated
        while self.ended is not None and not self.ended.done() and self._listens():  # noqa: ASYNC110 - nothing tells it
            await asyncio.sleep(0.001)

    def _listens(self) -> bool:
        """Whether it still has its handle on the listener: closing it is all that tells when it accepts no more."""
        try:
            return os.path.sameopenfile(self._handle, self._listener.fileno())
        except OSError:
            return False


class _OnListener(Server):
    """granian on a socket that is not its own."""

    holder: SocketHolder

    def _init_shared_socket(self) -> None:
        # What granian does itself where a socket cannot be opened twice, which is everywhere but on Linux.
        self._shd = self.holder  # type: ignore[assignment] # granian infers None from its first value


def _private_folder(until: ExitStack) -> Path:
    try:
        return Path(until.enter_context(TemporaryDirectory(prefix="tenure-tls-")))
    except OSError as error:
        raise unusable(Path(error.filename or "the folder for temporary files"), error) from error


def _held(handle: int) -> SocketHolder:
    """The handle in granian's wrapping, whose constructor differs by system; granian closes it."""
    if sys.platform.startswith(("linux", "freebsd")):
        further: tuple[object, ...] = (False, BACKLOG)
    else:
        further = () if sys.platform == "win32" else (False,)
    return SocketHolder(handle, *further)  # type: ignore[call-arg] # granian's types do not know it


async def _answers(host: str, port: int, pair: TlsPair | None) -> bool:
    """Whether the one with this certificate, or plain HTTP, answers there."""
    context: ssl.SSLContext | None = None
    if pair is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the certificate is compared, byte for byte
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
    except (OSError, TimeoutError):
        return False
    try:
        if pair is not None:
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            return bool(shown == pair.own_der)
        writer.write(_NO_REQUEST)
        async with asyncio.timeout(ANSWER_SECONDS):
            return (await reader.read(len(_HTTP))) == _HTTP
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
