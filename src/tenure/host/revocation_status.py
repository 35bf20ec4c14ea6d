"""What a host can tell of revocations: of its own, and of lists that it has not heard for long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.errors import Code
from tenure.core.policy import DAY
from tenure.wire.revoked import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tenure.core.revocation import Revocation
    from tenure.host.served import Served, ServedPublisher


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationStatus:
    """What a host knows of a publisher's revocations. Times in Unix seconds."""

    publisher_id: UUID
    seq: int
    next_update: int
    stale: bool
    """A newer list is overdue; the host goes on granting."""
    revocation: Revocation | None
    """What revokes this host now."""


def revocation_statuses(served: Served, now: int) -> tuple[RevocationStatus, ...]:
    """What the host knows at `now` of the revocations of its publishers; nothing of those that signed no list yet."""
    return tuple(
        RevocationStatus(
            publisher_id=publisher_id,
            seq=known.newest.seq,
            next_update=known.newest.next_update,
            stale=known.newest.is_stale(now),
            revocation=_in_force(publisher, now),
        )
        for publisher_id, publisher in served.publishers.items()
        if (known := publisher.revocations) is not None
    )


def revocation_warnings(served: Served, now: int) -> Iterator[str]:
    """What of it an administrator should know, in sentences."""
    for publisher in served.publishers.values():
        name = publisher.catalog.name
        if (revocation := _in_force(publisher, now)) is not None:
            yield (
                f"host_revoked: {name} says that this host was {in_words(revocation)}. It grants no leases of it any "
                "more; those that it granted before run out. Ask the publisher, who can issue a new host key."
            )
        if (known := publisher.revocations) is not None and known.newest.is_stale(now):
            yield (
                f"revocation_stale: what {name} revoked was last heard {(now - known.newest.iat) // DAY} days ago. "
                "The host goes on granting. Is the publisher reachable? tenure host refresh says."
            )


def health_status(served: Served, now: int) -> str:
    """One word for a monitor: `ok`, or the first of what keeps this host from granting, or uninformed."""
    if not served.products:
        return Code.HOST_NOT_ACTIVATED.value
    known = revocation_statuses(served, now)
    if any(one.revocation is not None for one in known):
        return Code.HOST_REVOKED.value
    return Code.REVOCATION_STALE.value if any(one.stale for one in known) else "ok"


def _in_force(publisher: ServedPublisher, now: int) -> Revocation | None:
    revocation = publisher.revocation
    return revocation if revocation is not None and revocation.in_force(now) else None
