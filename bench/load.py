"""A load generator: one thread, epoll, precomputed requests, and a clock reading before and after each.

Runs as a process of its own, outside the server's, and prints one JSON object. Closed loop: `connections` requests are
always on their way. Open loop (`rate`): a request leaves at its time whether or not the server keeps up, and its
latency counts from that time, so that a stall is not hidden by waiting for it.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import sys
import time
import uuid
from array import array
from dataclasses import dataclass, field
from pathlib import Path

GIVE_UP_SECONDS = 30.0
_STRIDE = 7_919
"""A prime, so that known machines come in no order that a database could like."""


@dataclass
class Result:
    """What a run saw; latencies in seconds."""

    latencies: array[float] = field(default_factory=lambda: array("d"))
    statuses: dict[str, int] = field(default_factory=dict)
    errors: int = 0

    def answer(self, data: bytes, began: float) -> None:
        """Count one answer."""
        self.latencies.append(time.perf_counter() - began)
        status = data[9:12].decode("ascii", errors="replace")
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def summary(self, seconds: float, generator_cpu: float) -> dict[str, object]:
        """The figures: rate a second, latency in milliseconds, the generator's own share of a core."""
        ordered = sorted(self.latencies)

        def at(share: float) -> float | None:
            return (
                round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 3)
                if ordered
                else None
            )

        return {
            "requests": len(ordered),
            "seconds": round(seconds, 3),
            "rate": round(len(ordered) / seconds, 1),
            "p50_ms": at(0.50),
            "p99_ms": at(0.99),
            "max_ms": at(1.0),
            "statuses": self.statuses,
            "errors": self.errors,
            "generator_busy": round(generator_cpu / seconds, 2),
        }


def bodies(arguments: argparse.Namespace) -> list[bytes]:
    """Every request of the run as the bytes that go over the wire, made before the clock starts."""
    if arguments.get:
        return [f"GET {arguments.get} HTTP/1.1\r\nhost: bench\r\n{_connection(arguments)}\r\n".encode()]
    seeds = os.urandom(16 * arguments.requests)
    made = []
    for number in range(arguments.requests):
        machine = (
            uuid.UUID(int=arguments.first + number * _STRIDE % arguments.known)
            if arguments.known
            else uuid.UUID(bytes=seeds[16 * number : 16 * number + 16])
        )
        made.append(
            activation(
                machine,
                arguments.product,
                hostname=f"pc-{number}.bench.example",
                license_status="licensed",
                headers=_connection(arguments),
            )
        )
    return made


def activation(
    machine: uuid.UUID, product: uuid.UUID | str, *, hostname: str, license_status: str, headers: str
) -> bytes:
    """The bytes of one activation request, made now; each of the headers ends with a line break."""
    request = uuid.UUID(bytes=os.urandom(16), version=4)
    body = (
        f'{{"machine_id":"{machine}","product_id":"{product}","request_id":"{request}",'
        f'"hostname":"{hostname}","fingerprint":"{machine.hex}bench","virtual":false,'
        f'"license_status":"{license_status}","minutes_remaining":250000,"client_time":{int(time.time())}}}'
    )
    return (
        f"POST /v1/activations HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n{headers}\r\n{body}".encode()
    )


class Generator:
    """Sends requests over many connections at once, and hears what comes back."""

    def __init__(self, arguments: argparse.Namespace, requests: list[bytes]) -> None:
        """Nothing is sent yet."""
        self.result = Result()
        self.open: dict[int, _Sent] = {}
        self._address = (arguments.host, arguments.port)
        self._keep = arguments.keep and not arguments.rate
        self._requests = requests
        self._endless = arguments.get is not None
        self._poll = select.epoll()
        self.number = 0

    @property
    def left(self) -> bool:
        """Whether there is something to send."""
        return self._endless or self.number < len(self._requests)

    def connect(self, began: float) -> None:
        """Send the next request over a fresh connection; its latency counts from `began`."""
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(self._address)
        self._poll.register(connection, select.EPOLLOUT)
        self.open[connection.fileno()] = _Sent(connection, began, self._next())

    def turn(self, timeout: float) -> int:
        """Handle what happened, waiting at most `timeout` seconds for it; how many requests came to their end."""
        ended = 0
        for descriptor, event in self._poll.poll(timeout):
            sent = self.open[descriptor]
            if event & select.EPOLLOUT:
                if not self._send(sent):
                    self._close(descriptor, failed=True)
                    ended += 1
            elif self._hear(descriptor, sent):
                ended += 1
        return ended

    def _send(self, sent: _Sent) -> bool:
        try:
            sent.connection.send(sent.data)
        except OSError:
            return False
        sent.data = b""
        self._poll.modify(sent.connection, select.EPOLLIN)
        return True

    def _hear(self, descriptor: int, sent: _Sent) -> bool:
        """Whether the request came to its end."""
        try:
            piece = sent.connection.recv(65536)
        except OSError:
            piece = b""
        sent.heard += piece
        whole = _whole(sent.heard)
        if piece and not whole:
            return False
        if not whole:
            self._close(descriptor, failed=True)
            return True
        self.result.answer(bytes(sent.heard[:16]), sent.began)
        if self._keep and self.left:
            sent.began, sent.heard = time.perf_counter(), bytearray()
            sent.connection.send(self._next())
            return False
        self._close(descriptor, failed=False)
        return True

    def _next(self) -> bytes:
        data = self._requests[0] if self._endless else self._requests[self.number]
        self.number += 1
        return data

    def _close(self, descriptor: int, *, failed: bool) -> None:
        sent = self.open.pop(descriptor)
        self.result.errors += failed
        self._poll.unregister(sent.connection)
        sent.connection.close()


@dataclass(slots=True)
class _Sent:
    """One request on its way."""

    connection: socket.socket
    began: float
    data: bytes
    """What is still to be sent."""
    heard: bytearray = field(default_factory=bytearray)


def run(arguments: argparse.Namespace, requests: list[bytes]) -> dict[str, object]:
    """Send until the seconds are over or the requests are used up."""
    generator = Generator(arguments, requests)
    drive = _open_loop if arguments.rate else _closed_loop
    cpu, started = time.process_time(), time.perf_counter()
    drive(generator, arguments, started)
    seconds = time.perf_counter() - started
    return {
        **generator.result.summary(seconds, time.process_time() - cpu),
        "unanswered": len(generator.open),
    }


def _closed_loop(generator: Generator, arguments: argparse.Namespace, started: float) -> None:
    """So many requests are always on their way."""
    for _ in range(arguments.connections):
        if generator.left:
            generator.connect(time.perf_counter())
    while (generator.left or generator.open) and time.perf_counter() < started + arguments.seconds:
        for _ in range(generator.turn(0.1)):
            if generator.left:
                generator.connect(time.perf_counter())


def _open_loop(generator: Generator, arguments: argparse.Namespace, started: float) -> None:
    """A request leaves at its time; those that were due when nobody looked leave at once, their clocks running."""
    interval = 1 / arguments.rate
    last = started + arguments.seconds
    while True:
        now = time.perf_counter()
        while generator.left and (due := started + generator.number * interval) <= min(now, last):
            generator.connect(due)
        sending = generator.left and now < last
        if not sending and (not generator.open or now > last + GIVE_UP_SECONDS):
            return
        due = started + generator.number * interval
        generator.turn(min(max(0.0, due - now), 0.1) if sending else 0.1)


def _whole(data: bytearray) -> bool:
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    at = data.find(b"content-length: ", 0, head)
    if at < 0:
        return True
    length = int(data[at + 16 : data.find(b"\r\n", at)])
    return len(data) >= head + 4 + length


def _connection(arguments: argparse.Namespace) -> str:
    return "" if arguments.keep else "connection: close\r\n"


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--product", default="")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=0.0, help="open loop: requests a second")
    parser.add_argument("--keep", action="store_true", help="keep-alive instead of a connection a request")
    parser.add_argument("--get", help="GET this path instead of activating")
    parser.add_argument("--known", type=int, default=0, help="ask as one of so many known machines, in turn")
    parser.add_argument("--first", type=int, default=1, help="the number of the first known machine")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    summary = run(arguments, bodies(arguments))
    text = json.dumps(summary)
    if arguments.out:
        arguments.out.write_text(text)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
