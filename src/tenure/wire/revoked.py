"""What follows from a revocation, as errors that say from when on, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tenure.core.errors import Code, Unavailable, Untrusted
from tenure.core.revocation import Revocable

if TYPE_CHECKING:
    from tenure.core.certificate import HostCertificate
    from tenure.core.lease import Lease
    from tenure.core.revocation import Revocation, RevocationList


def in_words(revocation: Revocation) -> str:
    """The revocation, to be put after "was"."""
    since = datetime.fromtimestamp(revocation.since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"revoked from {since} on" + (f" ({revocation.reason})" if revocation.reason else "")


def check_not_revoked(revocation: Revocation | None, now: int) -> None:
    """Passes when a host may grant leases at `now` under a certificate that `revocation` is about.

    Raises:
        Unavailable: code `host_revoked`.
    """
    if revocation is not None and revocation.in_force(now):
        raise Unavailable(
            Code.HOST_REVOKED,
            f"This host was {in_words(revocation)}; it grants no leases.",
            "Ask another host. Its administrator asks the publisher, who can issue a new host key.",
        )


def check_lease_at_receipt(
    lease: Lease, certificate: HostCertificate, revocations: RevocationList | None, *, now: int
) -> None:
    """Passes when nothing that is known here keeps the machine from taking the lease; `now` is its raw clock.

    Raises:
        Untrusted: code `host_revoked`.
    """
    revocation = revocations.refuses_lease(lease, certificate, now=now) if revocations is not None else None
    if revocation is not None:
        raise _void(certificate, revocation)


def check_lease_at_rest(
    lease: Lease, certificate: HostCertificate, revocations: RevocationList | None
) -> None:
    """Passes when nothing that is known here makes a stored lease void.

    Raises:
        Untrusted: code `host_revoked`.
    """
    revocation = revocations.voids_lease(lease, certificate) if revocations is not None else None
    if revocation is not None:
        raise _void(certificate, revocation)


def check_grant(revocation: Revocation | None, now: int) -> None:
    """Passes when a grant that `revocation` is about counts at `now`.

    Raises:
        Untrusted: code `grant_revoked`.
    """
    if revocation is not None and revocation.in_force(now):
        what = "product key" if revocation.kind is Revocable.KEY else "activation"
        raise Untrusted(
            Code.GRANT_REVOKED,
            f"The {what} of this machine was {in_words(revocation)}.",
            "Activate it with another product key, or ask whoever gave you this one.",
        )


def _void(certificate: HostCertificate, revocation: Revocation) -> Untrusted:
    return Untrusted(
        Code.HOST_REVOKED,
        f"Host {certificate.host_id} was {in_words(revocation)}: leases that it signs from then on are void.",
        "Activate at another host: tenure client activate.",
    )
