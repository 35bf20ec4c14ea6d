"""What one address may make a ledger write in an hour, wherever it keeps its rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from simulators.entries import NOW, SERVERS, WORKSTATIONS, commit, refusal
from simulators.entries import entry as simulated_entry
from simulators.ledgers import Kept, empty_sqlite
from tenure.core.errors import Unavailable
from tenure.core.pacing import HOUR
from tenure.host.allowance import REFUSAL_ROWS, SPREAD_SECONDS
from tenure.host.ledger import Outcome, Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.host.ledger import Ledger

entry = partial(simulated_entry, newcomers=3)
"""An entry whose address may bring three new machines an hour."""


@pytest.mark.parametrize("together", [True, False], ids=["one-batch", "one-by-one"])
def test_a_new_machine_too_many_is_refused_and_not_recorded(ledger: Ledger, *, together: bool) -> None:
    """Three come in; the fourth and fifth hear when to come back, are counted nowhere, and have no row."""
    entries = [entry(number) for number in range(1, 6)]
    batches = [entries] if together else [[one] for one in entries]
    receipts = [receipt for batch in batches for receipt in commit(ledger, *batch)]
    assert [receipt.come_back_in > 0 for receipt in receipts] == [False, False, False, True, True]
    assert [receipt.outcome for receipt in receipts[3:]] == [Outcome.REFUSED] * 2
    assert all(HOUR <= receipt.come_back_in <= HOUR + SPREAD_SECONDS for receipt in receipts[3:])
    assert ledger.counts(NOW)[1] == 3


def test_a_machine_that_is_known_is_served_however_many_new_ones_came(ledger: Ledger) -> None:
    """By its machine id, by its fingerprint alone, and as a re-send."""
    commit(ledger, *(entry(number) for number in range(1, 6)))
    renewal = entry(1, request=2, now=NOW + 1)
    rearmed = entry(99, fingerprint=2, now=NOW + 1)
    assert [receipt.come_back_in for receipt in commit(ledger, renewal, rearmed, entry(3))] == [0, 0, 0]


def test_another_address_brings_its_own(ledger: Ledger) -> None:
    """And a whole IPv6 /64 is one address."""
    commit(ledger, *(entry(number) for number in range(1, 4)))
    assert commit(ledger, entry(4, address="192.0.2.2"))[0].come_back_in == 0
    six = [entry(10 + number, address=f"2001:db8::{number}") for number in range(4)]
    assert [receipt.come_back_in > 0 for receipt in commit(ledger, *six)] == [False, False, False, True]


def test_without_a_limit_everybody_comes_in(ledger: Ledger) -> None:
    """As it is for loopback: a rehearsal, or a proxy that stands for a whole network."""
    receipts = commit(ledger, *(simulated_entry(number) for number in range(1, 9)))
    assert not any(receipt.come_back_in for receipt in receipts)


def test_an_hour_later_the_next_ones_come_in(ledger: Ledger) -> None:
    """The one that was refused, too, with the request that it sent before."""
    commit(ledger, *(entry(number) for number in range(1, 5)))
    assert commit(ledger, entry(4, now=NOW + HOUR)) == [Receipt(Outcome.WAITING, 4)]


def test_a_machine_of_two_pools_is_two_new_ones(ledger: Ledger) -> None:
    """Each has a row of its own for it."""
    assert [
        r.come_back_in > 0 for r in commit(ledger, *(entry(1, pool=p) for p in (WORKSTATIONS, SERVERS)))
    ] == [False] * 2
    assert [r.come_back_in > 0 for r in commit(ledger, entry(2), entry(3))] == [False, True]


def test_a_woken_request_is_never_a_newcomer(ledger: Ledger) -> None:
    """It was let in when it came; that its row was let go meanwhile does not take its grant away."""
    commit(ledger, *(entry(number) for number in range(1, 4)))
    assert commit(ledger, entry(4, waking=True))[0].come_back_in == 0


def test_a_batch_that_fails_uses_nothing_up(tmp_path: Path) -> None:
    """While the disk is full an address asks as often as it likes; afterwards all three come in."""
    ledger = empty_sqlite(tmp_path / "host.db")
    ledger._connection.execute("PRAGMA query_only = ON")
    for _ in range(5):
        with pytest.raises(Unavailable):
            commit(ledger, entry(1), entry(2))
    ledger._connection.execute("PRAGMA query_only = OFF")
    receipts = commit(ledger, *(entry(number) for number in range(1, 5)))
    assert [receipt.come_back_in > 0 for receipt in receipts] == [False, False, False, True]
    ledger.close()


def test_a_batch_that_never_began_gives_nothing_back(tmp_path: Path) -> None:
    """What the batch before it used up stays used up: three have come in already."""
    path = tmp_path / "host.db"
    ledger = empty_sqlite(path)
    ledger._connection.execute("PRAGMA busy_timeout = 0")
    commit(ledger, *(entry(number) for number in range(1, 4)))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            commit(ledger, entry(4))
        other.execute("ROLLBACK")
    assert commit(ledger, entry(4))[0].come_back_in > 0
    ledger.close()


def test_refusals_of_an_address_fill_so_many_rows_an_hour_and_the_totals_count_all(kept: Kept) -> None:
    """A flood of refused requests does not fill the disk; another address is still logged."""
    ledger = kept.open()
    ledger.commit([refusal(address="192.0.2.1") for _ in range(REFUSAL_ROWS + 200)])
    ledger.commit([refusal(address="192.0.2.2")])
    ledger.close()
    logged = kept.rows("SELECT address, COUNT(*) FROM request_log GROUP BY address ORDER BY 1")
    assert logged == [("192.0.2.1", REFUSAL_ROWS), ("192.0.2.2", 1)]
    assert kept.rows("SELECT SUM(requests) FROM daily_total") == [(REFUSAL_ROWS + 201,)]


def test_newcomers_too_many_are_in_the_totals_as_refused(kept: Kept) -> None:
    """With their code, so that a report can tell them."""
    ledger = kept.open()
    commit(ledger, *(entry(number, newcomers=1) for number in range(1, 4)))
    ledger.close()
    totals = kept.rows("SELECT outcome, code, requests FROM daily_total ORDER BY outcome")
    assert totals == [(Outcome.WAITING, "", 1), (Outcome.REFUSED, "rate_limited", 2)]
