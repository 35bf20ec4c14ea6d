"""Revoking hosts and keys, and the signed list that says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.authority import HOST_ID, SeededKeys, SimulatedAuthority, host_request
from simulators.publisher import NOW, seeded
from tenure.core.errors import Code, TenureError, Untrusted, UsageError
from tenure.core.policy import DAY
from tenure.core.revocation import LATEST, LONGEST_REASON, Revocable, Revocation, RevocationList
from tenure.publisher.activation import activate_host
from tenure.publisher.key_records import show_key
from tenure.publisher.keys import issue_host_key
from tenure.publisher.memory import MemoryPublisherStore
from tenure.publisher.revocations import (
    LIFETIME_SECONDS,
    RENEWAL_SECONDS,
    current_list,
    published_list,
    revoke_host,
    revoke_key,
)
from tenure.publisher.rotation import replace_lost_signing_key
from tenure.wire.revocation import open_revocations

if TYPE_CHECKING:
    from tenure.wire.keys import SigningKey


class Setting:
    """A publisher with a host key, and one host on it."""

    def __init__(self) -> None:
        """The host is activated."""
        self.simulated = SimulatedAuthority()
        self.authority = self.simulated.authority
        self.key, self.issued = issue_host_key(
            self.authority, pools=(), customer="Customer", agreement="A-1", trial=False
        )
        self.activate(HOST_ID)

    def activate(self, host_id: UUID, *, request_id: str | None = None) -> int:
        """The host is activated with the key; how many places are taken then."""
        request = host_request(
            self.key.text,
            audience=self.simulated.publisher_id,
            host_id=host_id,
            request_id=request_id or f"request of {host_id}",
            now=self.simulated.now,
        )
        return activate_host(self.authority, request).used

    def code_of_activating(self, host_id: UUID, *, request_id: str = "another request") -> Code:
        """What keeps the host from being activated."""
        with pytest.raises(TenureError) as caught:
            self.activate(host_id, request_id=request_id)
        return caught.value.code

    @property
    def published(self) -> RevocationList:
        """The list, as everybody reads it."""
        token = published_list(self.authority, self.simulated.publisher_id)
        assert token is not None
        catalog = self.authority.catalogs().newest
        return open_revocations(token, catalog, None, now=self.simulated.now).newest

    @property
    def audited(self) -> list[tuple[int, str, str]]:
        """All that was done."""
        store = self.simulated.store
        assert isinstance(store, MemoryPublisherStore)
        events = [row.event for row in store.rows.audited]
        return [(event.at, event.action, f"{event.subject}: {event.detail}") for event in events]


def test_a_revoked_host_stands_in_the_list_and_its_place_is_free() -> None:
    """Another host takes it; the revoked one comes back on no key."""
    setting = Setting()
    revoked = revoke_host(setting.authority, HOST_ID, reason="stolen", since=None)
    assert (revoked.changed, revoked.places_freed, revoked.seq) == (True, 1, 1)
    assert setting.published.entries == (
        Revocation(kind=Revocable.HOST, subject=str(HOST_ID), since=NOW, reason="stolen"),
    )
    assert show_key(setting.authority, setting.issued.key_id).used == 0
    assert setting.activate(UUID(int=1)) == 1
    assert setting.code_of_activating(HOST_ID) is Code.KEY_BLOCKED


def test_a_host_that_no_key_knows_is_revoked_all_the_same() -> None:
    """A backup may have forgotten it; that no place was freed is told."""
    setting = Setting()
    revoked = revoke_host(setting.authority, UUID(int=5), reason="", since=None)
    assert (revoked.changed, revoked.places_freed) == (True, 0)
    assert setting.published.find(Revocable.HOST, str(UUID(int=5))) == revoked.revocation


def test_a_revoked_key_is_blocked_and_stands_in_the_list() -> None:
    """New hosts are refused with it; the hosts that it has are told by the list."""
    setting = Setting()
    revoked = revoke_key(setting.authority, setting.issued.key_id, reason="leaked", since=NOW - DAY)
    assert (revoked.revocation.kind, revoked.revocation.since) == (Revocable.KEY, NOW - DAY)
    assert setting.published.entries == (revoked.revocation,)
    assert show_key(setting.authority, setting.issued.key_id).key.blocked
    assert setting.code_of_activating(UUID(int=1)) is Code.KEY_BLOCKED


def test_a_key_that_was_never_issued_cannot_be_revoked() -> None:
    """A mistyped id is told, and nothing is signed."""
    setting = Setting()
    with pytest.raises(TenureError) as caught:
        revoke_key(setting.authority, "x" * 43, reason="", since=None)
    assert caught.value.code is Code.KEY_UNKNOWN
    assert published_list(setting.authority, setting.simulated.publisher_id) is None


@pytest.mark.parametrize(
    ("since", "reason", "expected"),
    [
        pytest.param(None, "again", (NOW, "stolen", False), id="again"),
        pytest.param(NOW + DAY, "later", (NOW, "stolen", False), id="later"),
        pytest.param(NOW - DAY, "", (NOW - DAY, "stolen", True), id="earlier"),
        pytest.param(NOW - DAY, "a week ago", (NOW - DAY, "a week ago", True), id="earlier-and-why"),
    ],
)
def test_a_revocation_only_moves_to_an_earlier_time(
    since: int | None, reason: str, expected: tuple[int, str, bool]
) -> None:
    """There is no way back, and no way to a later time."""
    setting = Setting()
    revoke_host(setting.authority, HOST_ID, reason="stolen", since=None)
    setting.simulated.now += 60
    revoked = revoke_host(setting.authority, HOST_ID, reason=reason, since=since)
    found = revoked.revocation
    assert (found.since, found.reason, revoked.changed) == expected
    assert setting.published.entries == (found,)


def test_every_revocation_leaves_one_audit_row() -> None:
    """Who looks later sees what was revoked, when, from when on, and why; a repetition adds nothing."""
    setting = Setting()
    before = len(setting.audited)
    for _ in range(2):
        revoke_host(setting.authority, HOST_ID, reason="stolen", since=NOW - 60)
    assert setting.audited[before:] == [
        (NOW, "host revoke", f"{HOST_ID}: revoked from 2027-01-15 07:59:00 UTC on (stolen)")
    ]


@pytest.mark.parametrize(
    ("reason", "since"),
    [
        pytest.param("x" * (LONGEST_REASON + 1), None, id="a long reason"),
        pytest.param("a\nb", None, id="a reason of two lines"),
        pytest.param("", -1, id="before 1970"),
        pytest.param("", LATEST + 1, id="after 9999"),
    ],
)
def test_what_cannot_stand_in_a_list_changes_nothing(reason: str, since: int | None) -> None:
    """The key still activates, and the host keeps its place."""
    setting = Setting()
    with pytest.raises(UsageError) as of_the_key:
        revoke_key(setting.authority, setting.issued.key_id, reason=reason, since=since)
    with pytest.raises(UsageError) as of_the_host:
        revoke_host(setting.authority, HOST_ID, reason=reason, since=since)
    assert of_the_key.value.code is of_the_host.value.code is Code.INVALID_ARGUMENT
    report = show_key(setting.authority, setting.issued.key_id)
    assert (report.used, report.key.blocked) == (1, False)


def test_a_full_list_revokes_nothing_and_says_so() -> None:
    """What cannot be told to anybody must not be taken for revoked."""
    setting = Setting()
    store = setting.simulated.store
    with store.transaction() as rows:
        for number in range(13_000):
            rows.revoke(Revocation(kind=Revocable.HOST, subject=str(UUID(int=number)), since=NOW))
    with pytest.raises(UsageError, match="list is full"):
        revoke_key(setting.authority, setting.issued.key_id, reason="", since=None)
    assert not show_key(setting.authority, setting.issued.key_id).key.blocked


@pytest.mark.parametrize(
    ("age", "seq"), [(RENEWAL_SECONDS - 1, 1), (RENEWAL_SECONDS, 2)], ids=["under a day old", "a day old"]
)
def test_the_list_is_signed_anew_each_day(age: int, seq: int) -> None:
    """One seq higher, good for a week from then on; younger than a day it stays as it is."""
    setting = Setting()
    first = current_list(setting.authority).newest
    assert (first.seq, first.entries, first.next_update) == (1, (), NOW + LIFETIME_SECONDS)
    setting.simulated.now += age
    assert current_list(setting.authority).newest.seq == setting.published.seq == seq


def test_a_new_signing_key_signs_the_list_at_once() -> None:
    """Whoever hears of a lost key's end would not believe what that key signed."""
    setting = Setting()
    current_list(setting.authority)
    replace_lost_signing_key(setting.authority)
    assert current_list(setting.authority).newest.seq == setting.published.seq == 2


def test_a_clock_that_went_back_does_not_date_a_list_before_the_last() -> None:
    """Readers compare by seq; people compare by date."""
    setting = Setting()
    setting.simulated.now = NOW + DAY
    current_list(setting.authority)
    setting.simulated.now = NOW
    revoke_host(setting.authority, HOST_ID, reason="", since=None)
    assert (setting.published.seq, setting.published.iat) == (2, NOW + DAY)


def test_the_list_of_another_publisher_is_not_here() -> None:
    """Whoever asks for its id hears of none."""
    setting = Setting()
    current_list(setting.authority)
    assert published_list(setting.authority, UUID(int=99)) is None


class OtherKeys(SeededKeys):
    """A signing key file that is not the publisher's."""

    def signing_key(self) -> SigningKey:
        """The key of somebody else."""
        return seeded(8)


def test_a_wrong_signing_key_revokes_nothing() -> None:
    """A list that nobody would believe is not made, and the host keeps its place until it is."""
    setting = Setting()
    with pytest.raises(Untrusted) as caught:
        revoke_host(replace(setting.authority, keys=OtherKeys()), HOST_ID, reason="", since=None)
    assert caught.value.code is Code.STATE_DAMAGED
    assert show_key(setting.authority, setting.issued.key_id).used == 1
