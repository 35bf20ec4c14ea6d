"""A connect that sends nothing, on real sockets."""

from __future__ import annotations

import socket

import pytest

from simulators.listener import recording
from tenure.adapters.tcp_probe import TcpProbe
from tenure.core.network import ConnectOutcome


def test_a_listener_hears_a_connect_and_no_byte() -> None:
    """The connection is opened and closed, every time."""
    with recording() as listener:
        seen = [TcpProbe().connect(listener.address, listener.port) for _ in range(20)]
    assert {connection.outcome for connection in seen} == {ConnectOutcome.OPEN}
    assert all(connection.milliseconds > 0 and not connection.detail for connection in seen)
    assert listener.received == [b""] * 20


def test_the_recording_listener_hears_what_is_sent() -> None:
    """So that its silence above means something."""
    with recording() as listener:
        with socket.create_connection((listener.address, listener.port)) as talkative:
            talkative.sendall(b"hello")
        TcpProbe().connect(listener.address, listener.port)
    assert listener.received == [b"hello", b""]


def test_a_port_without_a_listener_refuses() -> None:
    """The machine is there, and says no at once."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it meanwhile
        seen = TcpProbe().connect("127.0.0.1", bound.getsockname()[1])
    assert seen.outcome is ConnectOutcome.REFUSED
    assert seen.detail


def test_a_listener_whose_queue_is_full_times_out() -> None:
    """What looks like a filter from here takes as long as it may, and no longer."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address, port = full.getsockname()
        probe = TcpProbe(seconds=0.2)
        waiting = []
        try:
            for _ in range(8):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex((address, port))
            seen = probe.connect(address, port)
        finally:
            for connection in waiting:
                connection.close()
    assert seen.outcome is ConnectOutcome.TIMED_OUT
    assert seen.milliseconds >= 190
    assert seen.detail == "no answer in 0.2 s"


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::ffff:255.255.255.255", id="the same, as IPv6"),
    ],
)
def test_where_there_is_no_way_is_told_and_not_raised(address: str) -> None:
    """The system's own words say why."""
    seen = TcpProbe(seconds=0.2).connect(address, 9)
    assert seen.outcome is ConnectOutcome.UNREACHABLE
    assert seen.detail
