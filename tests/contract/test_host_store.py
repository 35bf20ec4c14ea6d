"""What every host's store does, in one file and with records in PostgreSQL alike."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from simulators.publisher import NOW, SimulatedPublisher
from tenure.adapters.sql import host_tables as tables
from tenure.adapters.sql.host_store import SqlHostStore
from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.postgres import PostgresServer
from tenure.core.errors import Code, Refused
from tenure.host.retention import set_retention
from tenure.host.store import HostIdentity, RequestTotals, StoredRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from simulators.postgresql import PostgreSql
    from tenure.host.store import HostStore

PUBLISHER = SimulatedPublisher()
STRANGER = SimulatedPublisher(publisher_id=UUID(int=99))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], SqlHostStore]]:
    """Opens the store of a home by name; homes share one PostgreSQL, where there is one."""
    opened: list[SqlHostStore] = []
    server: PostgresServer | None = None
    if request.param == "postgresql":
        real: PostgreSql = request.getfixturevalue("postgres")
        server = PostgresServer.of(real.url(real.host_database()))

    def open_one(name: str) -> SqlHostStore:
        path = tmp_path / f"{name}.db"
        migrate(path, History.HOST)
        opened.append(SqlHostStore(path, server.database() if server is not None else None))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[str], SqlHostStore]) -> SqlHostStore:
    """An empty store."""
    return open_store("home")


def save(store: HostStore, publisher: SimulatedPublisher) -> None:
    """The store has the publisher's catalog."""
    store.save_catalogs(publisher.publisher_id, (publisher.catalog_token,), publisher.catalog)


def test_an_empty_store_knows_nothing(store: HostStore) -> None:
    """Every question has an answer."""
    assert store.identity() is None
    assert list(store.enrolments()) == []
    assert store.rows() == StoredRows({}, {})
    assert dict(store.settings()) == {}
    assert dict(store.known_machines()) == {}
    assert store.totals() == RequestTotals(granted=0, waiting=0, refused=0)
    assert dict(store.requests_by_status()) == {}


def test_a_host_is_one_host(store: HostStore) -> None:
    """The identity that was set last is the only one."""
    store.set_identity(HostIdentity(UUID(int=1), 0))
    store.set_identity(HostIdentity(UUID(int=1), 7))
    assert store.identity() == HostIdentity(UUID(int=1), 7)


def test_documents_are_kept_a_publisher(store: HostStore) -> None:
    """Catalogs are replaced as a whole; a certificate stands beside them."""
    save(store, PUBLISHER)
    save(store, STRANGER)
    store.save_certificate(PUBLISHER.publisher_id, "certificate")
    store.save_catalogs(PUBLISHER.publisher_id, ("older", "newer"), PUBLISHER.catalog)
    kept = {e.publisher_id: (e.catalogs, e.certificate) for e in store.enrolments()}
    assert kept == {
        PUBLISHER.publisher_id: (("older", "newer"), "certificate"),
        STRANGER.publisher_id: ((STRANGER.catalog_token,), None),
    }


def test_every_pool_and_product_has_a_number_that_stays(store: HostStore) -> None:
    """A newer catalog with the same pools changes none of them."""
    save(store, PUBLISHER)
    rows = store.rows()
    assert set(rows.pools) == {(PUBLISHER.publisher_id, name) for name in ("workstations", "servers")}
    assert set(rows.products) == {PUBLISHER.workstation.product_id, PUBLISHER.server.product_id}
    save(store, STRANGER)
    save(store, PUBLISHER)
    assert {key: number for key, number in store.rows().pools.items() if key in rows.pools} == rows.pools


def test_a_product_stays_its_publishers(store: HostStore) -> None:
    """Another one's product of the same id is refused, and its catalog is not taken."""
    save(store, PUBLISHER)
    with pytest.raises(Refused) as caught:
        save(store, SimulatedPublisher(publisher_id=UUID(int=98), names=PUBLISHER.publisher_id))
    assert caught.value.code is Code.PRODUCT_TAKEN
    assert [enrolment.publisher_id for enrolment in store.enrolments()] == [PUBLISHER.publisher_id]


def test_a_setting_has_the_value_that_was_set_last(store: HostStore) -> None:
    """Its own, and those about what was recorded."""
    for port in ("1688", "1700"):
        store.save_setting("listening_port", port)
    for days in (30, 60):
        set_retention(store=store, log_days=days, machine_days=None)
    assert dict(store.settings()) == {"listening_port": "1700", "log_days": "60"}


@pytest.mark.real
@pytest.mark.parametrize("open_store", ["postgresql"], indirect=True)
def test_hosts_share_what_was_recorded_and_nothing_else(open_store: Callable[[str], SqlHostStore]) -> None:
    """Numbers and retention are the same for both; identity, documents and other settings are each one's own."""
    one, other = open_store("one"), open_store("other")
    one.set_identity(HostIdentity(UUID(int=1), 7))
    save(one, PUBLISHER)
    one.save_setting("listening_port", "1700")
    one.save_setting("log_days", "30")
    assert other.rows() == one.rows()
    assert (other.identity(), list(other.enrolments())) == (None, [])
    assert dict(other.settings()) == {"log_days": "30"}


@pytest.mark.parametrize(
    ("first", "last", "moved"),
    [
        pytest.param(NOW - 9, NOW - 1, (NOW - 9, NOW - 1), id="seen-before"),
        pytest.param(NOW - 9, NOW, (NOW - 9, NOW), id="seen-now"),
        pytest.param(NOW - 9, NOW + 1, (NOW - 9, NOW), id="seen-a-second-later"),
        pytest.param(NOW + 5, NOW + 9, (NOW, NOW), id="known-from-later-on"),
    ],
)
def test_times_in_the_future_are_moved_back_to_now(
    store: SqlHostStore, first: int, last: int, moved: tuple[int, int]
) -> None:
    """The machine stays; how many were seen later is told."""
    save(store, PUBLISHER)
    with store._records.writing() as connection:
        connection.execute(
            insert(tables.machine).values(
                pool=store_pool(connection),
                machine_id=b"m" * 16,
                fingerprint=b"f" * 16,
                first_seen=first,
                last_seen=last,
                hostname="",
                virtual=False,
            )
        )
    assert store.move_times_back(UUID(int=1), NOW) == (last > NOW)
    assert store.move_times_back(UUID(int=1), NOW) == 0
    with store._records.reading() as connection:
        row = connection.execute(select(tables.machine.c.first_seen, tables.machine.c.last_seen)).one()
    assert tuple(row) == moved


def store_pool(connection: Connection) -> int:
    """The row of a pool."""
    return int(connection.execute(select(func.min(tables.pool.c.id))).scalar_one())
