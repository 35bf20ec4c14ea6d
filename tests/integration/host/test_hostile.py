"""A host among peers that are broken or hostile: honest machines get their leases all the same, and memory stays bounded."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
import pytest

from simulators.host_home import activate_home
from simulators.machines import SimulatedMachine
from simulators.processes import serving
from simulators.publisher import SimulatedPublisher
from simulators.raw_http import GET, NOT_HTTP, POST_HEAD, answer_to, connections
from simulators.running import running
from tenure.adapters.http.bounds import Bounds
from tenure.adapters.http.client import HttpClient
from tenure.adapters.os.home import Home
from tenure.adapters.os.open_files import open_files
from tenure.core.policy import Policy
from tenure.programs import host
from tenure.programs.host_server import HostServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen

PUBLISHER = SimulatedPublisher(
    opened=0, policies={"workstations": Policy(threshold=1), "servers": Policy(threshold=1)}
)
NOW = int(time.time())
ATTEMPTS = 3
"""How often an honest machine may have to ask."""
CROWD = min(2_000, open_files(8_192) // 3)
"""Connections at a time: thousands, where the system lets one process have them."""
MEGABYTES = 64
"""By which the host's memory may grow whatever peers do; its own caches are in it."""


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Popen[str], str]]:
    """A host in a process of its own, and where it listens."""
    home = Home(tmp_path_factory.mktemp("home"))
    activate_home(home, PUBLISHER, now=NOW)
    with serving("host", "serve", "--host", "127.0.0.1", "--port", "0", home=home.root) as process:
        url = host.status(home)[1]
        assert url is not None
        yield process, url


@pytest.fixture
def url(process: tuple[Popen[str], str]) -> str:
    """Where the host listens."""
    return process[1]


def licensed(url: str) -> bool:
    """Whether a new, honest machine gets its lease in a few attempts."""
    machine = SimulatedMachine(
        PUBLISHER.workstation.product_id, machine_id=uuid4(), fingerprint=f"fingerprint-{uuid4()}"
    )
    for _ in range(ATTEMPTS):
        body = msgspec.json.encode(machine.ask(NOW, request_id=uuid4()))
        if HttpClient().request("POST", f"{url}/v1/activations", body=body).status == 200:
            return True
    return False


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"", id="silent"),
        pytest.param(GET[:-2], id="half-a-head"),
        pytest.param(POST_HEAD + b"{", id="the-first-byte-of-a-body"),
        pytest.param(GET, id="idle-after-a-request"),
    ],
)
def test_a_crowd_that_only_holds_connections_keeps_nobody_out(url: str, first: bytes) -> None:
    """Thousands at a time, each in the same state."""
    with connections(url, CROWD, first):
        assert licensed(url)


def test_a_flood_of_garbage_keeps_nobody_out_and_takes_no_memory(process: tuple[Popen[str], str]) -> None:
    """Other protocols, pipelined requests and nested JSON from four sides, while ten machines activate."""
    server, url = process
    assert licensed(url)
    before = resident(server)
    stop = threading.Event()
    nested = b"[" * 16_000
    garbage = [
        *NOT_HTTP.values(),
        GET * 50 + b"\r\n",
        POST_HEAD.replace(b"400", b"16000") + nested,
        POST_HEAD.replace(b"content-length: 400", b"transfer-encoding: chunked")
        + b"3e80\r\n"
        + nested
        + b"\r\n0\r\n\r\n",
    ]
    sent = [0] * 4

    def flood(side: int) -> None:
        while not stop.is_set():
            answer_to(
                url, garbage[sent[side] % len(garbage)].replace(b"host: x", b"host: x\r\nconnection: close")
            )
            sent[side] += 1

    threads = [threading.Thread(target=flood, args=(side,)) for side in range(4)]
    for thread in threads:
        thread.start()
    try:
        while min(sent) < 30 * len(garbage):
            assert licensed(url)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert resident(server) - before < MEGABYTES


def test_large_heads_from_a_crowd_take_bounded_memory(process: tuple[Popen[str], str]) -> None:
    """Each may fill its 8 KiB and no more."""
    server, url = process
    before = resident(server)
    with connections(url, min(CROWD, 1_000), b"GET / HTTP/1.1\r\na: " + b"x" * 8_000):
        assert licensed(url)
        assert resident(server) - before < MEGABYTES


def resident(process: Popen[str]) -> float:
    """Megabytes that a process has in memory."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        pytest.skip("needs Linux's /proc")
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def test_machines_that_wait_leave_room_for_the_one_they_wait_for(tmp_path: Path) -> None:
    """At most half of the places are held: of six waiting machines four are, and the seventh still comes in."""
    home = Home(tmp_path)
    publisher = SimulatedPublisher(
        opened=0, policies={"workstations": Policy(threshold=7), "servers": Policy(threshold=7)}
    )
    activate_home(home, publisher, now=NOW)
    answers: list[tuple[int, str | None]] = []

    def ask(url: str, wait: int) -> None:
        body = msgspec.json.encode(SimulatedMachine(publisher.workstation.product_id).ask(NOW))
        answer = HttpClient().request(
            "POST", f"{url}/v1/activations", body=body, wait=wait, headers={"prefer": f"wait={wait}"}
        )
        answers.append((answer.status, answer.headers.get("retry-after")))

    with ExitStack() as ended:
        server = ended.enter_context(
            running(lambda: HostServer(home, "127.0.0.1", 0, clock=lambda: NOW, connections=Bounds(places=8)))
        )
        for number in range(6):
            thread = threading.Thread(target=ask, args=(server.url, 60))
            thread.start()
            ended.callback(thread.join)
            while host.status(home)[0].requests.total <= number:
                pass
        while len(answers) < 2:
            pass
        assert answers == [(202, "60")] * 2
        ask(server.url, 0)
    assert answers[2:] == [(200, None)] * 5
