"""The one way in which a batch of requests is recorded.

`record_batch` decides; it reads and writes rows through `Rows`, which an adapter opens around one transaction. So
SQLite, PostgreSQL and memory differ in how rows are kept, never in what is counted (tests/contract/test_ledger.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tenure.core.activation import reaches
from tenure.core.counting import recognize
from tenure.core.errors import Code
from tenure.core.policy import DAY
from tenure.host.ledger import Entry, Installation, Outcome, Receipt, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenure.core.counting import KnownMachine, Sighting
    from tenure.host.allowance import Allowance
    from tenure.host.ledger import PoolTerms, Rows

FOLD_SECONDS: Final = 3_600
"""Repeated waits of one machine fold into one log row an hour (design, section 5)."""


class Counts(Protocol):
    """The counts of pools, beside the rows that they count."""

    def saw(self, pool: PoolTerms, now: int, before: Iterable[int]) -> None:
        """One machine was accepted at `now`, replacing rows last seen at `before`."""
        ...

    def all_at(self, now: int) -> dict[int, int]:
        """The count at `now` of every pool in the batch, at least."""
        ...


@dataclass(slots=True)
class _Line:
    """One entry on its way through a batch."""

    entry: Entry
    before: Installation | None
    """The last request of its machine and product, before the batch."""
    sighting: Sighting | None = None
    """None: a re-send, or a newcomer too many; neither changes anything."""
    conflict: bool = False
    come_back_in: int = 0


def record_batch(
    batch: Sequence[Entry | Refusal], rows: Rows, counts: Counts, allowance: Allowance
) -> list[Receipt | None]:
    """Record a batch in the transaction that `rows` stands for, and raise `counts` by it.

    1. every entry that is no re-send is sighted: its machine's row is new, updated, taken over or merged; a new machine
       beyond the allowance of its address is refused
    2. the counts are read once, after all of them, so that an entry's count includes its whole batch
    3. every entry gets its outcome, its log row and its place as the last request of its machine and product

    If the transaction then fails, the caller reads the counts again and takes the allowance back; nothing is kept
    elsewhere.
    """
    totals: Counter[tuple[int, int, str]] = Counter()
    # 1
    allowance.begin()
    lines = _sighted([asked for asked in batch if isinstance(asked, Entry)], rows, counts, allowance)
    # 2
    current = counts.all_at(max((asked.now for asked in batch), default=0))
    # 3
    receipts = iter(_recorded(lines, current, rows, totals, allowance))
    answers: list[Receipt | None] = []
    for asked in batch:
        if isinstance(asked, Refusal):
            _refuse(asked, rows, totals, allowance)
            answers.append(None)
        else:
            answers.append(next(receipts))
    rows.add_totals(totals)
    return answers


def _sighted(entries: Sequence[Entry], rows: Rows, counts: Counts, allowance: Allowance) -> list[_Line]:
    """The entries, each seen in its pool unless it is a re-send: of an earlier request, or of one in this batch."""
    lines = []
    last: dict[tuple[int, bytes], tuple[bytes, bytes]] = {}
    for entry in entries:
        place = (entry.product_row, entry.machine_id)
        line = _Line(entry, rows.installation(*place))
        if line.before is not None:
            last.setdefault(place, (line.before.request_id, line.before.digest))
        known = last.get(place)
        if known is not None and known[0] == entry.request_id and not entry.waking:
            line.conflict = known[1] != entry.digest
        else:
            found = _find(entry, rows)
            if found == (None, None) and not entry.waking:
                line.come_back_in = allowance.newcomer(entry)
            if not line.come_back_in:
                last[place] = (entry.request_id, entry.digest)
                line.sighting = _sight(entry, *found, rows, counts)
        lines.append(line)
    return lines


def _recorded(
    lines: Sequence[_Line],
    current: Mapping[int, int],
    rows: Rows,
    totals: Counter[tuple[int, int, str]],
    allowance: Allowance,
) -> Iterator[Receipt]:
    """The receipts, once log row, last request and totals of each line are written."""
    written: dict[tuple[int, bytes], Installation] = {}
    for line in lines:
        entry = line.entry
        count = current.get(entry.pool.row, 0)
        outcome = Outcome.GRANTED if reaches(count, entry.pool.threshold) else Outcome.WAITING
        if line.come_back_in:
            outcome = Outcome.REFUSED
            _refuse(_newcomer_too_many(entry), rows, totals, allowance)
        if line.sighting is not None:
            place = (entry.product_row, entry.machine_id)
            line.before = written.get(place, line.before)
            written[place] = _log(line, line.sighting, outcome, count, rows)
            rows.save_installation(entry, written[place])
            _count_request(entry, outcome, totals)
        yield Receipt(outcome, count, line.conflict, line.come_back_in)


def _refuse(
    refusal: Refusal, rows: Rows, totals: Counter[tuple[int, int, str]], allowance: Allowance
) -> None:
    """The refusal stands in the totals, and in the log unless its address filled it enough for this hour."""
    totals[refusal.now // DAY, Outcome.REFUSED, refusal.code] += 1
    if allowance.refusal_row(refusal):
        rows.log_refusal(refusal)


def _newcomer_too_many(entry: Entry) -> Refusal:
    return Refusal(
        now=entry.now,
        product_id=entry.product_id,
        machine_id=entry.machine_id,
        request_id=entry.request_id,
        hostname=entry.hostname,
        address=entry.address,
        code=Code.RATE_LIMITED.value,
    )


def _count_request(entry: Entry, outcome: Outcome, totals: Counter[tuple[int, int, str]]) -> None:
    """The request stands in the totals once, as what it was answered: a woken one was counted as waiting before."""
    day = entry.now // DAY
    if not entry.waking:
        totals[day, outcome, ""] += 1
    elif outcome is Outcome.GRANTED:
        totals[day, Outcome.WAITING, ""] -= 1
        totals[day, Outcome.GRANTED, ""] += 1


def _find(entry: Entry, rows: Rows) -> tuple[KnownMachine | None, KnownMachine | None]:
    """The rows of the entry's machine id and of its fingerprint in its pool."""
    pool = entry.pool.row
    by_machine_id = rows.machine(pool, entry.machine_id)
    if by_machine_id is not None and by_machine_id.fingerprint == entry.fingerprint:
        return by_machine_id, by_machine_id
    return by_machine_id, rows.machine_by_fingerprint(pool, entry.fingerprint)


def _sight(
    entry: Entry,
    by_machine_id: KnownMachine | None,
    by_fingerprint: KnownMachine | None,
    rows: Rows,
    counts: Counts,
) -> Sighting:
    """The entry's machine has one row in its pool, last seen now."""
    pool = entry.pool.row
    found = {row.machine_id: row for row in (by_machine_id, by_fingerprint) if row is not None}
    for machine_id in found.keys() - {entry.machine_id}:
        rows.forget_machine(pool, machine_id)
    rows.save_machine(entry, min((row.first_seen for row in found.values()), default=entry.now))
    counts.saw(entry.pool, entry.now, [row.last_seen for row in found.values()])
    return recognize(by_machine_id, by_fingerprint)


def _log(line: _Line, sighting: Sighting, outcome: Outcome, count: int, rows: Rows) -> Installation:
    """The entry stands in the log: in a row of its own, or as one more wait in the row of this hour."""
    entry, before = line.entry, line.before
    folds = (
        before is not None
        and before.outcome == outcome == Outcome.WAITING
        and not sighting.suspicious
        and 0 <= entry.now - before.logged_at < FOLD_SECONDS
    )
    if before is None or not folds:
        log_id = rows.log(entry, outcome, sighting, count)
        return Installation(entry.request_id, entry.digest, outcome, log_id, entry.now)
    if not entry.waking:
        rows.fold(before.log_id, entry.now)
    return Installation(entry.request_id, entry.digest, outcome, before.log_id, before.logged_at)
