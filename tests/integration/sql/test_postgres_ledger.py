"""The ledger in a real PostgreSQL: what is particular to hosts that share one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.postgres import PLANNED_ONCE, PostgresServer
from tenure.adapters.sql.postgres_counts import LOCK_POOLS
from tenure.adapters.sql.postgres_ledger import CHANNEL, PostgresLedger
from tenure.adapters.sql.postgres_rows import ask_for_rows
from tenure.core.errors import Code, Unavailable
from tenure.core.policy import DAY
from tenure.host.ledger import Entry, PoolTerms, Receipt, Refusal
from tenure.host.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulators.postgresql import PostgreSql

pytestmark = pytest.mark.real

NOW = 1_800_000_000
A, B = UUID(int=1), UUID(int=2)
MONTH, WEEK = 30 * DAY, 7 * DAY


class Site:
    """A database with two pools, and hosts that record there."""

    def __init__(self, server: PostgreSql, folder: Path) -> None:
        """No host has recorded anything."""
        self._server = server
        self._folder = folder
        self.database = server.host_database()
        self.opened: list[PostgresLedger] = []
        self.execute(
            "INSERT INTO publisher (id, publisher_id) VALUES (1, '1');"
            "INSERT INTO pool (id, publisher, name) VALUES (1, 1, 'w'), (2, 1, 's');"
            "INSERT INTO product (id, pool, product_id) VALUES (1, 1, 'w'), (2, 2, 's')"
        )

    @property
    def url(self) -> str:
        """Where it is."""
        return self._server.url(self.database)

    def host(self, host_id: UUID, *, window: int = MONTH) -> PostgresLedger:
        """The ledger of a host that counts both pools by this window."""
        path = self._folder / f"{host_id}.db"
        migrate(path, History.HOST)
        ledger = PostgresLedger(
            PostgresServer.of(self.url), path, lambda: {1: window, 2: window}, lambda: host_id
        )
        self.opened.append(ledger)
        return ledger

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """What a statement gives."""
        return self._server.execute(statement, self.database)


@pytest.fixture
def site(postgres: PostgreSql, tmp_path: Path) -> Iterator[Site]:
    """A database of the test's own."""
    site = Site(postgres, tmp_path)
    yield site
    for ledger in site.opened:
        ledger.close()


def ask(
    machine: int, *, now: int = NOW, pool: int = 1, threshold: int = 25, window: int = MONTH, request: int = 1
) -> Entry:
    """A request of a machine."""
    return Entry(
        now=now,
        pool=PoolTerms(pool, window, threshold),
        product_row=pool,
        product_id=b"p" * 16,
        machine_id=machine.to_bytes(16),
        fingerprint=machine.to_bytes(16),
        request_id=request.to_bytes(16),
        digest=bytes(16),
        hostname="pc.example",
        address="192.0.2.1",
        virtual=False,
        license_status=0,
        minutes_remaining=0,
    )


def refusal(machine: int, code: str) -> Refusal:
    """A request that was refused."""
    return Refusal(
        now=NOW,
        product_id=b"p" * 16,
        machine_id=machine.to_bytes(16),
        request_id=bytes(16),
        hostname="pc.example",
        address="192.0.2.1",
        code=code,
    )


def count(ledger: PostgresLedger, asked: Entry) -> int:
    """The count in the receipt of one request, alone in its batch."""
    (receipt,) = ledger.commit([asked])
    assert isinstance(receipt, Receipt)
    return receipt.count


def test_a_count_includes_what_every_host_committed(site: Site) -> None:
    """Machines that ask here and there are counted once each, together, at either host."""
    a, b = site.host(A), site.host(B)
    assert [count(ledger, ask(number)) for number, ledger in enumerate([a, b, a, b], start=1)] == [1, 2, 3, 4]
    assert count(b, ask(1, request=2)) == 4
    a.counts(NOW)  # of its last batch; the next look is at what others committed since
    assert a.counts(NOW) == b.counts(NOW) == {1: 4, 2: 0}


def test_hosts_that_record_at_once_see_each_other_and_never_wait_in_a_circle(site: Site) -> None:
    """400 machines at two hosts, in both pools, one pool or the other, beside refusals: every count comes exactly once."""
    each = 100

    def record(ledger: PostgresLedger, first: int, pools: list[tuple[int, ...]]) -> list[tuple[int, int]]:
        seen = []
        for number in range(first, first + each):
            for order in pools:
                refused = [
                    refusal(number, code) for code in ("clock_skew", "machine_blocked")[:: 1 - first % 2 * 2]
                ]
                asked = [ask(number * 2 + pool, pool=pool) for pool in order]
                receipts = [receipt for receipt in ledger.commit([*asked, *refused]) if receipt is not None]
                seen += [(pool, receipt.count) for pool, receipt in zip(order, receipts, strict=True)]
        return seen

    a, b = site.host(A), site.host(B)
    with ThreadPoolExecutor() as together:
        first = together.submit(record, a, 1_000, [(1, 2)])
        second = together.submit(record, b, 2_001, [(2,), (1,)])
        seen = first.result() + second.result()
    assert sorted(seen) == [(pool, number) for pool in (1, 2) for number in range(1, 2 * each + 1)]
    assert site.execute("SELECT sum(requests) FROM daily_total") == [(10 * each,)]


def test_whoever_crosses_the_threshold_says_so_once(site: Site) -> None:
    """Neither a request before nor one after it sends a notice, whichever host it comes to."""
    a, b = site.host(A), site.host(B)
    with closing(psycopg.connect(site.url, autocommit=True)) as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        for number in range(30):
            (a, b)[number % 2].commit([ask(number, threshold=20)])
        a.commit([ask(number, threshold=20, request=2) for number in range(30)])
        notices = [(notice.channel, notice.payload) for notice in listening.notifies(timeout=0.3)]
    assert notices == [(CHANNEL, "1")]


Different: TypeAlias = "dict[str, tuple[PostgresLedger, int]]"


@pytest.fixture
def different(site: Site) -> Different:
    """Two hosts, each with the window of its own certificate."""
    return {"a": (site.host(A, window=MONTH), MONTH), "b": (site.host(B, window=WEEK), WEEK)}


_visits = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.integers(1, 8),
        st.integers(1, 2),
        st.integers(-40 * DAY, 40 * DAY) | st.integers(-3, 3),
    ),
    min_size=1,
    max_size=15,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=_visits, later=st.integers(-40 * DAY, 40 * DAY))
def test_a_count_is_that_of_the_rows_whatever_clocks_do(
    site: Site, different: Different, visits: list[tuple[str, int, int, int]], later: int
) -> None:
    """Two hosts with different windows and clocks that jump a month: the count kept is the count of the rows, to the second."""
    site.execute("DELETE FROM installation; DELETE FROM machine; DELETE FROM window_count")
    for request, (name, machine, pool, jump) in enumerate(visits):
        ledger, window = different[name]
        now = NOW + jump
        told = count(ledger, ask(machine, now=now, pool=pool, window=window, request=request))
        assert told == _rows_since(site, pool, now - window)
    different["a"][0].tidy(Retention(machine_days=366), NOW + 366 * DAY + later)
    for ledger, window in different.values():
        expected = {pool: _rows_since(site, pool, NOW + later - window) for pool in (1, 2)}
        assert ledger.counts(NOW + later) == expected


def _rows_since(site: Site, pool: int, since: int) -> int:
    ((rows,),) = site.execute(f"SELECT count(*) FROM machine WHERE pool = {pool} AND last_seen > {since}")  # noqa: S608 - numbers
    assert isinstance(rows, int)
    return rows


def test_the_newest_row_is_this_hosts_own(site: Site) -> None:
    """A host whose clock is wrong must not make the clocks of the others wrong; its own is known after a restart."""
    a, b = site.host(A), site.host(B)
    a.commit([ask(1, now=NOW + 50_000)])
    b.commit([ask(2, now=NOW)])
    b.counts(NOW)
    assert (a.newest_row, b.newest_row) == (NOW + 50_000, NOW)
    again = site.host(A)
    again.counts(NOW)
    assert again.newest_row == NOW + 50_000


def test_the_log_says_which_host_recorded_a_request(site: Site) -> None:
    """By its id in the table of recorders."""
    site.host(A).commit([ask(1)])
    site.host(B).commit([ask(2), refusal(3, "clock_skew")])
    logged = site.execute(
        "SELECT r.host_id, count(*) FROM request_log l JOIN recorder r ON r.id = l.recorder GROUP BY 1 ORDER BY 1"
    )
    assert logged == [(A.bytes, 1), (B.bytes, 2)]


def test_a_connection_that_broke_is_made_anew(site: Site) -> None:
    """One batch is refused, since nobody can tell what became of it; the same request again counts once."""
    a = site.host(A)
    assert count(a, ask(1)) == 1
    site.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'tenure-host' AND datname = current_database()"
    )
    with pytest.raises(Unavailable) as caught:
        a.commit([ask(2)])
    assert caught.value.code is Code.STORAGE_UNAVAILABLE
    assert count(a, ask(2)) == 2
    assert count(a, ask(2)) == 2


def test_a_host_that_stops_in_the_middle_of_a_batch_keeps_nobody_waiting_for_ever(site: Site) -> None:
    """The server ends its transaction (here sooner than by default), and the other host goes on."""
    with closing(PostgresServer.of(site.url).connect()) as stopped:
        stopped.execute("SET idle_in_transaction_session_timeout = '200ms'")
        stopped.execute("BEGIN")
        stopped.execute(LOCK_POOLS, ([1],))
        assert count(site.host(A), ask(1)) == 1
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            stopped.execute("COMMIT")


def test_a_session_is_as_hosts_need_it_whatever_the_database_is_set_to(site: Site) -> None:
    """Waits end after seconds, statements never do, and who waited sees what the other committed."""
    for setting in ("default_transaction_isolation = 'serializable'", "statement_timeout = '1s'"):
        site.execute(f"ALTER DATABASE {site.database} SET {setting}")
    names = [
        "idle_in_transaction_session_timeout",
        "lock_timeout",
        "statement_timeout",
        "transaction_isolation",
    ]
    with closing(PostgresServer.of(site.url).connect()) as connection:
        shown = [connection.execute("SELECT current_setting(%s)", (name,)).fetchone() for name in names]
    assert shown == [("5s",), ("5s",), ("0",), ("read committed",)]


def test_a_setting_that_hosts_share_is_noticed(site: Site) -> None:
    """With the next tidying, once; the first makes good what changed while the host started, own batches are no change."""
    a = site.host(A)

    def changed() -> bool:
        a.tidy(Retention(), NOW)
        return a.changed_elsewhere()

    assert [changed() for _ in range(2)] == [True, False]
    a.commit([ask(1)])
    assert changed() is False
    site.execute("INSERT INTO setting VALUES ('log_days', '30')")
    assert [changed() for _ in range(2)] == [True, False]


def test_counts_after_a_batch_cost_no_round_trip_and_are_never_told_twice(site: Site) -> None:
    """What was read with the commit is told once, for its own time alone; the next look sees what others committed."""
    a, b = site.host(A), site.host(B)
    a.commit([ask(1)])
    b.commit([ask(2), ask(3, pool=2)])
    assert [a.counts(NOW) for _ in range(2)] == [{1: 1, 2: 0}, {1: 2, 2: 1}]
    a.commit([ask(1, request=2)])
    b.commit([ask(4)])
    assert a.counts(NOW + 1) == {1: 3, 2: 1}
    a.commit([ask(1, request=3)])
    a.tidy(Retention(machine_days=365), NOW + 366 * DAY)
    assert a.counts(NOW) == {1: 0, 2: 0}


def test_hosts_tidy_side_by_side(site: Site) -> None:
    """Each lets go of what it finds; nothing young is lost, and nobody waits for the other."""
    a, b = site.host(A), site.host(B)
    a.commit([ask(number) for number in range(500)])
    later = NOW + 401 * DAY
    a.commit([ask(number, now=later, request=2) for number in range(10)])
    with ThreadPoolExecutor() as together:
        for step in [together.submit(ledger.tidy, Retention(), later) for ledger in (a, b)]:
            step.result()
    a.tidy(Retention(), later)
    assert site.execute("SELECT count(*) FROM machine") == [(10,)]
    assert site.execute("SELECT count(*) FROM request_log") == [(10,)]
    assert b.counts(later)[1] == 10


def test_no_table_is_ever_read_as_a_whole(site: Site) -> None:
    """Plans are made once a session, perhaps while all is empty, and are those for a million rows: every row is found by key."""
    a = site.host(A)
    for number in range(10):
        a.commit([ask(machine, request=number) for machine in range(number * 3, number * 3 + 10)])
        a.counts(NOW + number)
        a.tidy(Retention(), NOW + number * 50 * DAY)
    with a._link.use() as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
    read = site.execute(
        "SELECT relname::text, n_tup_ins > 0, seq_tup_read FROM pg_stat_user_tables"
        " WHERE relname IN ('machine', 'installation', 'request_log') ORDER BY 1"
    )
    assert read == [("installation", True, 0), ("machine", True, 0), ("request_log", True, 0)]


_FINGERPRINT_SCANS = "SELECT pg_stat_get_xact_numscans('machine_fingerprint'::regclass)"


def test_renewals_look_up_no_fingerprint(site: Site) -> None:
    """Only machines whose own row is missing or has another fingerprint cost a look into its index."""
    site.host(A).commit([ask(number) for number in range(1, 65)])
    server = PostgresServer.of(site.url)
    with closing(server.connect(options=PLANNED_ONCE)) as connection, connection.transaction():

        def looks(batch: list[Entry]) -> int:
            before = connection.execute(_FINGERPRINT_SCANS).fetchone()
            ask_for_rows(connection, batch)()
            after = connection.execute(_FINGERPRINT_SCANS).fetchone()
            assert before is not None
            assert after is not None
            return int(after[0] - before[0])

        assert looks([ask(number, request=2) for number in range(1, 65)]) == 0
        assert looks([ask(number) for number in range(1_000, 1_005)]) == 5
