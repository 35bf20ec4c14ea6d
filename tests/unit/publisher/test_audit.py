"""The audit: a chain of rows in which nothing can be altered, taken out or reordered unnoticed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.publisher.audit import (
    BEFORE_THE_FIRST,
    FOLD_SECONDS,
    Actor,
    AuditEvent,
    AuditHead,
    AuditRow,
    append,
    append_folded,
    check_chain,
    digest_of,
)
from tenure.publisher.memory import MemoryRows

if TYPE_CHECKING:
    from collections.abc import Sequence

ALICE = Actor("user alice")
EVENT = AuditEvent(at=1, actor=ALICE, action="key issue", subject="key-1", detail="host key")

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
EVENTS = st.builds(
    AuditEvent,
    at=st.integers(0, 2**40),
    actor=st.builds(Actor, TEXTS, TEXTS),
    action=TEXTS,
    subject=TEXTS,
    detail=TEXTS,
)


def written(*events: AuditEvent) -> MemoryRows:
    """The rows of these events."""
    rows = MemoryRows()
    for event in events:
        append(rows, event)
    return rows


def found_broken(rows: Sequence[AuditRow], head: AuditHead, noted: AuditHead | None = None) -> str:
    """What is said of an audit that is not whole."""
    with pytest.raises(Untrusted) as caught:
        check_chain(rows, head, noted)
    assert caught.value.code is Code.STATE_DAMAGED
    return caught.value.detail


def test_rows_are_numbered_from_one_and_chained() -> None:
    """Each digest covers the one before."""
    first, second = written(EVENT, EVENT).audited
    assert (first.seq, second.seq) == (1, 2)
    assert first.digest == digest_of(bytes(32), 1, EVENT)
    assert second.digest == digest_of(first.digest, 2, EVENT)


def test_the_digest_is_the_documented_one_for_good() -> None:
    """SHA-256 over the digest before and seven netstrings: other programs check it, too."""
    texts = b"1:1,1:1,10:user alice,0:,9:key issue,5:key-1,8:host key,"
    assert digest_of(bytes(32), 1, EVENT) == hashlib.sha256(bytes(32) + texts).digest()


@given(st.lists(EVENTS, max_size=6))
def test_what_was_written_is_whole(events: list[AuditEvent]) -> None:
    """Whatever stands in the events; the head is the newest row's."""
    rows = written(*events)
    assert check_chain(rows.audited, rows.audit_head()) == rows.audit_head()


@given(st.lists(EVENTS, min_size=1, max_size=6), EVENTS, st.data())
def test_a_row_that_was_altered_is_found(
    events: list[AuditEvent], other: AuditEvent, data: st.DataObject
) -> None:
    """With its own old digest or with a new one that fits it: the row, or the one after it, is named."""
    rows = written(*events)
    place = data.draw(st.integers(0, len(events) - 1))
    forged = replace(rows.audited[place], event=other)
    if data.draw(st.booleans(), label="with a new digest"):
        before = rows.audited[place - 1].digest if place else bytes(32)
        forged = replace(forged, digest=digest_of(before, forged.seq, other))
    if forged == rows.audited[place]:
        return
    altered = [*rows.audited[:place], forged, *rows.audited[place + 1 :]]
    assert f"ow {place + 1}" in found_broken(altered, rows.audit_head())


@given(st.lists(EVENTS, min_size=1, max_size=6), st.data())
def test_a_row_that_is_missing_is_named(events: list[AuditEvent], data: st.DataObject) -> None:
    """The first, one in the middle, the last, or all."""
    rows = written(*events)
    gone = data.draw(st.sets(st.integers(1, len(events)), min_size=1))
    left = [row for row in rows.audited if row.seq not in gone]
    assert found_broken(left, rows.audit_head()) == f"Row {min(gone)} of the audit is missing."


@given(st.lists(EVENTS, min_size=2, max_size=6, unique_by=lambda event: event.at), st.data())
def test_rows_that_changed_places_are_found(events: list[AuditEvent], data: st.DataObject) -> None:
    """As whole rows, or under the numbers of the others."""
    rows = written(*events)
    one, other = sorted(data.draw(st.sets(st.integers(0, len(events) - 1), min_size=2, max_size=2)))
    swapped = list(rows.audited)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    found_broken(swapped, rows.audit_head())
    renumbered = [replace(row, seq=number) for number, row in enumerate(swapped, 1)]
    assert f"ow {one + 1}" in found_broken(renumbered, rows.audit_head())


def test_a_row_that_tenure_did_not_write_is_found() -> None:
    """It fits the chain, but the head does not know it."""
    rows = written(EVENT)
    head = rows.audit_head()
    append(rows, EVENT)
    assert found_broken(rows.audited, head) == "Row 2 of the audit was not written by Tenure."


def test_a_whole_new_chain_does_not_have_the_head_that_was_noted() -> None:
    """Whoever can write the database can chain anew, head and all; a head that was noted elsewhere tells."""
    rows = written(EVENT, EVENT)
    noted = rows.audited[0].head
    append(rows, EVENT)
    assert check_chain(rows.audited, rows.audit_head(), noted) == rows.audit_head()
    forged = written(replace(EVENT, subject="key-2"), EVENT, EVENT)
    assert "not the one that was noted" in found_broken(forged.audited, forged.audit_head(), noted)
    short = written(EVENT)
    later = AuditHead(2, bytes(32))
    assert found_broken(short.audited, short.audit_head(), later) == "Row 2 of the audit is missing."


def test_an_empty_audit_is_whole() -> None:
    """Before the first row."""
    assert check_chain([], BEFORE_THE_FIRST) == BEFORE_THE_FIRST


def test_a_flood_leaves_a_handful_of_rows() -> None:
    """Of 2,000 attempts in an hour the 1st, 10th, 100th and 1,000th: the last tells the size within a factor of ten."""
    rows = MemoryRows()
    for second in range(2_000):
        append_folded(rows, replace(EVENT, at=second, detail="late"))
    assert [row.event.detail for row in rows.audited] == [
        "late",
        *(f"late; {times} times within the hour" for times in ("10", "100", "1,000")),
    ]


@pytest.mark.parametrize(
    ("at", "rows_more"),
    [
        pytest.param(FOLD_SECONDS - 1, 0, id="the-hours-last-second"),
        pytest.param(FOLD_SECONDS, 1, id="the-next-hour"),
        pytest.param(-1, 1, id="a-clock-that-went-back"),
    ],
)
def test_the_next_hour_begins_with_a_row(at: int, rows_more: int) -> None:
    """From the first attempt on, by whatever clock."""
    rows = MemoryRows()
    append_folded(rows, replace(EVENT, at=0))
    append_folded(rows, replace(EVENT, at=at))
    assert len(rows.audited) == 1 + rows_more


def test_each_action_and_subject_is_counted_alone() -> None:
    """A flood on one key hides nothing of another."""
    rows = MemoryRows()
    for event in (EVENT, replace(EVENT, subject="key-2"), replace(EVENT, action="other"), EVENT):
        append_folded(rows, event)
    assert len(rows.audited) == 3
