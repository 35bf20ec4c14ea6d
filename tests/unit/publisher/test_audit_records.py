"""Reading the audit: what is asked for, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.authority import SimulatedAuthority
from simulators.publisher import NOW
from tenure.core.errors import Untrusted
from tenure.publisher.audit import Actor
from tenure.publisher.audit_records import AuditQuery, page_of_audit, verify_audit, whole_audit
from tenure.publisher.memory import MemoryPublisherStore


@pytest.fixture
def simulated() -> SimulatedAuthority:
    """Two rows of its making (init, product add), then eight of two tokens, a minute after each other."""
    simulated = SimulatedAuthority()
    with simulated.store.transaction() as rows:
        for number in range(8):
            actor = Actor(f"token {'shop' if number % 2 else 'desk'}", "203.0.113.7" if number % 2 else "")
            authority = simulated.authority
            now = NOW + 60 * (number + 1)
            authority.audit(rows, now, "key issue", f"Key-{number}", "for Grün", asker=actor.name)
    return simulated


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, range(1, 11), id="all"),
        pytest.param({"since": NOW + 60}, range(3, 11), id="since-inclusive"),
        pytest.param({"until": NOW + 60}, range(1, 3), id="until-exclusive"),
        pytest.param({"actor": "SHOP"}, [4, 6, 8, 10], id="actor-in-any-case"),
        pytest.param({"action": "issue"}, range(3, 11), id="a-part-of-the-action"),
        pytest.param({"subject": "key-3"}, [6], id="subject"),
        pytest.param({"subject": "GRÜN"}, range(3, 11), id="detail-beyond-ascii"),
        pytest.param({"actor": "desk", "since": NOW + 300}, [7, 9], id="two-at-once"),
        pytest.param({"actor": "nobody"}, [], id="none"),
    ],
)
def test_only_what_is_asked_for_is_told(
    simulated: SimulatedAuthority, asked: dict[str, Any], expected: range
) -> None:
    """All of the query must apply."""
    found = whole_audit(simulated.authority, AuditQuery(**asked))
    assert [row.seq for row in found] == list(expected)


@pytest.mark.parametrize("limit", [1, 3, 4, 10, 11])
def test_pages_are_the_whole_newest_first(simulated: SimulatedAuthority, limit: int) -> None:
    """Each row once; the last page says that it is the last."""
    told: list[int] = []
    before = None
    while True:
        page = page_of_audit(simulated.authority, AuditQuery(), before=before, limit=limit)
        assert 0 < len(page.rows) <= limit
        told += [row.seq for row in page.rows]
        before = page.before
        if before is None:
            break
    assert told == list(range(10, 0, -1))


def test_the_audit_is_verified_as_it_is_kept(simulated: SimulatedAuthority) -> None:
    """A row that is taken out of the store is named."""
    assert verify_audit(simulated.authority, None).seq == 10
    assert isinstance(simulated.store, MemoryPublisherStore)
    del simulated.store.rows.audited[4]
    with pytest.raises(Untrusted, match="Row 5 of the audit is missing"):
        verify_audit(simulated.authority, None)
