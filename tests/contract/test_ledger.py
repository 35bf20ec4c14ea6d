"""What every ledger does, in memory, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.entries import NOW, SERVERS, WINDOW, WORKSTATIONS, commit, entry, refusal
from simulators.ledgers import Kept, in_postgresql, in_sqlite
from tenure.core.policy import DAY
from tenure.host.ledger import Entry, Ledger, Outcome, PoolTerms, Receipt
from tenure.host.memory import MemoryLedger
from tenure.host.retention import ROWS_A_STEP, Retention

if TYPE_CHECKING:
    from pathlib import Path

    from simulators.postgresql import PostgreSql

LOG = "SELECT outcome, repeats FROM request_log ORDER BY id"


def fill(
    ledger: Ledger, machines: int, *, pool: PoolTerms = WORKSTATIONS, now: int = NOW, first: int = 1000
) -> None:
    """So many machines ask, in one batch."""
    commit(ledger, *(entry(first + number, pool=pool, now=now) for number in range(machines)))


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        pytest.param(23, Outcome.WAITING, id="the-24th-waits"),
        pytest.param(24, Outcome.GRANTED, id="the-25th-is-granted"),
        pytest.param(25, Outcome.GRANTED, id="the-26th-is-granted"),
    ],
)
def test_a_workstation_is_granted_from_the_25th_on(ledger: Ledger, before: int, outcome: Outcome) -> None:
    """The asker itself counts: the 25th machine reaches a threshold of 25."""
    fill(ledger, before)
    assert commit(ledger, entry(1)) == [Receipt(outcome, before + 1)]


def test_a_whole_batch_sees_the_count_after_it(ledger: Ledger) -> None:
    """25 machines in one batch are all granted, the first of them too."""
    receipts = commit(ledger, *(entry(number) for number in range(1, 26)))
    assert receipts == [Receipt(Outcome.GRANTED, 25)] * 25


def test_pools_count_apart(ledger: Ledger) -> None:
    """24 workstations and 4 servers reach neither threshold; the fifth server reaches its own alone."""
    fill(ledger, 24)
    fill(ledger, 4, pool=SERVERS)
    assert ledger.counts(NOW) == {1: 24, 2: 4}
    assert commit(ledger, entry(1, pool=SERVERS)) == [Receipt(Outcome.GRANTED, 5)]
    assert ledger.counts(NOW) == {1: 24, 2: 5}


def test_a_machine_counts_once_however_often_it_asks(ledger: Ledger) -> None:
    """Ten requests of one machine, each new, count one."""
    for number in range(10):
        commit(ledger, entry(1, request=number, now=NOW + number))
    assert ledger.counts(NOW + 10)[1] == 1


def test_a_machine_counts_once_however_many_products_of_a_pool_it_runs(ledger: Ledger) -> None:
    """Two products of one pool on one machine count one."""
    commit(ledger, entry(1, product=1), entry(1, product=2))
    assert ledger.counts(NOW)[1] == 1


@pytest.mark.parametrize(
    ("later", "count"),
    [
        pytest.param(WINDOW - 1, 1, id="the-last-second-of-the-window"),
        pytest.param(WINDOW, 0, id="exactly-30-days"),
    ],
)
def test_a_machine_counts_strictly_less_than_30_days(ledger: Ledger, later: int, count: int) -> None:
    """A machine last seen exactly the window ago does not count any more."""
    commit(ledger, entry(1))
    assert ledger.counts(NOW + later)[1] == count


def test_a_renewal_starts_the_window_anew(ledger: Ledger) -> None:
    """A machine that came back within the window counts from then on, once."""
    commit(ledger, entry(1))
    commit(ledger, entry(1, request=2, now=NOW + WINDOW - 1))
    assert ledger.counts(NOW + WINDOW + 10)[1] == 1


@pytest.mark.parametrize(
    ("machines", "count"),
    [
        pytest.param([(1, 1), (2, 1)], 1, id="a-known-fingerprint-with-a-new-machine-id-takes-over-the-row"),
        pytest.param([(1, 1), (1, 2)], 1, id="a-known-machine-id-with-a-new-fingerprint-updates-the-row"),
        pytest.param([(1, 1), (2, 2), (1, 2)], 1, id="two-rows-become-one"),
        pytest.param([(1, 1), (2, 2), (1, 2), (1, 2)], 1, id="and-stay-one"),
        pytest.param([(1, 1), (2, 2), (1, 2), (2, 1)], 2, id="the-freed-names-are-a-new-machine"),
    ],
)
@pytest.mark.parametrize("together", [True, False], ids=["one-batch", "one-by-one"])
def test_one_row_a_machine_id_and_one_a_fingerprint(
    ledger: Ledger, machines: list[tuple[int, int]], count: int, *, together: bool
) -> None:
    """(machine id, fingerprint) pairs are folded into machines as design section 3 says."""
    entries = [
        entry(machine, fingerprint=fingerprint, request=number)
        for number, (machine, fingerprint) in enumerate(machines)
    ]
    if together:
        commit(ledger, *entries)
    else:
        for one in entries:
            commit(ledger, one)
    assert ledger.counts(NOW)[1] == count


def test_a_resent_request_is_judged_again_and_counts_nothing(ledger: Ledger) -> None:
    """The same id with the same content refreshes no time, but a 202 may have become a 200."""
    assert commit(ledger, entry(1)) == [Receipt(Outcome.WAITING, 1)]
    fill(ledger, 24, now=NOW + 5)
    later = NOW + WINDOW - 1
    assert commit(ledger, entry(1, now=later)) == [Receipt(Outcome.GRANTED, 25)]
    assert ledger.counts(later + 1)[1] == 24


def test_a_resent_request_with_other_content_is_a_conflict(ledger: Ledger) -> None:
    """The same id cannot stand for two requests of a machine and product."""
    commit(ledger, entry(1))
    (receipt,) = commit(ledger, entry(1, content=1))
    assert receipt.conflict


def test_a_resend_in_the_same_batch_is_recognized(ledger: Ledger) -> None:
    """A request that arrives twice before its first commit counts once and conflicts if it differs."""
    receipts = commit(ledger, entry(1), entry(1), entry(1, content=1))
    assert [receipt.conflict for receipt in receipts] == [False, False, True]
    assert ledger.counts(NOW)[1] == 1


def test_the_same_request_id_of_another_machine_is_its_own(ledger: Ledger) -> None:
    """Request ids are kept a machine and product."""
    receipts = commit(ledger, entry(1), entry(2, content=1))
    assert not any(receipt.conflict for receipt in receipts)


def test_refusals_are_logged_and_count_nothing(ledger: Ledger) -> None:
    """A refusal has no receipt and changes no count."""
    assert ledger.commit([refusal(), entry(1)]) == [None, Receipt(Outcome.WAITING, 1)]
    assert ledger.counts(NOW)[1] == 1


def test_the_newest_row_is_the_latest_time_of_a_machine(ledger: Ledger) -> None:
    """A host's clock is judged against it."""
    assert ledger.newest_row == 0
    commit(ledger, entry(1, now=NOW + 7), entry(2, now=NOW + 3))
    assert ledger.newest_row == NOW + 7


_visits = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(0, WINDOW // 2), st.sampled_from([1, 2])),
    max_size=30,
)


def _count_alike(kept: Kept, visits: list[tuple[int, int, int, int]], batch_size: int) -> None:
    one, memory = kept.open(), MemoryLedger()
    now = NOW
    entries: list[Entry] = []
    for number, (machine, fingerprint, later, pool) in enumerate(visits):
        now += later
        terms = {1: WORKSTATIONS, 2: SERVERS}[pool]
        entries.append(entry(machine, fingerprint=fingerprint, now=now, pool=terms, request=number))
    for start in range(0, len(entries), batch_size):
        batch = entries[start : start + batch_size]
        assert one.commit(batch) == memory.commit(batch)
    assert {k: v for k, v in one.counts(now).items() if v} == {
        k: v for k, v in memory.counts(now).items() if v
    }
    one.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=_visits, batch_size=st.integers(1, 7))
def test_memory_and_sqlite_count_alike(
    visits: list[tuple[int, int, int, int]], batch_size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever machines come in whatever batches, both ledgers give the same receipts and counts."""
    _count_alike(in_sqlite(tmp_path_factory.mktemp("ledger") / "host.db"), visits, batch_size)


@pytest.mark.real
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=_visits, batch_size=st.integers(1, 7))
def test_memory_and_postgresql_count_alike(
    visits: list[tuple[int, int, int, int]],
    batch_size: int,
    tmp_path: Path,
    postgres: PostgreSql,
    contract_database: str,
) -> None:
    """The same, where counts are kept in the database."""
    _count_alike(in_postgresql(postgres, contract_database, tmp_path / "host.db"), visits, batch_size)


@pytest.mark.parametrize(
    ("days", "kept"),
    [pytest.param(400, True, id="400-days"), pytest.param(401, False, id="a-day-longer")],
)
def test_a_machine_that_never_came_back_is_let_go(ledger: Ledger, days: int, *, kept: bool) -> None:
    """Its next visit is then a new machine's: the same request again is no re-send any more."""
    commit(ledger, entry(1))
    later = NOW + days * DAY
    ledger.tidy(Retention(), later)
    (receipt,) = commit(ledger, entry(1, content=1, now=later))
    assert receipt.conflict is kept


def test_tidying_comes_round(kept: Kept) -> None:
    """Step by step every machine and log row is looked at, and what is young stays."""
    ledger = kept.open()
    fill(ledger, ROWS_A_STEP + 5)
    later = NOW + 401 * DAY
    fill(ledger, 3, now=later, first=9_000)
    for _ in range(4):
        ledger.tidy(Retention(), later)
    assert kept.rows("SELECT COUNT(*) FROM machine") == [(3,)]
    assert kept.rows("SELECT COUNT(*) FROM installation") == [(3,)]
    assert kept.rows("SELECT COUNT(*) FROM request_log") == [(3,)]
    assert kept.rows("SELECT SUM(requests) FROM daily_total") == [(ROWS_A_STEP + 8,)]
    assert ledger.counts(later)[1] == 3
    ledger.close()


def test_what_was_committed_is_kept(kept: Kept) -> None:
    """A ledger opened anew counts as before."""
    first = kept.open()
    fill(first, 3)
    fill(first, 2, pool=SERVERS, now=NOW - WINDOW)
    first.close()
    again = kept.open()
    assert again.counts(NOW) == {1: 3, 2: 0}
    assert again.newest_row == NOW
    again.close()


def test_repeated_waits_fold_into_one_log_row_an_hour(kept: Kept) -> None:
    """Waits of one machine within the hour are one row that counts them; the next hour begins another."""
    ledger = kept.open()
    for number, later in enumerate([0, 60, 3599, 3600]):
        commit(ledger, entry(1, request=number, now=NOW + later))
    ledger.close()
    assert kept.rows(LOG) == [(Outcome.WAITING, 3), (Outcome.WAITING, 1)]


def test_a_woken_request_is_logged_as_granted_and_stays_one_request(kept: Kept) -> None:
    """A request that waited and was granted is one request in the totals, granted."""
    ledger = kept.open()
    commit(ledger, entry(1))
    fill(ledger, 24)
    commit(ledger, entry(1, now=NOW + 1, waking=True))
    ledger.close()
    log = kept.rows(LOG)
    assert log[0] == (Outcome.WAITING, 1)
    assert log[-1] == (Outcome.GRANTED, 1)
    totals = kept.rows("SELECT outcome, SUM(requests) FROM daily_total GROUP BY outcome ORDER BY 1")
    assert totals == [(Outcome.GRANTED, 25), (Outcome.WAITING, 0)]
