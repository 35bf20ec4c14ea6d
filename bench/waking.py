"""How soon machines that wait at one host are licensed when the last one that was missing comes to another."""

from __future__ import annotations

import random
import selectors
import socket
import time
import uuid
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final

import psycopg
from load import activation

if TYPE_CHECKING:
    from served import Served

THRESHOLD = 25
_PATIENCE = 30.0
_FORGET: Final = ("DELETE FROM machine", "DELETE FROM installation", "DELETE FROM window_count")


def rounds(a: Served, b: Served, product: uuid.UUID, url: str, number: int) -> dict[str, list[float]]:
    """Milliseconds of each round until the last who waited was licensed, at host `a` and at host `b`.

    24 machines wait, half of them at either host; the 25th comes to `b`. Both record in the database at `url`, for a pool
    with a threshold of 25, and in every round all machines are new.
    """
    seen: dict[str, list[float]] = {"other_host": [], "same_host": []}
    with closing(psycopg.connect(url, autocommit=True)) as database:
        for _ in range(number):
            for forget in _FORGET:
                database.execute(forget)
            at_a, at_b = _round(a, b, product, database)
            seen["other_host"].append(at_a * 1000)
            seen["same_host"].append(at_b * 1000)
    return seen


def _round(a: Served, b: Served, product: uuid.UUID, database: psycopg.Connection) -> tuple[float, float]:
    """Seconds from the 25th machine's request to the last answer at `a`, and at `b`."""
    with ExitStack() as opened, selectors.DefaultSelector() as waiting:
        for number in range(THRESHOLD - 1):
            host = (a, b)[number % 2]
            waiting.register(opened.enter_context(_ask(host, product)), selectors.EVENT_READ, host)
        _until_recorded(database, THRESHOLD - 1)
        # The hosts also look at the counts twice a second: no phase of that may always be met.
        time.sleep(random.uniform(0.1, 0.6))  # noqa: S311 - no secret
        began = time.perf_counter()
        waiting.register(opened.enter_context(_ask(b, product)), selectors.EVENT_READ, b)
        last = {a: 0.0, b: 0.0}
        while waiting.get_map():
            for key, _ in waiting.select(_PATIENCE) or _nobody():
                connection = waiting.unregister(key.fileobj).fileobj
                last[key.data] = time.perf_counter() - began
                _check_granted(connection)
        return last[a], last[b]


def _ask(host: Served, product: uuid.UUID) -> socket.socket:
    """A connection on which a new machine has asked, and waits."""
    connection = socket.create_connection(("127.0.0.1", host.port), timeout=_PATIENCE)
    request = activation(
        uuid.uuid4(),
        product,
        hostname="pc.bench.example",
        license_status="unlicensed",
        headers="prefer: wait=60\r\nconnection: close\r\n",
    )
    connection.sendall(request)
    return connection


def _until_recorded(database: psycopg.Connection, machines: int) -> None:
    while database.execute("SELECT count(*) FROM installation").fetchone() != (machines,):
        time.sleep(0.005)


def _check_granted(connection: object) -> None:
    """Whoever waited was licensed.

    Raises:
        AssertionError: it was not.
    """
    answer = connection.recv(15) if isinstance(connection, socket.socket) else b""
    if not answer.startswith(b"HTTP/1.1 200"):
        raise AssertionError(f"a machine that waited was answered {answer!r}")


def _nobody() -> list[tuple[selectors.SelectorKey, int]]:
    raise AssertionError("machines that waited were not answered")
