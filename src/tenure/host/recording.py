"""The one way in which a batch of requests is recorded.

`record_batch` decides; it reads and writes rows through `Rows`, which an adapter opens around one transaction. So
SQLite, PostgreSQL and memory differ in how rows are kept, never in what is counted (tests/contract/test_ledger.py).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tenure.core.activation import reaches
from tenure.core.counting import Sighting, recognize
from tenure.core.policy import DAY
from tenure.host.ledger import Entry, Installation, Outcome, Receipt, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.host.counts import Counts
    from tenure.host.ledger import Rows

FOLD_SECONDS: Final = 3_600
"""Repeated waits of one machine fold into one log row an hour (design, section 5)."""


def record_batch(batch: Sequence[Entry | Refusal], rows: Rows, counts: Counts) -> list[Receipt | None]:
    """Record a batch in the transaction that `rows` stands for, and raise `counts` by it.

    1. every entry that is no re-send is sighted: its machine's row is new, updated, taken over or merged
    2. the counts are read once, after all of them, so that an entry's count includes its whole batch
    3. every entry gets its outcome, its log row and its place as the last request of its machine and product

    If the transaction then fails, the caller reads the counts again; nothing here is kept but in `rows` and `counts`.
    """
    # 1
    seen: list[Sighting | None] = []
    last: dict[tuple[int, bytes], tuple[bytes, bytes]] = {}
    known: list[Installation | None] = []
    conflicts: set[int] = set()
    for index, entry in enumerate(batch):
        if isinstance(entry, Refusal):
            seen.append(None)
            known.append(None)
            continue
        installation = rows.installation(entry.product_row, entry.machine_id)
        known.append(installation)
        place = (entry.product_row, entry.machine_id)
        before = last.get(place) or (
            (installation.request_id, installation.digest) if installation is not None else None
        )
        if before is not None and before[0] == entry.request_id and not entry.waking:
            seen.append(None)
            if before[1] != entry.digest:
                conflicts.add(index)
            continue
        last[place] = (entry.request_id, entry.digest)
        seen.append(_sight(entry, rows, counts))
    # 2
    now = max((entry.now for entry in batch), default=0)
    current = counts.all_at(now)
    # 3
    totals: Counter[tuple[int, int, str]] = Counter()
    receipts: list[Receipt | None] = []
    written: dict[tuple[int, bytes], Installation] = {}
    for index, (entry, sighting, installation) in enumerate(zip(batch, seen, known, strict=True)):
        if isinstance(entry, Refusal):
            rows.log_refusal(entry)
            totals[entry.now // DAY, Outcome.REFUSED, entry.code] += 1
            receipts.append(None)
            continue
        count = current.get(entry.pool.row, 0)
        outcome = Outcome.GRANTED if reaches(count, entry.pool.threshold) else Outcome.WAITING
        if sighting is not None:
            place = (entry.product_row, entry.machine_id)
            written[place] = _log(
                entry,
                rows,
                outcome=outcome,
                sighting=sighting,
                count=count,
                before=written.get(place, installation),
            )
            rows.save_installation(entry, written[place])
            if entry.waking and outcome is Outcome.GRANTED:
                totals[entry.now // DAY, Outcome.WAITING, ""] -= 1
            if not entry.waking or outcome is Outcome.GRANTED:
                totals[entry.now // DAY, outcome, ""] += 1
        receipts.append(Receipt(outcome, count, conflict=index in conflicts))
    rows.add_totals(totals)
    return receipts


def _sight(entry: Entry, rows: Rows, counts: Counts) -> Sighting:
    """The entry's machine has one row in its pool, last seen now."""
    pool = entry.pool.row
    by_machine_id = rows.machine(pool, entry.machine_id)
    by_fingerprint = (
        by_machine_id
        if by_machine_id is not None and by_machine_id.fingerprint == entry.fingerprint
        else rows.machine_by_fingerprint(pool, entry.fingerprint)
    )
    sighting = recognize(by_machine_id, by_fingerprint)
    if by_fingerprint is not None and by_fingerprint is not by_machine_id:
        rows.forget_machine(pool, by_fingerprint.machine_id)
    found = [row for row in (by_machine_id, by_fingerprint) if row is not None]
    if by_machine_id is by_fingerprint:
        found = found[:1]
    first_seen = min((row.first_seen for row in found), default=entry.now)
    rows.save_machine(entry, first_seen)
    counts.saw(entry.pool, entry.now, [row.last_seen for row in found])
    return sighting


def _log(
    entry: Entry, rows: Rows, *, outcome: Outcome, sighting: Sighting, count: int, before: Installation | None
) -> Installation:
    """The entry stands in the log: in a row of its own, or as one more wait in the row of this hour."""
    folds = (
        outcome is Outcome.WAITING
        and before is not None
        and before.outcome == Outcome.WAITING
        and not sighting.suspicious
        and 0 <= entry.now - before.logged_at < FOLD_SECONDS
    )
    if folds and before is not None:
        if not entry.waking:
            rows.fold(before.log_id, entry.now)
        log_id, logged_at = before.log_id, before.logged_at
    else:
        log_id, logged_at = rows.log(entry, outcome, sighting, count), entry.now
    return Installation(entry.request_id, entry.digest, outcome, log_id, logged_at)
