"""An HTTP server over TLS: which versions it speaks, and how its certificate is replaced while it serves."""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from simulators.certificates import DAY, SimulatedCa, speak_only
from tenure.adapters.files.tls_files import TlsFiles, TlsSetting
from tenure.adapters.http.rsgi import Application, Table, json_answer
from tenure.adapters.http.server import HttpServer
from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tenure.adapters.files.tls_files import TlsSource
    from tenure.adapters.http.rsgi import Answer, Request

V1_0, V1_1, V1_2, V1_3 = (
    ssl.TLSVersion.TLSv1,
    ssl.TLSVersion.TLSv1_1,
    ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3,
)
RPC_BIND = bytes.fromhex("05000b03100000004800000001000000d016d0160000000001000000") + bytes(44)
"""A DCE/RPC bind, as any Windows program sends first."""


class Desk:
    """An application that answers at once, or when the test lets it."""

    def __init__(self) -> None:
        """Nobody has asked."""
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()
        self.changed = asyncio.Event()

    @property
    def application(self) -> Application:
        """`/now` and `/held`."""
        return Application(Table({"GET /now": self._now, "GET /held": self._held}))

    async def _now(self, _request: Request) -> Answer:
        return json_answer({"is": "now"})

    async def _held(self, _request: Request) -> Answer:
        self.asked.set()
        await self.let_go.wait()
        return json_answer({"is": "held"})


@pytest.fixture
def ca(tmp_path: Path) -> SimulatedCa:
    """An authority."""
    return SimulatedCa(tmp_path)


def serve(
    tls: TlsSource, play: Callable[[HttpServer, Desk], Awaitable[None]], *, watch_seconds: float = 60
) -> None:
    """What `play` does while the server serves; the server ends whole."""

    async def scene() -> None:
        desk = Desk()
        server = HttpServer(
            desk.application, "127.0.0.1", 0, tls=tls, changed=desk.changed.set, watch_seconds=watch_seconds
        )
        await server.start()
        try:
            await asyncio.wait_for(play(server, desk), 30)
        finally:
            desk.let_go.set()
            await server.stop()

    asyncio.run(scene())


def trusting(ca: SimulatedCa) -> ssl.SSLContext:
    """A client's context that trusts the authority."""
    return ssl.create_default_context(cafile=ca.file)


class Asking:
    """One connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """It is open."""
        self._reader, self._writer = reader, writer
        self._tls: ssl.SSLObject = writer.get_extra_info("ssl_object")

    @classmethod
    async def to(cls, server: HttpServer, context: ssl.SSLContext | None) -> Asking:
        """A new connection, by the server's name."""
        name = "localhost" if context else None
        return cls(
            *await asyncio.open_connection("127.0.0.1", server.port, ssl=context, server_hostname=name)
        )

    @property
    def version(self) -> str | None:
        """The version that both agreed on."""
        return self._tls.version()

    @property
    def certificate(self) -> bytes | None:
        """What the server showed."""
        return self._tls.getpeercert(binary_form=True)

    def send(self, path: str) -> None:
        """A request is on its way."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())

    def send_bytes(self, data: bytes) -> None:
        """Something is on its way."""
        self._writer.write(data)

    async def answer(self) -> bytes:
        """All that the server says until it hangs up."""
        try:
            said = await self._reader.read()
        except ConnectionError:
            said = b""
        self._writer.close()
        return said


async def shown(server: HttpServer, ca: SimulatedCa) -> bytes | None:
    """The certificate that a new connection sees."""
    asking = await Asking.to(server, trusting(ca))
    asking.send("/now")
    await asking.answer()
    return asking.certificate


def replace_by(files: TlsFiles, new: TlsFiles, *which: str) -> None:
    """The files hold what the new ones hold."""
    for name in which or ("certificate", "key"):
        shutil.copyfile(getattr(new, name), getattr(files, name))


@pytest.mark.parametrize(
    ("version", "spoken"),
    [(V1_0, None), (V1_1, None), (V1_2, "TLSv1.2"), (V1_3, "TLSv1.3")],
    ids=["1.0", "1.1", "1.2", "1.3"],
)
def test_nothing_older_than_tls_1_2_is_spoken(
    ca: SimulatedCa, version: ssl.TLSVersion, spoken: str | None
) -> None:
    """A client that knows only 1.0 or 1.1 gets no connection; the same client with 1.2 or 1.3 gets its answer."""
    files = ca.issue()

    async def play(server: HttpServer, _desk: Desk) -> None:
        context = speak_only(trusting(ca), version)
        if spoken is None:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await Asking.to(server, context)
            return
        asking = await Asking.to(server, context)
        asking.send("/now")
        assert b'{"is":"now"}' in await asking.answer()
        assert asking.version == spoken

    serve(lambda: files, play)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(RPC_BIND, id="a Microsoft client"),
        pytest.param(b"GET /now HTTP/1.1\r\nhost: localhost\r\n\r\n", id="plain HTTP"),
        pytest.param(bytes(200), id="zeros"),
    ],
)
def test_who_does_not_speak_tls_is_hung_up_on(ca: SimulatedCa, words: bytes) -> None:
    """A TLS alert at most, and not a byte of an answer; the server goes on."""
    files = ca.issue()

    async def play(server: HttpServer, _desk: Desk) -> None:
        asking = await Asking.to(server, None)
        asking.send_bytes(words)
        said = await asking.answer()
        assert said == b"" or (said[:1] == b"\x15" and len(said) <= 7)
        assert await shown(server, ca)

    serve(lambda: files, play)


def test_a_replaced_certificate_is_shown_to_new_connections_while_an_old_one_lives_on(
    ca: SimulatedCa,
) -> None:
    """A request that was held over the change is answered on the connection on which it came."""
    files = ca.issue()

    async def play(server: HttpServer, desk: Desk) -> None:
        held = await Asking.to(server, trusting(ca))
        held.send("/held")
        await desk.asked.wait()
        before = held.certificate
        replace_by(files, ca.issue(called="new"))
        await server.reload()
        seen = {await shown(server, ca) for _ in range(5)}
        assert len(seen) == 1
        assert before not in seen
        desk.let_go.set()
        assert b'{"is":"held"}' in await held.answer()

    serve(lambda: files, play)


def test_a_half_written_pair_changes_nothing_until_it_is_whole(
    ca: SimulatedCa, caplog: pytest.LogCaptureFixture
) -> None:
    """A certificate whose key is still on its way: the old one is shown, the log says why, and nobody has to restart."""
    files = ca.issue()
    new = ca.issue(called="new")

    async def play(server: HttpServer, _desk: Desk) -> None:
        before = await shown(server, ca)
        replace_by(files, new, "certificate")
        await server.reload()
        assert await shown(server, ca) == before
        assert "is not the key of the first certificate" in caplog.text
        replace_by(files, new, "key")
        await server.reload()
        assert await shown(server, ca) != before

    serve(lambda: files, play)


def test_a_server_sees_by_itself_that_its_certificate_was_replaced(ca: SimulatedCa) -> None:
    """Nobody tells it: it looks at its files again and again."""
    files = ca.issue()

    async def play(server: HttpServer, desk: Desk) -> None:
        before = await shown(server, ca)
        replace_by(files, ca.issue(called="new"))
        await desk.changed.wait()
        assert await shown(server, ca) != before

    serve(lambda: files, play, watch_seconds=0.02)


def test_tls_is_turned_on_and_off_while_a_server_runs(ca: SimulatedCa, tmp_path: Path) -> None:
    """Its URL says which; whoever comes without TLS where it is on gets no answer."""
    setting = TlsSetting(tmp_path / "tls.json")

    async def plain(server: HttpServer) -> bytes:
        asking = await Asking.to(server, None)
        asking.send("/now")
        return await asking.answer()

    async def play(server: HttpServer, _desk: Desk) -> None:
        assert server.url.startswith("http://")
        assert b'{"is":"now"}' in await plain(server)
        setting.save(ca.issue())
        await server.reload()
        assert server.url.startswith("https://")
        assert b"now" not in await plain(server)
        assert await shown(server, ca)
        setting.save(None)
        await server.reload()
        assert server.url.startswith("http://")
        assert b'{"is":"now"}' in await plain(server)

    serve(setting.read, play)


def test_a_setting_that_is_damaged_later_does_not_turn_tls_off(ca: SimulatedCa, tmp_path: Path) -> None:
    """The server goes on with the certificate that it has."""
    setting = TlsSetting(tmp_path / "tls.json")
    setting.save(ca.issue())

    async def play(server: HttpServer, _desk: Desk) -> None:
        (tmp_path / "tls.json").write_bytes(b"{")
        await server.reload()
        assert server.url.startswith("https://")
        assert await shown(server, ca)

    serve(setting.read, play)


def test_files_that_cannot_be_used_keep_a_server_from_starting(ca: SimulatedCa) -> None:
    """It never serves plain HTTP instead."""
    files = ca.issue()
    files.key.chmod(0o644)
    with pytest.raises(LocalFault) as caught:
        HttpServer(Application(Table({})), "127.0.0.1", 0, tls=lambda: files)
    assert caught.value.code is Code.TLS_FILES_UNUSABLE


def test_an_expired_certificate_is_served_and_told(ca: SimulatedCa, caplog: pytest.LogCaptureFixture) -> None:
    """Clients refuse it, and who reads the server's log knows why before they call."""
    files = ca.issue(ends_in=-60)

    async def play(server: HttpServer, _desk: Desk) -> None:
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            await Asking.to(server, trusting(ca))

    serve(lambda: files, play)
    assert "The TLS certificate has expired" in caplog.text


@pytest.mark.parametrize("days", [29, 40])
def test_a_certificate_that_ends_soon_is_told(
    ca: SimulatedCa, caplog: pytest.LogCaptureFixture, days: int
) -> None:
    """In its last 30 days."""
    files = ca.issue(socket.gethostname(), ends_in=days * DAY + 60)

    async def play(_server: HttpServer, _desk: Desk) -> None:
        pass

    with caplog.at_level(logging.WARNING):
        serve(lambda: files, play)
    assert ("The TLS certificate ends in 29 days" in caplog.text) == (days == 29)
    assert "calls itself" not in caplog.text


def test_no_copy_of_a_key_is_left(ca: SimulatedCa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server's TLS library read is gone once it serves."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    files = ca.issue()

    async def play(server: HttpServer, _desk: Desk) -> None:
        assert await shown(server, ca)
        assert list(scratch.iterdir()) == []

    serve(lambda: files, play)
