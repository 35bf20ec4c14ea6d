"""The lease: a host's grant to one machine for one product, and every rule by which a machine takes it.

Signatures are checked in `wire.trust`; what is said here is about the values that were signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Untrusted
from tenure.core.policy import BOUNDS, clocks_agree

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.core.certificate import HostCertificate
    from tenure.core.policy import Policy

JITTER: Final = 0.10
"""A machine renews up to this share of its interval earlier, drawn once a lease: a fleet never renews in step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What a host signed: valid in [iat, exp), Unix seconds."""

    lease_id: str
    host_id: UUID
    machine_id: UUID
    product_id: UUID
    pool: str
    nonce: str
    """The `request_id` that it answers."""
    fingerprint: str
    count: int
    threshold: int
    iat: int
    exp: int
    renew_after: int
    epoch: int
    """When its host was activated or last restored; a lower one than seen before is of a superseded copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What a machine asked for, and so what a lease must answer."""

    machine_id: UUID
    product_id: UUID
    request_id: UUID
    fingerprint: str


def term(policy: Policy, now: int) -> tuple[int, int]:
    """`(iat, exp)` of a lease granted now: never cut to the certificate's end."""
    return now, now + policy.lease_seconds


def renewal_due(lease: Lease, draw: float) -> int:
    """When the machine renews by itself, Unix seconds.

    The host's `renew_after` is clamped to [iat + 900, iat + min(30 days, half the lease)], then up to 10 % of the
    interval is taken off: `draw` is in [0, 1) and drawn once a lease (design, section 4).
    """
    shortest, longest = BOUNDS["renewal_interval_s"]
    latest = min(longest, (lease.exp - lease.iat) // 2)
    interval = min(max(lease.renew_after - lease.iat, shortest), latest)
    return lease.iat + int(interval * (1 - JITTER * draw))


def check_at_receipt(
    lease: Lease,
    certificate: HostCertificate,
    pending: Pending,
    *,
    pool: str,
    now: int,
    highest_epoch: int | None,
) -> None:
    """Passes when a lease that just arrived answers `pending` and keeps to its certificate.

    `now` is the machine's raw clock, `pool` the product's pool by the catalog, `highest_epoch` the highest seen of
    this host. Signatures come first (`wire.trust`); then, as in the design, section 4:

    1. the certificate is valid now
    2. the lease is of the certificate's host
    3. its pool is the product's, and the certificate covers it
    4. it answers this request: nonce, machine, product, fingerprint
    5. its `iat` lies within 4 hours of the raw clock
    6. its length is the policy's
    7. its count reaches the certificate's threshold
    8. its epoch is not lower than one seen before

    Raises:
        Untrusted: `certificate_invalid` (1), `lease_invalid` (2 to 7) or `host_superseded` (8).
    """
    # 1
    if not certificate.valid_at(now):
        raise Untrusted(
            Code.CERTIFICATE_INVALID,
            f"The host's certificate is valid from {certificate.iat} to {certificate.exp}; this clock says {now}.",
            "If this machine's clock is right, the host's administrator must renew its certificate: tenure host activate.",
        )
    # 2
    if lease.host_id != certificate.host_id:
        raise _invalid(
            f"The lease is of host {lease.host_id}, its certificate of host {certificate.host_id}."
        )
    # 3
    policy = certificate.pools.get(lease.pool)
    if lease.pool != pool or policy is None:
        raise _invalid(
            f"The lease counts in pool {lease.pool!r}; the product's is {pool!r} and the certificate covers "
            f"{', '.join(sorted(certificate.pools)) or 'none'}."
        )
    # 4
    for what, found, expected in (
        ("nonce", repr(lease.nonce), repr(str(pending.request_id))),  # a host may write anything there
        ("machine", lease.machine_id, pending.machine_id),
        ("product", lease.product_id, pending.product_id),
        ("fingerprint", lease.fingerprint, pending.fingerprint),
    ):
        if found != expected:
            raise _invalid(f"The lease's {what} is {found}; {expected} was asked for.")
    # 5
    if not clocks_agree(lease.iat, now):
        raise _invalid(
            f"The lease was signed at {lease.iat}, over 4 hours from this machine's clock ({now})."
        )
    # 6
    if lease.exp - lease.iat != policy.lease_seconds:
        raise _invalid(
            f"The lease is {lease.exp - lease.iat} s long; the policy says {policy.lease_seconds} s."
        )
    # 7
    if lease.count < policy.threshold:
        raise _invalid(
            f"The lease was granted at a count of {lease.count}, below the threshold {policy.threshold}."
        )
    # 8
    if highest_epoch is not None and lease.epoch < highest_epoch:
        raise Untrusted(
            Code.HOST_SUPERSEDED,
            f"Host {lease.host_id} answers with epoch {lease.epoch}, but {highest_epoch} was seen before.",
            "This is an old copy of a host that was restored or moved: shut it down.",
        )


def check_at_rest(lease: Lease, certificate: HostCertificate, *, product_id: UUID, pool: str) -> None:
    """Passes when a stored lease is one that could have been accepted; the certificate's later end does not end it.

    What needs no request is checked again, `pool` being the product's by the catalog: whoever holds a host's key can
    write a file, but no longer lease, and none for a product of another pool.

    Raises:
        Untrusted: code `lease_invalid`.
    """
    if lease.product_id != product_id:
        raise _invalid(f"The stored lease is for product {lease.product_id}, not for {product_id}.")
    policy = certificate.pools.get(lease.pool)
    if lease.host_id != certificate.host_id or policy is None:
        raise _invalid("The stored lease does not belong to the certificate beside it.")
    if lease.pool != pool:
        raise _invalid(f"The stored lease counts in pool {lease.pool!r}; the product's is {pool!r}.")
    if not certificate.valid_at(lease.iat):
        raise _invalid("The certificate was not valid when the lease was signed.")
    if lease.exp - lease.iat != policy.lease_seconds or lease.count < policy.threshold:
        raise _invalid("The stored lease does not keep to the policy in its certificate.")


def _invalid(detail: str) -> Untrusted:
    return Untrusted(
        Code.LEASE_INVALID, detail, "The lease was not taken; what this machine held before still counts."
    )
