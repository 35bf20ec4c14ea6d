"""What a server lets its peers take of it: places, header bytes, time."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from simulators.raw_http import HTTP2_PREFACE, NOT_HTTP, answer_to, connect, connections, until_closed
from simulators.running import running
from tenure.adapters.http.bounds import HEADER_BYTES, Bounds, bounds_for
from tenure.adapters.http.rsgi import Answer, Application, Request, Table, json_answer
from tenure.adapters.http.server import HttpServer

if TYPE_CHECKING:
    from collections.abc import Iterator

GET = b"GET / HTTP/1.1\r\nhost: x\r\n"
LAST = b"connection: close\r\n\r\n"
QUICK = 0.3
"""Seconds for headers: a test's patience."""


async def hello(_request: Request) -> Answer:
    """The smallest answer."""
    return json_answer({})


async def length(request: Request) -> Answer:
    """How many bytes were sent."""
    return json_answer(len(await request.json_body(16_384)))


@contextmanager
def server(places: int = 50, header_seconds: float = 10.0) -> Iterator[HttpServer]:
    """A server on a free port."""
    application = Application(Table({"GET /": hello, "POST /": length}))
    with running(
        lambda: HttpServer(application, "127.0.0.1", 0, bounds=Bounds(places, header_seconds))
    ) as one:
        yield one


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server with a quick temper about headers."""
    with server(header_seconds=QUICK) as one:
        yield one.url


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(GET, b"", id="half-a-head"),
        pytest.param(GET + b"\r\n", b"HTTP/1.1 200 OK", id="a-request-and-then-nothing"),
    ],
)
def test_a_silent_connection_is_closed(url: str, data: bytes, answer: bytes) -> None:
    """Before its headers, within them, and between two requests."""
    assert answer_to(url, data).partition(b"\r\n")[0] == answer


def test_a_head_that_drips_is_closed(url: str) -> None:
    """A byte now and then does not begin the time anew (slow loris)."""
    with connect(url) as connection:
        connection.settimeout(QUICK / 10)
        drops = 0
        while True:
            try:
                connection.sendall(b"a")
                if not connection.recv(1):
                    break
            except TimeoutError:
                drops += 1
            except ConnectionError:
                break
    assert drops > 1


@pytest.mark.parametrize("data", NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_what_is_no_http_gets_a_bare_refusal(url: str, data: bytes) -> None:
    """400 or 431 without a body, or a close; never a byte of the other protocol (ADR 0001)."""
    head, _, body = answer_to(url, data).partition(b"\r\n\r\n")
    assert body == b""
    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 ")) or not head


def test_http2_is_not_spoken(url: str) -> None:
    """Its preface ends the connection."""
    assert answer_to(url, HTTP2_PREFACE) == b""


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param(b"a: " + b"b" * (HEADER_BYTES - 100) + b"\r\n", b"200", id="just-under-8-KiB"),
        pytest.param(b"a: " + b"b" * HEADER_BYTES + b"\r\n", b"431", id="over-8-KiB"),
        pytest.param(b"a: b\r\n" * 98, b"200", id="a-hundred-headers"),
        pytest.param(b"a: b\r\n" * 99, b"431", id="a-hundred-and-one"),
        pytest.param(b"a: b\r\n" * 5_000, b"431", id="thousands"),
        pytest.param(b"content-length: 1\r\ncontent-length: 2\r\n", b"400", id="two-lengths"),
    ],
)
def test_headers_are_bounded_in_number_and_size(url: str, headers: bytes, status: bytes) -> None:
    """The refusal is granian's own, before anything of ours runs."""
    assert answer_to(url, GET + headers + LAST).split(b" ", 2)[1] == status


def test_a_long_path_is_refused(url: str) -> None:
    """It is part of the head."""
    assert answer_to(url, b"GET /" + b"x" * HEADER_BYTES + b" HTTP/1.1\r\n\r\n").split(b" ", 2)[1] == b"431"


def test_pipelined_requests_are_answered_in_turn(url: str) -> None:
    """Two hundred in one packet, one after the other, and then the connection is closed for its silence."""
    assert answer_to(url, (GET + b"\r\n") * 200).count(b"HTTP/1.1 200 OK\r\n") == 200


def test_a_request_smuggled_behind_another_is_none(url: str) -> None:
    """Where length and chunks contradict each other the connection ends with the first answer."""
    smuggled = (
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 30\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n" + GET + b"\r\n"
    )
    assert answer_to(url, smuggled).count(b"HTTP/1.1 ") == 1


def test_when_all_places_are_taken_the_next_one_stands_in_line() -> None:
    """It is served as soon as the idle ones were closed, without being refused."""
    with server(places=128, header_seconds=QUICK) as one, connections(one.url, 128) as idle:
        assert answer_to(one.url, GET + LAST).startswith(b"HTTP/1.1 200 OK")
        assert [until_closed(connection) for connection in idle] == [b""] * 128


def test_a_server_never_has_more_places_than_files_may_be_open() -> None:
    """One that ran out of files would spin: so the limit is raised, and where it cannot be, places are fewer."""
    resource = pytest.importorskip("resource")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert bounds_for(100, share=0.5).places == 100
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft >= 200
    if hard != resource.RLIM_INFINITY:
        assert bounds_for(10 * hard, share=0.5).places == hard // 2


def test_the_server_itself_runs_after_its_peers_reset_their_connections() -> None:
    """A thousand connections that end with a reset in the middle of everything."""
    with server() as one:
        for number in range(1_000):
            with connect(one.url) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                connection.sendall(GET[: number % len(GET)])
        assert answer_to(one.url, GET + LAST).startswith(b"HTTP/1.1 200 OK")
