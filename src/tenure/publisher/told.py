"""What is told of keys, holders and the audit: the same over the API, by `--json` and in CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure.wire.administration import AuditEntry, HolderFacts, KeyDetails, KeyFacts

if TYPE_CHECKING:
    from tenure.publisher.audit import AuditRow
    from tenure.publisher.key_records import KeyReport
    from tenure.publisher.store import Holder


def key_facts(report: KeyReport) -> KeyFacts:
    """A key, without its holders."""
    return KeyFacts(**_members(report))


def key_details(report: KeyReport) -> KeyDetails:
    """A key with its holders."""
    return KeyDetails(holders=tuple(_holder(holder) for holder in report.holders), **_members(report))


def audit_entry(row: AuditRow) -> AuditEntry:
    """A row of the audit."""
    event = row.event
    return AuditEntry(
        id=row.seq,
        at=event.at,
        actor=event.actor.name,
        address=event.actor.address,
        action=event.action,
        subject=event.subject,
        detail=event.detail,
        digest=row.digest.hex(),
    )


def _members(report: KeyReport) -> dict[str, Any]:
    key, product, revocation = report.key, report.product, report.revocation
    return {
        "key_id": key.key_id,
        "type": key.type.label,
        "partial_key": key.partial,
        "product_id": product.product_id if product else None,
        "product": product.name if product else None,
        "pools": key.pools,
        "customer": key.customer,
        "agreement": key.agreement,
        "trial": key.trial,
        "blocked": key.blocked,
        "state": report.state.value,
        "revoked_from": revocation.since if revocation else None,
        "reason": revocation.reason if revocation else None,
        "issued": key.issued_at,
        "activations": key.limit,
        "used": report.used,
        "left": report.left,
    }


def _holder(holder: Holder) -> HolderFacts:
    return HolderFacts(
        activation_id=holder.activation_id, sub=holder.sub, fpr=holder.seat.fingerprint, at=holder.at
    )
