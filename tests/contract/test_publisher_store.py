"""What every publisher's store does, in memory and in SQLite alike."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.authority import SimulatedAuthority, host_request
from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.publisher_store import SqlPublisherStore
from tenure.core.enrolment import HostSeat
from tenure.core.errors import Refused
from tenure.core.product_key import KeyType
from tenure.publisher.activation import activate_host
from tenure.publisher.keys import issue_host_key
from tenure.publisher.memory import MemoryPublisherStore
from tenure.publisher.store import Holder, IssuedKey, PublisherStore, StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = IssuedKey(
    key_id="key-1",
    public_x="x",
    type=KeyType.HOST,
    product_number=1023,
    pools=("servers", "workstations"),
    limit=6,
    customer="Customer",
    agreement="A-1",
    trial=True,
    partial="ABCDE",
    issued_at=5,
)
DOCUMENT = "a.b.c"
ANSWER = StoredAnswer(request_digest=b"d" * 32, token=DOCUMENT, key_id="key-1", used=2, limit=6)
HOLDER = Holder(activation_id=UUID(int=1), seat=HostSeat(UUID(int=2), "kid", "fingerprint", 1), at=7)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PublisherStore]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryPublisherStore()
        return
    path = tmp_path / "publisher.db"
    migrate(path, History.PUBLISHER)
    sql = SqlPublisherStore(path)
    yield sql
    sql.close()


def test_an_empty_store_knows_nobody(store: PublisherStore) -> None:
    """Every question has an answer."""
    with store.reading() as rows:
        assert rows.publisher_id() is None
        assert rows.catalogs() == ()
        assert rows.key("key-1") is None
        assert list(rows.issued_keys()) == []
        assert rows.answer("request-1") is None


def test_what_was_written_is_read(store: PublisherStore) -> None:
    """Every field of every row comes back as it was."""
    with store.transaction() as rows:
        rows.set_publisher_id(UUID(int=9))
        rows.save_catalogs(["first", "newest"])
        rows.add_key(KEY)
        rows.save_holder("key-1", HOLDER)
        rows.save_answer("request-1", ANSWER)
        rows.audit(1, "did", "something")
    with store.reading() as rows:
        assert rows.publisher_id() == UUID(int=9)
        assert rows.catalogs() == ("first", "newest")
        assert rows.key("key-1") == KEY
        assert list(rows.issued_keys()) == [KEY]
        assert list(rows.holders("key-1")) == [HOLDER]
        assert rows.answer("request-1") == ANSWER


def test_catalogs_are_replaced_as_a_whole(store: PublisherStore) -> None:
    """The list that travels is the list that was saved last."""
    with store.transaction() as rows:
        rows.save_catalogs(["one", "two"])
        rows.save_catalogs(["three"])
        assert rows.catalogs() == ("three",)


def test_a_holder_is_replaced_by_its_id(store: PublisherStore) -> None:
    """An activation that is renewed stays one."""
    again = Holder(activation_id=UUID(int=1), seat=HostSeat(UUID(int=2), "other", "other", 2), at=8)
    with store.transaction() as rows:
        rows.add_key(KEY)
        rows.save_holder("key-1", HOLDER)
        rows.save_holder("key-1", again)
        assert list(rows.holders("key-1")) == [again]


def test_an_error_undoes_the_whole_transaction(store: PublisherStore) -> None:
    """Nothing is half done."""

    def fail() -> None:
        with store.transaction() as rows:
            rows.add_key(KEY)
            raise KeyError("in the middle")

    with pytest.raises(KeyError):
        fail()
    with store.reading() as rows:
        assert list(rows.issued_keys()) == []


def test_the_last_place_on_a_key_is_taken_once(store: PublisherStore) -> None:
    """Eight hosts ask at the same moment for six places: six get one, two are refused."""
    simulated = SimulatedAuthority(store)
    key, _ = issue_host_key(simulated.authority, pools=(), customer="", agreement="", trial=False)
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def ask(number: int) -> None:
        request = host_request(
            key.text,
            audience=simulated.publisher_id,
            host_id=UUID(int=number),
            request_id=f"request-{number}",
        )
        start.wait()
        try:
            activate_host(simulated.authority, request)
            outcomes.append("activated")
        except Refused as error:
            outcomes.append(error.code.value)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["activated"] * 6 + ["key_limit"] * 2
