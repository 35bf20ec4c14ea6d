"""What a host takes from its publisher: newer catalogs, and a list whose seq never goes back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.host_home import activate_home
from simulators.publisher import NOW, PUBLISHER_ID, SimulatedPublisher, seeded
from tenure.adapters.os.home import Home
from tenure.adapters.sql.host_store import SqlHostStore
from tenure.core.catalog import KeyEntry
from tenure.core.errors import Code, TenureError, Unavailable
from tenure.core.revocation import Revocable, Revocation
from tenure.host.refresh import refresh, refresh_from_file
from tenure.host.served import served_by
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, sign_catalog
from tenure.wire.publication import PublisherUpdate, update_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tenure.host.refresh import Refreshed

PUBLISHER = SimulatedPublisher()
NEW_KEY = seeded(60)
STOLEN = Revocation(kind=Revocable.HOST, subject="99999999-9999-4999-8999-999999999999", since=NOW)


@dataclass
class Answering:
    """A publisher that has its answers ready."""

    list_token: str | None = None
    catalog_tokens: tuple[str, ...] = ()
    list_error: TenureError | None = None

    def catalogs(self, publisher_id: UUID, *, after: int) -> tuple[str, ...]:
        """Those that are newer than the host's, which has seq 1."""
        assert (publisher_id, after) == (PUBLISHER_ID, 1)
        return self.catalog_tokens

    def revocations(self, publisher_id: UUID) -> str | None:
        """The list."""
        assert publisher_id == PUBLISHER_ID
        if self.list_error is not None:
            raise self.list_error
        return self.list_token


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlHostStore]:
    """The store of an activated host."""
    home = Home(tmp_path)
    activate_home(home, PUBLISHER, now=NOW)
    store = SqlHostStore(home.host_database)
    yield store
    store.close()


def asked(store: SqlHostStore, publisher: Answering) -> Refreshed:
    """What the host knows after it asked."""
    return refresh(PUBLISHER_ID, publisher, store=store, clock=lambda: NOW)


def known_seq(store: SqlHostStore) -> int | None:
    """The seq of the list that the host serves."""
    known = served_by(store).publishers[PUBLISHER_ID].revocations
    return known.newest.seq if known else None


def rotated() -> tuple[str, str]:
    """A catalog (seq 2) that closes the signing key and opens another, and a list (seq 2) signed by that one."""
    catalog = SimulatedPublisher(seq=2).catalog
    keys = (
        replace(catalog.keys[0], closes=NOW - 100),
        KeyEntry(NEW_KEY.kid, NEW_KEY.public.x, SIGNED_BY_PUBLISHER, NOW - 100),
    )
    token = sign_catalog(replace(catalog, keys=keys), document_id="catalog-2", root=PUBLISHER.root)
    return token, SimulatedPublisher(signing_key=NEW_KEY).revocations(STOLEN, seq=2)


def test_a_publisher_without_a_list_changes_nothing(store: SqlHostStore) -> None:
    """Nothing was revoked yet."""
    assert asked(store, Answering()).revocations is None
    assert known_seq(store) is None


def test_a_list_is_kept_and_served(store: SqlHostStore) -> None:
    """As the publisher signed it."""
    token = PUBLISHER.revocations(STOLEN, seq=3)
    found = asked(store, Answering(token)).revocations
    assert found is not None
    assert (found.token, found.newest.entries) == (token, (STOLEN,))
    assert known_seq(store) == 3


def test_the_same_list_again_is_no_rollback(store: SqlHostStore) -> None:
    """It is fetched each hour, and signed anew once a day."""
    for _ in range(2):
        asked(store, Answering(PUBLISHER.revocations(STOLEN, seq=3)))
    assert known_seq(store) == 3


@pytest.mark.parametrize(
    ("token", "code"),
    [
        pytest.param(PUBLISHER.revocations(seq=2), Code.REVOCATION_ROLLED_BACK, id="an older list"),
        pytest.param(
            PUBLISHER.revocations(seq=3), Code.REVOCATION_ROLLED_BACK, id="another list of the same seq"
        ),
        pytest.param(
            SimulatedPublisher(signing_key=NEW_KEY).revocations(seq=9), Code.CHAIN_BROKEN, id="a forged list"
        ),
        pytest.param(
            SimulatedPublisher(publisher_id=UUID(int=5)).revocations(seq=9),
            Code.CHAIN_BROKEN,
            id="another publisher's list",
        ),
        pytest.param("list", Code.DOCUMENT_MALFORMED, id="no list"),
    ],
)
def test_what_does_not_follow_is_not_taken(store: SqlHostStore, token: str, code: Code) -> None:
    """The list that is known still counts."""
    asked(store, Answering(PUBLISHER.revocations(STOLEN, seq=3)))
    with pytest.raises(TenureError) as caught:
        asked(store, Answering(token))
    assert caught.value.code is code
    assert known_seq(store) == 3


def test_a_newer_catalog_comes_first_and_names_the_key_of_the_list(store: SqlHostStore) -> None:
    """So a host that missed the rotation of the signing key catches up at once."""
    catalog, token = rotated()
    found = asked(store, Answering(token, (catalog,)))
    assert found.catalog.seq == 2
    assert known_seq(store) == 2


def test_a_catalog_is_kept_although_the_list_cannot_be_had(store: SqlHostStore) -> None:
    """The publisher broke off between the two."""
    catalog, _ = rotated()
    error = Unavailable(Code.PUBLISHER_UNREACHABLE, "It is gone.")
    with pytest.raises(Unavailable):
        asked(store, Answering(None, (catalog,), error))
    assert served_by(store).publishers[PUBLISHER_ID].catalog.seq == 2


def test_a_list_by_a_key_that_was_closed_from_before_makes_room(store: SqlHostStore) -> None:
    """A thief's list of the highest seq there is keeps the publisher's out until a catalog closes the stolen key."""
    asked(store, Answering(PUBLISHER.revocations(seq=2**53)))
    catalog, token = rotated()
    with pytest.raises(TenureError) as caught:
        asked(store, Answering(PUBLISHER.revocations(STOLEN, seq=4)))
    assert caught.value.code is Code.REVOCATION_ROLLED_BACK
    asked(store, Answering(token, (catalog,)))
    assert known_seq(store) == 2


class Overtaken(SqlHostStore):
    """A store in which another program saves a list between this one's look and its own saving."""

    other: str | None = None

    def replace_revocations(self, publisher_id: UUID, before: str | None, after: str) -> bool:
        """The other one comes first, once."""
        if self.other is not None:
            other, self.other = self.other, None
            assert super().replace_revocations(publisher_id, before, other)
        return super().replace_revocations(publisher_id, before, after)


@pytest.mark.parametrize(("theirs", "kept"), [(5, 7), (9, 9)], ids=["an older one", "a newer one"])
def test_a_newer_list_that_comes_between_is_not_overwritten(tmp_path: Path, theirs: int, kept: int) -> None:
    """The running host and a command may fetch at the same moment."""
    home = Home(tmp_path)
    activate_home(home, PUBLISHER, now=NOW)
    store = Overtaken(home.host_database)
    store.other = PUBLISHER.revocations(seq=theirs)
    try:
        if theirs > 7:
            with pytest.raises(TenureError, match="seq 7"):
                asked(store, Answering(PUBLISHER.revocations(seq=7)))
        else:
            asked(store, Answering(PUBLISHER.revocations(seq=7)))
        assert known_seq(store) == kept
    finally:
        store.close()


def test_a_file_brings_what_the_network_would(store: SqlHostStore) -> None:
    """Catalogs and list, in the order in which they verify each other."""
    catalog, token = rotated()
    update = PublisherUpdate(catalogs=(PUBLISHER.catalog_token, catalog), revocations=token)
    found = refresh_from_file(update, store=store, clock=lambda: NOW)
    assert (found.catalog.seq, known_seq(store)) == (2, 2)


def test_a_file_of_catalogs_alone_is_enough(store: SqlHostStore) -> None:
    """As `tenure publisher catalog export` writes it; a list that is known stays."""
    asked(store, Answering(PUBLISHER.revocations(seq=3)))
    found = refresh_from_file(
        PublisherUpdate(catalogs=(PUBLISHER.catalog_token,)), store=store, clock=lambda: NOW
    )
    assert found.revocations is not None
    assert known_seq(store) == 3


def test_a_file_of_a_stranger_is_refused(store: SqlHostStore) -> None:
    """No publisher comes to a host but by a host key."""
    stranger = SimulatedPublisher(publisher_id=UUID(int=5), root=seeded(70))
    with pytest.raises(TenureError, match="knows no publisher"):
        refresh_from_file(PublisherUpdate(catalogs=(stranger.catalog_token,)), store=store, clock=lambda: NOW)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"catalogs": []}', b'{"catalogs": "x"}', b"\xff"])
def test_a_file_that_is_none_says_how_to_get_one(data: bytes) -> None:
    """Whatever an administrator picked by mistake."""
    with pytest.raises(TenureError, match="revocations export") as caught:
        update_in(data)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
