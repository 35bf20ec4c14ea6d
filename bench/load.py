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
    now = int(time.time())
    made = []
    for number in range(arguments.requests):
        machine = (
            uuid.UUID(int=arguments.first + number % arguments.known)
            if arguments.known
            else uuid.UUID(bytes=seeds[16 * number : 16 * number + 16])
        )
        request = uuid.UUID(bytes=os.urandom(16), version=4)
        body = (
            f'{{"machine_id":"{machine}","product_id":"{arguments.product}","request_id":"{request}",'
            f'"hostname":"pc-{number}.bench.example","fingerprint":"{machine.hex}bench","virtual":false,'
            f'"license_status":"licensed","minutes_remaining":250000,"client_time":{now}}}'
        )
        made.append(
            f"POST /v1/activations HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n{_connection(arguments)}\r\n{body}".encode()
        )
    return made


def run(arguments: argparse.Namespace, requests: list[bytes]) -> dict[str, object]:
    """Send until the seconds are over or the requests are used up."""
    address = (arguments.host, arguments.port)
    poll = select.epoll()
    open_: dict[int, tuple[socket.socket, float, bytearray]] = {}
    result = Result()
    number = 0
    started = time.perf_counter()
    cpu = time.process_time()
    end = started + arguments.seconds
    endless = arguments.get is not None
    interval = 1 / arguments.rate if arguments.rate else 0.0

    def send(connection: socket.socket | None, began: float) -> None:
        nonlocal number
        data = requests[0] if endless else requests[number]
        number += 1
        if connection is None:
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(address)
            poll.register(connection, select.EPOLLOUT)
            unsent = bytearray(data)
        else:
            connection.send(data)
            unsent = bytearray()
        open_[connection.fileno()] = (connection, began, unsent)

    def left() -> bool:
        return endless or number < len(requests)

    if not arguments.rate:
        for _ in range(arguments.connections):
            if left():
                send(None, time.perf_counter())
    while True:
        now = time.perf_counter()
        if now >= end or (not left() and not open_):
            break
        if arguments.rate:
            while left() and started + number * interval <= now:
                send(None, started + number * interval)
            timeout = max(0.0, started + number * interval - now)
        else:
            timeout = 0.1
        for descriptor, event in poll.poll(min(timeout, 0.1)):
            connection, began, data = open_[descriptor]
            if event & select.EPOLLOUT:
                try:
                    connection.send(data)
                except OSError:
                    result.errors += 1
                    poll.unregister(connection)
                    del open_[descriptor]
                    connection.close()
                    continue
                data.clear()
                poll.modify(connection, select.EPOLLIN)
                continue
            try:
                piece = connection.recv(65536)
            except OSError:
                piece = b""
            data += piece
            whole = _whole(data)
            if piece and not whole:
                continue
            if whole:
                result.answer(bytes(data[:16]), began)
            else:
                result.errors += 1
            if arguments.keep and piece and not arguments.rate:
                data.clear()
                if left():
                    send(connection, time.perf_counter())
                else:
                    del open_[descriptor]
                continue
            poll.unregister(connection)
            del open_[descriptor]
            connection.close()
            if not arguments.rate and left():
                send(None, time.perf_counter())
    seconds = time.perf_counter() - started
    summary = result.summary(seconds, time.process_time() - cpu)
    summary["unanswered"] = len(open_)
    return summary


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
