"""Revocation: what a list takes back, from which second on, and which list takes another's place."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.core.revocation import Revocable, Revocation, RevocationList, check_next_list
from unit.wire.example import CERTIFICATE, GRANT, HOST_ID, LEASE, NOW, OTHER_ID, PAIR, PUBLISHER_ID

THE_HOST: Final = Revocation(kind=Revocable.HOST, subject=str(HOST_ID), since=NOW)
ITS_KEY: Final = Revocation(kind=Revocable.KEY, subject=PAIR.kid, since=NOW)
ANOTHER_HOST: Final = Revocation(kind=Revocable.HOST, subject=str(OTHER_ID), since=0)
THE_GRANT: Final = Revocation(kind=Revocable.GRANT, subject="grant-1", since=NOW)
OF_THE_KEY: Final = replace(GRANT, grant_id="grant-1", key_id=PAIR.kid)


def listing(*entries: Revocation, seq: int = 1) -> RevocationList:
    """A list of these."""
    return RevocationList(publisher_id=PUBLISHER_ID, seq=seq, iat=NOW, next_update=NOW + 100, entries=entries)


@pytest.mark.parametrize(
    ("iat", "void"),
    [
        pytest.param(NOW - 1, False, id="granted a second before"),
        pytest.param(NOW, True, id="granted in the second of `from`"),
        pytest.param(NOW + 1, True, id="granted a second after"),
    ],
)
@pytest.mark.parametrize("entry", [THE_HOST, ITS_KEY], ids=["the host", "its key"])
def test_a_lease_is_void_from_then_on_and_earlier_ones_run_out(
    *, entry: Revocation, iat: int, void: bool
) -> None:
    """Whether the host itself or the key that it was certified with is revoked."""
    lease = replace(LEASE, iat=iat)
    assert (listing(entry).voids_lease(lease, CERTIFICATE) is entry) is void


@pytest.mark.parametrize(
    ("now", "iat", "refused"),
    [
        pytest.param(NOW - 1, NOW - 1, False, id="before"),
        pytest.param(NOW, NOW, True, id="from then on"),
        pytest.param(NOW, NOW - 14_400, True, id="signed with an iat of four hours ago"),
        pytest.param(NOW - 60, NOW, True, id="signed by a clock that is ahead"),
    ],
)
def test_nothing_new_is_taken_of_a_revoked_host(*, now: int, iat: int, refused: bool) -> None:
    """A host that sets the `iat` of its leases back wins nothing: the machine's own clock counts too."""
    found = listing(THE_HOST).refuses_lease(replace(LEASE, iat=iat), CERTIFICATE, now=now)
    assert (found is THE_HOST) is refused


@pytest.mark.parametrize("now", [NOW - 1, NOW, NOW + 1], ids=["before", "from then on", "after"])
@pytest.mark.parametrize("entry", [THE_GRANT, ITS_KEY], ids=["the grant", "its key"])
def test_a_grant_is_void_from_then_on_whatever_its_iat(entry: Revocation, now: int) -> None:
    """It has no end that it could run to."""
    found = listing(entry).of_grant(OF_THE_KEY)
    assert found is entry
    assert found.in_force(now) is (now >= NOW)


def test_what_is_not_listed_is_not_revoked() -> None:
    """Neither another's entry, nor an id of another kind, says anything about a host or a grant."""
    same_words = [
        Revocation(kind=Revocable.GRANT, subject=str(HOST_ID), since=0),
        Revocation(kind=Revocable.HOST, subject=PAIR.kid, since=0),
        Revocation(kind=Revocable.KEY, subject="grant-1", since=0),
    ]
    known = listing(ANOTHER_HOST, *same_words)
    assert known.of_certificate(CERTIFICATE) is None
    assert known.of_grant(OF_THE_KEY) is None


@pytest.mark.parametrize("host_since", [NOW - 1, NOW + 1])
def test_of_host_and_key_the_earlier_counts(host_since: int) -> None:
    """Both are revoked: the first of the two instants ends it."""
    host = replace(THE_HOST, since=host_since)
    assert listing(host, ITS_KEY).of_certificate(CERTIFICATE) is (host if host_since < NOW else ITS_KEY)


def test_a_list_names_nothing_twice() -> None:
    """Which of two entries counts would hang on their order; of two kinds the same text is two subjects."""
    with pytest.raises(UsageError) as caught:
        listing(THE_HOST, replace(THE_HOST, since=5))
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert len(listing(THE_HOST, replace(THE_HOST, kind=Revocable.GRANT)).entries) == 2


@pytest.mark.parametrize(("now", "stale"), [(NOW + 99, False), (NOW + 100, True)], ids=["in time", "overdue"])
def test_a_list_is_stale_from_its_next_update_on(*, now: int, stale: bool) -> None:
    """Half-open, like every validity."""
    assert listing().is_stale(now) is stale


def test_machines_are_told_of_a_list_only_when_it_revokes_something() -> None:
    """An empty list, which is signed anew each day, would cost each machine a question for nothing."""
    assert listing(seq=7).told_seq == 0
    assert listing(ANOTHER_HOST, seq=7).told_seq == 7


@pytest.mark.parametrize("seq", [1, 4, 5], ids=["far lower", "lower", "the same"])
def test_the_seq_never_goes_back(seq: int) -> None:
    """Two lists of one seq do not follow each other either."""
    with pytest.raises(Untrusted) as caught:
        check_next_list(listing(seq=5), listing(THE_HOST, seq=seq))
    assert caught.value.code is Code.REVOCATION_ROLLED_BACK


def test_a_list_of_another_publisher_never_follows() -> None:
    """However high its seq."""
    with pytest.raises(Untrusted) as caught:
        check_next_list(listing(), replace(listing(seq=9), publisher_id=UUID(int=9)))
    assert caught.value.code is Code.CHAIN_BROKEN


def test_a_higher_seq_follows() -> None:
    """Also when seqs between were never seen."""
    check_next_list(listing(seq=5), listing(THE_HOST, seq=9))


times = st.integers(NOW - 10, NOW + 10)


@given(since=times, iat=times, now=times)
def test_what_is_taken_is_not_void(since: int, iat: int, now: int) -> None:
    """A lease that a list lets a machine take counts with the same list at the next start."""
    known = listing(replace(THE_HOST, since=since))
    lease = replace(LEASE, iat=iat)
    if known.refuses_lease(lease, CERTIFICATE, now=now) is None:
        assert known.voids_lease(lease, CERTIFICATE) is None
