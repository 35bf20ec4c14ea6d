"""The grant: a publisher's activation of one machine for one product with a MAK or a retail key. It has no end.

Signatures are checked in `wire.trust`; what is said here is about the values that were signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.errors import Code, Untrusted
from tenure.core.policy import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a publisher signed for one machine; valid from `iat` (Unix seconds) until it is revoked."""

    grant_id: str
    """The id of the activation: when the same installation activates again, the new grant has the same (ADR 0010)."""
    publisher_id: UUID
    machine_id: UUID
    product_id: UUID
    fingerprint: str
    key_id: str
    """The MAK or retail key that it was activated with."""
    nonce: str
    """The id of the request that it answers."""
    iat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingGrant:
    """What a machine asked its publisher for, and so what a grant must answer."""

    machine_id: UUID
    product_id: UUID
    request_id: str
    fingerprint: str
    key_id: str
    asked_at: int
    """The machine's own clock when it asked, Unix seconds."""


def check_grant_at_receipt(grant: Grant, pending: PendingGrant, *, now: int) -> None:
    """Passes when a grant that just arrived answers `pending`; `now` is the machine's raw clock.

    Signatures come first (`wire.trust`); then:

    1. it answers this request: nonce, machine, product, fingerprint, key
    2. it was signed after the request and before now, by clocks that are 4 hours apart at most. Online both are the
       same moment; on paper or by mail the answer may be underway for days

    Raises:
        Untrusted: code `grant_invalid`.
    """
    # 1
    for what, found, expected in (
        ("nonce", repr(grant.nonce), repr(pending.request_id)),
        ("machine", grant.machine_id, pending.machine_id),
        ("product", grant.product_id, pending.product_id),
        ("fingerprint", grant.fingerprint, pending.fingerprint),
        ("key", grant.key_id, pending.key_id),
    ):
        if found != expected:
            raise _invalid(f"The grant's {what} is {found}; {expected} was asked for.")
    # 2
    if not pending.asked_at - CLOCK_TOLERANCE <= grant.iat <= now + CLOCK_TOLERANCE:
        raise _invalid(
            f"The grant was signed at {grant.iat}; this machine asked at {pending.asked_at} and its clock says {now}."
        )


def check_grant_at_rest(grant: Grant, *, product_id: UUID) -> None:
    """Passes when a stored grant is for the product beside whose name it lies.

    Raises:
        Untrusted: code `grant_invalid`.
    """
    if grant.product_id != product_id:
        raise _invalid(f"The stored grant is for product {grant.product_id}, not for {product_id}.")


def _invalid(detail: str) -> Untrusted:
    return Untrusted(
        Code.GRANT_INVALID, detail, "The grant was not taken; what this machine held before still counts."
    )
