"""What a host can tell of itself."""

from __future__ import annotations

import pytest

from simulators.host import HOST_ID, SimulatedHost
from simulators.publisher import NOW
from tenure.core.certificate import LIFETIME_SECONDS
from tenure.core.policy import DAY
from tenure.host.status import host_status
from tenure.host.store import RequestTotals

END = NOW - DAY + LIFETIME_SECONDS


class QuietStore:
    """A store that knows three workstations and five requests."""

    def __init__(self, *, publishing: bool = False, options: str | None = None, memory: str = "{}") -> None:
        """What stands in its settings about the DNS."""
        self._settings = {"dns_publishing": str(int(publishing)), "dns_published": memory}
        if options is not None:
            self._settings["dns_options"] = options

    def settings(self) -> dict[str, str]:
        """All that were made."""
        return self._settings

    def known_machines(self) -> dict[int, int]:
        """By pool row."""
        return {1: 3}

    def totals(self) -> RequestTotals:
        """Of all days."""
        return RequestTotals(granted=3, waiting=1, refused=1)


@pytest.mark.parametrize(
    ("now", "warned"),
    [
        pytest.param(END - 90 * DAY, None, id="90-days-left"),
        pytest.param(END - 90 * DAY + 1, "ends in 89 days", id="under-90-days"),
        pytest.param(END - 1, "ends in 0 days", id="the-last-second"),
        pytest.param(END + 1, "has ended", id="over"),
    ],
)
def test_the_end_of_the_certificate_is_told_in_time(now: int, warned: str | None) -> None:
    """From 90 days on, with the command that renews it."""
    host = SimulatedHost()
    status = host_status(QuietStore(), host.desk.served, {1: 2}, now)  # type: ignore[arg-type] # the three methods that it asks
    assert status.certificate_expires == END
    if warned is None:
        assert status.warnings == ()
    else:
        assert warned in status.warnings[0]
        assert "tenure host activate" in status.warnings[0]


def test_counts_thresholds_and_machines_stand_side_by_side() -> None:
    """Every pool of the certificate is there, also one that nobody asked for yet."""
    status = host_status(QuietStore(), SimulatedHost().desk.served, {1: 2}, NOW)  # type: ignore[arg-type] # as above
    assert {(p.pool, p.count, p.threshold, p.machines) for p in status.pools} == {
        ("workstations", 2, 25, 3),
        ("servers", 0, 5, 0),
    }
    assert (status.host_id, status.activated, status.trial, status.requests.total) == (
        HOST_ID,
        True,
        False,
        5,
    )


def test_a_host_without_certificate_says_that_it_is_not_activated() -> None:
    """And grants nothing, so it has no pools."""
    status = host_status(QuietStore(), SimulatedHost(certificate=False).desk.served, {}, NOW)  # type: ignore[arg-type] # as above
    assert (status.activated, status.certificate_expires, status.pools, status.org) == (False, None, (), None)


FAILING = f'{{"failing_since": {NOW - DAY - 1}, "failures": 3, "reason": "corp.test: No answer."}}'
BRIEFLY = f'{{"failing_since": {NOW - DAY}, "failures": 3, "reason": "corp.test: No answer."}}'


@pytest.mark.parametrize(
    ("store", "warned"),
    [
        pytest.param(QuietStore(memory=FAILING, options="{}"), None, id="off"),
        pytest.param(QuietStore(publishing=True, options="{}"), None, id="all-is-well"),
        pytest.param(QuietStore(publishing=True, options="{}", memory=BRIEFLY), None, id="failing-for-a-day"),
        pytest.param(
            QuietStore(publishing=True, options="{}", memory=FAILING),
            "corp.test: No answer.",
            id="over-a-day",
        ),
        pytest.param(QuietStore(publishing=True), "what to publish is not set", id="nothing-to-publish"),
        pytest.param(QuietStore(publishing=True, options="no"), "what to publish is not set", id="unusable"),
    ],
)
def test_publishing_that_does_not_work_is_told_in_time(store: QuietStore, warned: str | None) -> None:
    """While it is switched on, and with the command that helps."""
    status = host_status(store, SimulatedHost().desk.served, {}, NOW)  # type: ignore[arg-type] # as above
    if warned is None:
        assert status.warnings == ()
    else:
        assert warned in status.warnings[0]
        assert "tenure host publish-dns" in status.warnings[0]


def test_an_address_that_dhcp_gave_is_warned_of() -> None:
    """With what breaks when it changes, and both cures."""
    status = host_status(
        QuietStore(),  # type: ignore[arg-type] # the two methods that it asks
        SimulatedHost().desk.served,
        {},
        NOW,
        dhcp_addresses=[("192.0.2.5", "eth0"), ("192.0.2.6", "eth1")],
    )
    assert len(status.warnings) == 2
    for words in ("192.0.2.5 (eth0)", "DNS records and firewall rules", "static", "reserve it"):
        assert words in status.warnings[0]
