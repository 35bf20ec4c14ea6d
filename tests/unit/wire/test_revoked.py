"""What follows from a revocation: for a lease that arrives, for one that is held, for a grant, and for the host itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tenure.core.errors import Code, Unavailable, Untrusted
from tenure.core.revocation import LATEST, Revocable, Revocation
from tenure.wire.revoked import check_grant, check_not_revoked, in_words
from tenure.wire.trust import accept_grant
from unit.wire.example import (
    CATALOG,
    CERTIFICATE,
    GRANT,
    GRANT_TOKEN,
    HOST_ID,
    LEASE,
    NOW,
    PAIR,
    PENDING_GRANT,
    REVOCATIONS,
    accept,
    keep,
    lease_token,
)

STOLEN = Revocation(kind=Revocable.HOST, subject=str(HOST_ID), since=NOW - 60, reason="stolen")
SOLD_TWICE = Revocation(kind=Revocable.KEY, subject=PAIR.kid, since=NOW - 60)


@pytest.mark.parametrize(
    ("revocation", "words"),
    [
        (STOLEN, "revoked from 2027-01-15 07:59:00 UTC on (stolen)"),
        (SOLD_TWICE, "revoked from 2027-01-15 07:59:00 UTC on"),
        (replace(SOLD_TWICE, since=0), "revoked from 1970-01-01 00:00:00 UTC on"),
        (replace(SOLD_TWICE, since=LATEST), "revoked from 9999-12-31 23:59:59 UTC on"),
    ],
    ids=["with a reason", "without", "the first second", "the last second"],
)
def test_a_revocation_is_told_with_its_time_and_its_reason(revocation: Revocation, words: str) -> None:
    """For people, in UTC."""
    assert in_words(revocation) == words


@pytest.mark.parametrize("entry", [STOLEN, SOLD_TWICE], ids=["its host", "its key"])
def test_a_lease_of_a_revoked_host_is_not_taken(entry: Revocation) -> None:
    """The chain holds, and all that the lease says is right; the list alone speaks against it."""
    known = replace(REVOCATIONS, entries=(*REVOCATIONS.entries, entry))
    assert accept(revocations=REVOCATIONS) == (LEASE, CERTIFICATE)
    with pytest.raises(Untrusted, match="07:59:00 UTC") as caught:
        accept(revocations=known)
    assert caught.value.code is Code.HOST_REVOKED


@pytest.mark.parametrize("entry", [STOLEN, SOLD_TWICE], ids=["its host", "its key"])
def test_a_lease_from_before_runs_out_and_a_later_one_is_void(entry: Revocation) -> None:
    """At rest the lease's own `iat` decides."""
    known = replace(REVOCATIONS, entries=(entry,))
    before = lease_token(iat=entry.since - 1, exp=entry.since - 1 + LEASE.exp - LEASE.iat)
    assert keep(lease=before, revocations=known)[0].iat == entry.since - 1
    with pytest.raises(Untrusted) as caught:
        keep(revocations=known)
    assert caught.value.code is Code.HOST_REVOKED


@pytest.mark.parametrize(
    ("now", "refused"), [(STOLEN.since - 1, False), (STOLEN.since, True)], ids=["before", "from then on"]
)
def test_a_host_grants_until_it_is_revoked(*, now: int, refused: bool) -> None:
    """A revocation may begin in the future."""
    check_not_revoked(None, now)
    if not refused:
        check_not_revoked(STOLEN, now)
        return
    with pytest.raises(Unavailable, match=r"stolen.*grants no leases") as caught:
        check_not_revoked(STOLEN, now)
    assert caught.value.code is Code.HOST_REVOKED


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            Revocation(kind=Revocable.GRANT, subject=GRANT.grant_id, since=NOW, reason="released"),
            "The activation",
        ),
        (Revocation(kind=Revocable.KEY, subject=GRANT.key_id, since=NOW), "The product key"),
    ],
    ids=["the activation", "the key"],
)
def test_a_revoked_grant_says_what_was_revoked(entry: Revocation, words: str) -> None:
    """From then on; until then it counts, and is taken when it arrives."""
    known = replace(REVOCATIONS, entries=(entry,))
    check_grant(None, NOW)
    check_grant(entry, NOW - 1)
    assert accept_grant(GRANT_TOKEN, CATALOG, PENDING_GRANT, revocations=known, now=NOW - 1) == GRANT
    for attempt in (
        lambda: check_grant(entry, NOW),
        lambda: accept_grant(GRANT_TOKEN, CATALOG, PENDING_GRANT, revocations=known, now=NOW),
    ):
        with pytest.raises(Untrusted, match=words) as caught:
            attempt()
        assert caught.value.code is Code.GRANT_REVOKED
