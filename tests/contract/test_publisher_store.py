"""What every publisher's store does, in memory and in SQLite alike."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.authority import SimulatedAuthority, host_request, machine_request
from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.publisher_store import SqlPublisherStore
from tenure.core.enrolment import HostSeat, Installation
from tenure.core.errors import Refused
from tenure.core.product_key import KeyType
from tenure.core.revocation import Revocable, Revocation
from tenure.publisher.activation import activate_host
from tenure.publisher.audit import BEFORE_THE_FIRST, Actor, AuditEvent, Folded, append, check_chain
from tenure.publisher.keys import issue_host_key
from tenure.publisher.machine_activation import activate_machine
from tenure.publisher.memory import MemoryPublisherStore
from tenure.publisher.store import Holder, IssuedKey, PublisherStore, StoredAnswer
from tenure.publisher.tokens import ApiToken, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
MAK = replace(KEY, key_id="key-2", type=KeyType.MAK, product_number=0, pools=None, limit=3, trial=False)
MACHINE = Holder(activation_id=UUID(int=3), seat=Installation(UUID(int=4), "fingerprint-4"), at=8)


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
        assert (rows.used("key-1"), list(rows.holders("key-1"))) == (0, [])
        assert rows.installation("key-1", "fingerprint-4") is None
        assert rows.holder(UUID(int=1)) is None
        assert rows.revocation(Revocable.HOST, "host") is None
        assert list(rows.revocations()) == []
        assert rows.revocation_list() is None


def test_what_was_written_is_read(store: PublisherStore) -> None:
    """Every field of every row comes back as it was."""
    with store.transaction() as rows:
        rows.set_publisher_id(UUID(int=9))
        rows.save_catalogs(["first", "newest"])
        rows.add_key(KEY)
        rows.save_holder("key-1", HOLDER)
        rows.save_answer("request-1", ANSWER)
    with store.reading() as rows:
        assert rows.publisher_id() == UUID(int=9)
        assert rows.catalogs() == ("first", "newest")
        assert rows.key("key-1") == KEY
        assert list(rows.issued_keys()) == [(KEY, 1)]
        assert list(rows.holders("key-1")) == [HOLDER]
        assert rows.answer("request-1") == ANSWER


def test_keys_are_told_with_what_is_used_of_them(store: PublisherStore) -> None:
    """In the order in which they were issued; all, or those after one."""
    third = replace(MAK, key_id="key-3")
    with store.transaction() as rows:
        for key in (KEY, MAK, third):
            rows.add_key(key)
        rows.save_holder("key-1", HOLDER)
        for number in range(2):
            seat = Installation(UUID(int=40 + number), f"fingerprint-4{number}")
            rows.save_holder("key-2", Holder(activation_id=UUID(int=50 + number), seat=seat, at=8))
    with store.reading() as rows:
        assert list(rows.issued_keys()) == [(KEY, 1), (MAK, 2), (third, 0)]
        assert list(rows.issued_keys(after="key-1")) == [(MAK, 2), (third, 0)]
        assert list(rows.issued_keys(after="key-3")) == []


def test_keys_are_found_by_the_beginning_of_their_id(store: PublisherStore) -> None:
    """Capital and small letters are two; no character is a pattern; ten at most are told."""
    with store.transaction() as rows:
        for key_id in ("Ab-1", "ab-1", "a_-1", *(f"many-{number}" for number in range(12))):
            rows.add_key(replace(KEY, key_id=key_id))
    with store.reading() as rows:
        assert [key.key_id for key in rows.keys_beginning("Ab")] == ["Ab-1"]
        assert [key.key_id for key in rows.keys_beginning("a_")] == ["a_-1"]
        assert [key.key_id for key in rows.keys_beginning("a%")] == []
        assert len(rows.keys_beginning("many-")) == 10


def test_keys_are_found_by_who_holds_them(store: PublisherStore) -> None:
    """By a host's or a machine's id in any writing, or by its exact fingerprint."""
    with store.transaction() as rows:
        for key, holder in ((KEY, HOLDER), (MAK, MACHINE)):
            rows.add_key(key)
            rows.save_holder(key.key_id, holder)
    with store.reading() as rows:
        assert list(rows.keys_held_by(str(HOLDER.sub))) == ["key-1"]
        assert list(rows.keys_held_by(MACHINE.sub.hex.upper())) == ["key-2"]
        assert list(rows.keys_held_by("fingerprint")) == ["key-1"]
        assert list(rows.keys_held_by("fingerprint-4")) == ["key-2"]
        assert list(rows.keys_held_by("finger")) == []


def test_a_key_s_customer_is_replaced(store: PublisherStore) -> None:
    """And nothing else of it, nor of another."""
    with store.transaction() as rows:
        rows.add_key(KEY)
        rows.add_key(MAK)
        rows.save_customer("key-1", "Other", "A-2")
    with store.reading() as rows:
        assert rows.key("key-1") == replace(KEY, customer="Other", agreement="A-2")
        assert rows.key("key-2") == MAK


def test_the_audit_is_kept_in_its_order(store: PublisherStore) -> None:
    """Every member of every row, newest first, oldest first, or before one; the head is the newest row's."""
    events = [
        AuditEvent(at=at, actor=Actor(f"user {at}", "192.0.2.1"), action="did", subject="it", detail="well")
        for at in (7, 5, 9)
    ]
    with store.transaction() as rows:
        assert rows.audit_head() == BEFORE_THE_FIRST
        for event in events:
            append(rows, event)
    with store.reading() as rows:
        told = list(rows.audit_rows(oldest_first=True))
        assert [(row.seq, row.event) for row in told] == list(enumerate(events, 1))
        assert list(rows.audit_rows()) == told[::-1]
        assert list(rows.audit_rows(before=3)) == told[1::-1]
        assert rows.audit_head() == told[-1].head
        assert check_chain(told, rows.audit_head()) == told[-1].head


def test_what_was_counted_of_refusals_is_kept(store: PublisherStore) -> None:
    """By action and subject; the last count replaces the one before."""
    with store.transaction() as rows:
        assert rows.folded("did", "it") is None
        rows.save_folded("did", "it", Folded(5, 1))
        rows.save_folded("did", "it", Folded(5, 2))
    with store.reading() as rows:
        assert rows.folded("did", "it") == Folded(5, 2)
        assert rows.folded("did", "that") is None


def test_tokens_are_kept_until_they_are_removed(store: PublisherStore) -> None:
    """Oldest first, every member of each."""
    first = ApiToken(name="one", role=Role.SUPPORT, digest=b"1" * 32, made_at=1, expires_at=9)
    second = ApiToken(name="two", role=Role.ADMIN, digest=b"2" * 32, made_at=2, expires_at=None)
    with store.transaction() as rows:
        assert list(rows.tokens()) == []
        rows.add_token(first)
        rows.add_token(second)
    with store.transaction() as rows:
        assert list(rows.tokens()) == [first, second]
        rows.remove_token("one")
        rows.remove_token("nobody")
    with store.reading() as rows:
        assert list(rows.tokens()) == [second]


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


def test_machines_hold_activations_beside_hosts(store: PublisherStore) -> None:
    """Each key has its own holders; one is found by its activation, a machine also by its installation."""
    with store.transaction() as rows:
        for key, holder in ((KEY, HOLDER), (MAK, MACHINE)):
            rows.add_key(key)
            rows.save_holder(key.key_id, holder)
    with store.reading() as rows:
        assert (list(rows.holders("key-1")), list(rows.holders("key-2"))) == ([HOLDER], [MACHINE])
        assert (rows.used("key-1"), rows.used("key-2")) == (1, 1)
        assert rows.holder(HOLDER.activation_id) == (HOLDER, KEY)
        assert rows.holder(MACHINE.activation_id) == (MACHINE, MAK)
        assert rows.installation("key-2", "fingerprint-4") == MACHINE
        assert rows.installation("key-2", "fingerprint-5") is None
        assert rows.installation("key-1", "fingerprint-4") is None
        assert rows.installation("key-1", HOLDER.seat.fingerprint) is None


def test_a_machines_holder_is_replaced_by_its_id(store: PublisherStore) -> None:
    """With a new machine id it stays one, and in its place."""
    second = Holder(activation_id=UUID(int=5), seat=Installation(UUID(int=6), "fingerprint-6"), at=9)
    again = replace(MACHINE, seat=Installation(UUID(int=7), "fingerprint-4"), at=10)
    with store.transaction() as rows:
        rows.add_key(MAK)
        for holder in (MACHINE, second, again):
            rows.save_holder("key-2", holder)
        assert list(rows.holders("key-2")) == [again, second]
        assert rows.used("key-2") == 2


@pytest.mark.parametrize(("key", "holder"), [(KEY, HOLDER), (MAK, MACHINE)], ids=["host", "machine"])
def test_a_holder_that_is_removed_is_gone(store: PublisherStore, key: IssuedKey, holder: Holder) -> None:
    """Its place is free, and removing it again changes nothing."""
    with store.transaction() as rows:
        rows.add_key(key)
        rows.save_holder(key.key_id, holder)
    for _ in range(2):
        with store.transaction() as rows:
            rows.remove_holder(holder.activation_id)
    with store.reading() as rows:
        assert (rows.used(key.key_id), list(rows.holders(key.key_id))) == (0, [])
        assert rows.holder(holder.activation_id) is None


def test_a_blocked_key_stays_so(store: PublisherStore) -> None:
    """And is otherwise as it was."""
    other = replace(KEY, key_id="key-2")
    with store.transaction() as rows:
        rows.add_key(KEY)
        rows.add_key(other)
        rows.block_key("key-1")
        assert list(rows.issued_keys()) == [(replace(KEY, blocked=True), 0), (other, 0)]


def test_a_host_s_places_are_freed_on_every_key(store: PublisherStore) -> None:
    """Those of other hosts stay; a second time there is nothing to free."""
    neighbor = Holder(activation_id=UUID(int=3), seat=HostSeat(UUID(int=4), "kid", "fingerprint", 1), at=7)
    with store.transaction() as rows:
        for number in (1, 2):
            rows.add_key(replace(KEY, key_id=f"key-{number}"))
            rows.save_holder(f"key-{number}", replace(HOLDER, activation_id=UUID(int=10 + number)))
        rows.save_holder("key-1", neighbor)
        assert rows.free_places(UUID(int=2)) == 2
        assert rows.free_places(UUID(int=2)) == 0
        assert list(rows.holders("key-1")) == [neighbor]
        assert list(rows.holders("key-2")) == []


def test_revocations_keep_their_order_and_one_word_each(store: PublisherStore) -> None:
    """What is said again of a subject takes the place of what was; the same text as another kind is another subject."""
    first = Revocation(kind=Revocable.HOST, subject="one", since=9, reason="stolen")
    second = Revocation(kind=Revocable.GRANT, subject="one", since=8)
    earlier = replace(first, since=5, reason="found out later")
    with store.transaction() as rows:
        rows.revoke(first)
        rows.revoke(second)
        rows.revoke(earlier)
    with store.reading() as rows:
        assert list(rows.revocations()) == [earlier, second]
        assert rows.revocation(Revocable.HOST, "one") == earlier
        assert rows.revocation(Revocable.KEY, "one") is None


def test_the_newest_signed_list_is_kept(store: PublisherStore) -> None:
    """It replaces the one before."""
    with store.transaction() as rows:
        rows.save_revocation_list("first")
        rows.save_revocation_list("second")
    with store.reading() as rows:
        assert rows.revocation_list() == "second"


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


def test_the_last_places_on_a_host_key_are_taken_once(store: PublisherStore) -> None:
    """Eight hosts ask at the same moment for six places: six get one, two are refused."""
    simulated = SimulatedAuthority(store)
    key, _ = issue_host_key(simulated.authority, pools=(), customer="", agreement="", trial=False)
    requests = [
        host_request(
            key.text,
            audience=simulated.publisher_id,
            host_id=UUID(int=number),
            request_id=f"request-{number}",
        )
        for number in range(8)
    ]
    outcomes = raced(lambda request: activate_host(simulated.authority, request), requests)
    assert sorted(outcomes) == ["activated"] * 6 + ["key_limit"] * 2


def test_the_last_place_on_a_mak_is_taken_once(store: PublisherStore) -> None:
    """Twenty machines ask at the same moment for one place: exactly one gets it."""
    simulated = SimulatedAuthority(store)
    key = simulated.mak(1)
    requests = [
        machine_request(
            key,
            product_id=simulated.products[0].product_id,
            machine_id=UUID(int=number),
            fingerprint=f"machine-fingerprint-{number}",
            request_id=f"request-{number}",
        )
        for number in range(20)
    ]
    outcomes = raced(lambda request: activate_machine(simulated.authority, request), requests)
    assert sorted(outcomes) == ["activated"] + ["key_limit"] * 19


def raced(activate: Callable[[str], object], requests: list[str]) -> list[str]:
    """What became of requests that were made at the same moment."""
    start = threading.Barrier(len(requests))
    outcomes: list[str] = []

    def ask(request: str) -> None:
        start.wait()
        try:
            activate(request)
            outcomes.append("activated")
        except Refused as error:
            outcomes.append(error.code.value)

    threads = [threading.Thread(target=ask, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
