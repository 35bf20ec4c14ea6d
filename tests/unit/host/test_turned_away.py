"""The counts of those who were turned away at the door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tenure.core.turned_away import Reason
from tenure.host.turned_away import DoorCount, DoorCounter, DoorCounts, encode_counts, read_counts


class Clock:
    """Seconds that the test sets."""

    def __init__(self) -> None:
        """It stands."""
        self.now = 1_000

    def __call__(self) -> int:
        """The time."""
        return self.now


def test_each_reason_is_one_line_however_many_come() -> None:
    """How many, and the last of them with its time; since the counter was made."""
    clock = Clock()
    counter = DoorCounter(clock)
    assert counter.counts() == DoorCounts(1_000)
    for number in range(200):
        counter(Reason.NETWORK, f"203.0.113.{number}")
    clock.now = 1_060
    counter(Reason.CONNECTIONS, "192.0.2.1", times=25)
    counter(Reason.NETWORK, "203.0.113.7")
    assert counter.counts() == DoorCounts(
        1_000,
        (
            DoorCount("connections", 25, 1_060, "192.0.2.1"),
            DoorCount("network", 201, 1_060, "203.0.113.7"),
        ),
    )


def test_what_did_not_come_about_is_nobody() -> None:
    """A connection that ended by itself before it could be closed."""
    counter = DoorCounter(Clock())
    counter(Reason.OVERSTAYED, "192.0.2.1", times=0)
    assert counter.counts().reasons == ()


def test_threads_lose_no_count() -> None:
    """The event loop and the warden's thread count at the same time."""
    counter = DoorCounter(Clock())

    def count(_: int) -> None:
        for _ in range(5_000):
            counter(Reason.TOTAL_RATE, "192.0.2.1")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(4)))
    assert counter.counts().reasons[0].times == 20_000


def test_memory_is_bounded_whatever_an_address_is() -> None:
    """It is cut at what an address can have."""
    counter = DoorCounter(Clock())
    counter(Reason.NETWORK, "x" * 10_000)
    assert len(counter.counts().reasons[0].last_address) == 64


def test_a_copy_is_read_as_it_was_written() -> None:
    """Also one of a newer server that knows more reasons and members."""
    counts = DoorCounts(5, (DoorCount("network", 2, 7, "192.0.2.1"),))
    assert read_counts(encode_counts(counts)) == counts
    assert read_counts(encode_counts(counts)[:-1] + b', "more": 1}') == counts


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="another-form"),
        pytest.param(b"\xff", id="no-text"),
        pytest.param(b'{"since": -1}', id="a-negative-time"),
        pytest.param(b'{"since": 253402300800}', id="no-date"),
        pytest.param(b'{"since": 1, "reasons": [{"reason": "network"}]}', id="half-a-line"),
        pytest.param(b"[" * 16_000, id="too-deep"),
    ],
)
def test_a_damaged_copy_tells_nothing(data: bytes) -> None:
    """`host status` has other things to say."""
    assert read_counts(data) is None
