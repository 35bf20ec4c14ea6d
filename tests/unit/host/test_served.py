"""The snapshot of what a host serves."""

from __future__ import annotations

from simulators.host import HOST_ID, SimulatedHost
from tenure.core.policy import DAY


def test_the_window_of_every_served_pool_is_made_with_the_snapshot() -> None:
    """By the pool's row, in seconds; the very same mapping each time, because each batch asks for it."""
    host = SimulatedHost()
    served = host.snapshot(host.publisher.certify(host.key, HOST_ID))
    assert served.windows == {1: 30 * DAY, 2: 30 * DAY}
    assert served.windows is served.windows


def test_a_host_that_serves_nothing_counts_in_no_window() -> None:
    """Before it is activated."""
    assert SimulatedHost().snapshot(None).windows == {}
