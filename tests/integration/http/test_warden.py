"""The warden: connections that granian would leave open are closed, and no others."""

from __future__ import annotations

import socket
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from simulators.raw_http import until_closed
from tenure.adapters.http.warden import (
    QUIET_SECONDS,
    REQUEST_SECONDS,
    Warden,
    peer_of,
    quiet_seconds,
)
from tenure.core.turned_away import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not list open files")


class Port:
    """A listening port, its accepted connections, and a warden over them whose clock the test sets."""

    def __init__(self, opened: ExitStack, *, share: int = 1_000) -> None:
        """Nobody has come yet."""
        self._opened = opened
        self._listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = self._listener.getsockname()[1]
        self.answering: dict[str, float] = {}
        self.now = 1_000.0
        self.quiet = 0.0
        """Since when nothing came from any peer."""
        self.accepted: list[socket.socket] = []
        self.turned_away: list[tuple[Reason, str, int]] = []
        self.warden = Warden(
            self.port,
            self.answering,
            share=lambda _address: share,
            turned_away=self._count,
            elapsed=lambda: self.now,
            quiet=lambda _connection: self.quiet,
        )

    def _count(self, reason: Reason, address: str, *, times: int = 1) -> None:
        self.turned_away.append((reason, address, times))

    def peer(self) -> tuple[socket.socket, str]:
        """A peer that came, and how granian would write it."""
        peer = self._opened.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=60))
        accepted, _ = self._listener.accept()
        self.accepted.append(self._opened.enter_context(accepted))
        return peer, peer_of(accepted, self.port)

    def round(self, *, later: float = 0.0) -> int:
        """How many the warden closes, so many seconds after the last round."""
        self.now += later
        return self.warden.round()


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """What a test opens is closed after it."""
    with ExitStack() as stack:
        yield stack


def ended(peer: socket.socket) -> bool:
    """Whether the peer's connection was ended."""
    peer.settimeout(0.0)
    try:
        return peer.recv(1) == b""
    except BlockingIOError:
        return False


def test_an_address_keeps_its_share_and_loses_what_is_above_it(opened: ExitStack) -> None:
    """The idle ones go first, the longest open of them before the others; those in a request stay."""
    port = Port(opened, share=2)
    first, client = port.peer()
    port.answering[client] = port.now
    assert port.round() == 0
    second, _ = port.peer()
    assert port.round(later=1) == 0
    third, _ = port.peer()
    assert port.round(later=1) == 1
    assert [ended(peer) for peer in (first, second, third)] == [False, True, False]
    assert port.turned_away == [(Reason.CONNECTIONS, "127.0.0.1", 1)]


def test_a_request_over_its_share_goes_when_there_are_only_requests(opened: ExitStack) -> None:
    """The longest of them."""
    port = Port(opened, share=1)
    first, client = port.peer()
    port.answering[client] = port.now
    port.round()
    second, client = port.peer()
    port.answering[client] = port.now
    assert port.round(later=1) == 1
    assert [ended(peer) for peer in (first, second)] == [True, False]


@pytest.mark.parametrize(
    ("seconds", "closed"), [(REQUEST_SECONDS, 0), (REQUEST_SECONDS + 1, 1)], ids=["two-minutes", "longer"]
)
def test_a_request_without_an_end_is_ended(opened: ExitStack, seconds: float, closed: int) -> None:
    """No request of ours takes over two minutes."""
    port = Port(opened)
    peer, client = port.peer()
    port.answering[client] = port.now
    assert port.round(later=seconds) == closed
    assert ended(peer) is bool(closed)
    assert port.turned_away == [(Reason.OVERSTAYED, "127.0.0.1", 1)] * closed


@pytest.mark.parametrize(
    ("age", "quiet", "closed"),
    [
        pytest.param(QUIET_SECONDS, QUIET_SECONDS + 1, 0, id="too-young-to-look-at"),
        pytest.param(QUIET_SECONDS + 1, QUIET_SECONDS, 0, id="heard-a-minute-and-a-half-ago"),
        pytest.param(QUIET_SECONDS + 1, QUIET_SECONDS + 1, 1, id="not-heard-for-longer"),
    ],
)
def test_a_peer_that_does_not_read_its_answer_is_let_go(
    opened: ExitStack, age: float, quiet: float, closed: int
) -> None:
    """It is in no request, and nothing came from it for a minute and a half; granian would write to it for ever."""
    port = Port(opened)
    peer, _ = port.peer()
    assert port.round() == 0
    port.quiet = quiet
    assert port.round(later=age) == closed
    assert ended(peer) is bool(closed)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it so")
def test_the_system_says_since_when_nothing_came(opened: ExitStack) -> None:
    """In this test that is well under a minute; a pair of sockets without TCP says nothing."""
    port = Port(opened)
    peer, _ = port.peer()
    peer.sendall(b"x")
    assert port.accepted[0].recv(1) == b"x"
    while not 0 < quiet_seconds(port.accepted[0]) < 60:
        pass
    left, right = socket.socketpair()
    opened.enter_context(left)
    opened.enter_context(right)
    assert quiet_seconds(left) == 0


def test_other_sockets_are_left_alone(opened: ExitStack) -> None:
    """A pair of its own, another port, the listener, and a connection that this process made to the port."""
    port, other = Port(opened, share=0), Port(opened, share=0)
    peer, _ = other.peer()
    left, right = socket.socketpair()
    opened.enter_context(left)
    opened.enter_context(right)
    assert port.round() == 0
    assert not ended(peer)
    assert not ended(left)
    mine, _ = port.peer()
    assert port.round() == 1
    assert until_closed(mine) == b""


def test_a_number_that_another_file_has_by_now_is_looked_at_anew(opened: ExitStack) -> None:
    """Descriptors are used again at once: what was known of the file before does not count for the next."""
    port = Port(opened, share=0)
    port.peer()
    assert port.round() == 1
    number = port.accepted[0].fileno()
    port.accepted[0].close()
    peer, _ = port.peer()
    assert peer.fileno() == number
    assert port.round() == 1
    assert until_closed(peer) == b""


def test_of_three_hundred_connections_all_but_the_share_are_closed_in_one_round(opened: ExitStack) -> None:
    """And the next round finds them gone once the server lets them go."""
    port = Port(opened, share=3)
    for _ in range(300):
        port.peer()
    assert port.round() == 297
