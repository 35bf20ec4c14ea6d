"""Revocation: what a publisher takes back, and from when on.

A list only ever grows, and a later one replaces an earlier one: nothing that was revoked comes back. What was granted
before `since` runs out by itself; what would be granted from then on is void. Signatures are checked in
`wire.revocation`; what is said here is about the values that were signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Untrusted, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tenure.core.certificate import HostCertificate
    from tenure.core.grant import Grant
    from tenure.core.lease import Lease

LONGEST_REASON: Final = 120
"""Characters of a reason: a sentence. A list of 1 MiB must still hold thousands of them."""
LATEST: Final = 253_402_300_799
"""The end of the year 9999: no revocation begins later, so that each can be told as a date."""


class Revocable(StrEnum):
    """What can be revoked."""

    HOST = "host"
    """An activation host, by its host id, whatever its certificates."""
    KEY = "key"
    """A product key, by its key id: every certificate and every grant that was made with it."""
    GRANT = "grant"
    """One activation of a MAK or a retail key, by its grant's `jti`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """One thing that was taken back."""

    kind: Revocable
    subject: str
    since: int
    """From when on, Unix seconds: `from` in the document."""
    reason: str = ""
    """For people; may be empty."""

    def in_force(self, at: int) -> bool:
        """Whether it counts at `at` (Unix seconds)."""
        return at >= self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """One edition of a publisher's list; a higher `seq` replaces a lower one.

    Raises:
        UsageError: code `invalid_argument`, when a subject stands twice: which entry counts would hang on their order.
    """

    publisher_id: UUID
    seq: int
    iat: int
    next_update: int
    """When a newer list is due, Unix seconds; this one counts until a newer one is known."""
    entries: tuple[Revocation, ...]
    _by_subject: Mapping[tuple[Revocable, str], Revocation] = field(init=False, repr=False, compare=False)
    """Made once, so that a long list costs a question no more than a short one."""

    def __post_init__(self) -> None:
        """Index the entries."""
        by_subject = {(entry.kind, entry.subject): entry for entry in self.entries}
        if len(by_subject) != len(self.entries):
            raise UsageError(Code.INVALID_ARGUMENT, "A revocation list names something twice.")
        object.__setattr__(self, "_by_subject", by_subject)

    @property
    def told_seq(self) -> int:
        """The seq that machines are told, so that they fetch the list: 0 as long as it revokes nothing."""
        return self.seq if self.entries else 0

    def find(self, kind: Revocable, subject: str) -> Revocation | None:
        """The entry of this subject."""
        return self._by_subject.get((kind, subject))

    def of_certificate(self, certificate: HostCertificate) -> Revocation | None:
        """What revokes this certificate, its host's entry or its key's: the earlier one."""
        return _earlier(
            self.find(Revocable.HOST, str(certificate.host_id)), self.find(Revocable.KEY, certificate.key_id)
        )

    def of_grant(self, grant: Grant) -> Revocation | None:
        """What revokes this grant, its own entry or its key's: the earlier one.

        From then on it is void, whatever its `iat`: it has no end to run to.
        """
        return _earlier(self.find(Revocable.GRANT, grant.grant_id), self.find(Revocable.KEY, grant.key_id))

    def refuses_lease(self, lease: Lease, certificate: HostCertificate, *, now: int) -> Revocation | None:
        """What keeps a machine from taking a lease that arrives at `now`, its raw clock.

        Once its host is revoked nothing new is taken, however far within the 4 hours the lease's `iat` was set back.
        """
        return _in_force(self.of_certificate(certificate), max(now, lease.iat))

    def voids_lease(self, lease: Lease, certificate: HostCertificate) -> Revocation | None:
        """What makes a lease that is held void: one that was granted before runs out by itself, and no earlier."""
        return _in_force(self.of_certificate(certificate), lease.iat)

    def is_stale(self, now: int) -> bool:
        """Whether a newer list is overdue; this one counts all the same."""
        return now >= self.next_update


def check_next_list(known: RevocationList, found: RevocationList) -> None:
    """Passes when `found`, already verified, may replace `known`.

    Raises:
        Untrusted: another publisher (`chain_broken`), or not a higher seq (`revocation_rolled_back`).
    """
    if found.publisher_id != known.publisher_id:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"The revocation list is of publisher {found.publisher_id}; {known.publisher_id} was expected.",
        )
    if found.seq <= known.seq:
        raise Untrusted(
            Code.REVOCATION_ROLLED_BACK,
            f"The revocation list has seq {found.seq}, but seq {known.seq} is known here already.",
            "Get the publisher's newest list; an old one is never taken back.",
        )


def _in_force(revocation: Revocation | None, at: int) -> Revocation | None:
    return revocation if revocation is not None and revocation.in_force(at) else None


def _earlier(one: Revocation | None, other: Revocation | None) -> Revocation | None:
    found = [revocation for revocation in (one, other) if revocation is not None]
    return min(found, key=lambda revocation: revocation.since, default=None)
