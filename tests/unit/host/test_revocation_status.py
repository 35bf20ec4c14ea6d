"""What a host can tell of revocations: in its health, in its status, and in sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.host import HOST_ID, SimulatedHost
from simulators.publisher import NOW, SimulatedPublisher
from tenure.core.policy import DAY
from tenure.core.revocation import Revocable, Revocation
from tenure.host.revocation_status import health_status, revocation_statuses, revocation_warnings

if TYPE_CHECKING:
    from tenure.host.served import Served

STOLEN = Revocation(kind=Revocable.HOST, subject=str(HOST_ID), since=NOW, reason="stolen")
ANOTHER = replace(STOLEN, subject=str(UUID(int=5)))


def served(token: str | None) -> Served:
    """What a host serves that knows this list."""
    host = SimulatedHost()
    return host.snapshot(host.publisher.certify(host.key, HOST_ID), revocations=token)


def test_a_host_without_a_list_says_nothing_of_revocations() -> None:
    """Its publisher has signed none yet."""
    assert revocation_statuses(served(None), NOW) == ()
    assert list(revocation_warnings(served(None), NOW)) == []
    assert health_status(served(None), NOW) == "ok"


@pytest.mark.parametrize(("now", "revoked"), [(NOW - 1, False), (NOW, True)], ids=["before", "from-then-on"])
def test_a_revoked_host_says_from_when_on_and_why(now: int, *, revoked: bool) -> None:
    """In its status, in its health, and in a sentence for its administrator."""
    known = served(SimulatedPublisher().revocations(STOLEN, seq=4))
    assert health_status(known, now) == ("host_revoked" if revoked else "ok")
    (told,) = revocation_statuses(known, now)
    assert (told.seq, told.stale, told.revocation) == (4, False, STOLEN if revoked else None)
    assert [
        "revoked from 2027-01-15 08:00:00 UTC on (stolen)" in warning
        for warning in revocation_warnings(known, now)
    ] == [True] * revoked


@pytest.mark.parametrize(
    ("age", "stale"),
    [(7 * DAY - 1, False), (7 * DAY, True), (30 * DAY, True)],
    ids=["the-last-second", "a-week", "a-month"],
)
def test_a_list_that_is_overdue_is_told(age: int, *, stale: bool) -> None:
    """With its age and the command that fetches a newer one."""
    known = served(SimulatedPublisher().revocations(ANOTHER, iat=NOW))
    (told,) = revocation_statuses(known, NOW + age)
    assert told.stale is stale
    assert health_status(known, NOW + age) == ("revocation_stale" if stale else "ok")
    assert [
        f"{age // DAY} days ago" in warning and "tenure host refresh" in warning
        for warning in revocation_warnings(known, NOW + age)
    ] == [True] * stale


def test_health_names_the_worst_first() -> None:
    """Not activated, revoked, then uninformed."""
    revoked_and_stale = served(SimulatedPublisher().revocations(STOLEN))
    assert health_status(revoked_and_stale, NOW + 8 * DAY) == "host_revoked"
    assert health_status(SimulatedHost(certificate=False).desk.served, NOW) == "host_not_activated"
