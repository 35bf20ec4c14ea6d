"""The publisher's audit: what `tenure publisher audit` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.programs.publisher import open_authority
from tenure.publisher import audit_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.adapters.os.home import Home
    from tenure.publisher.audit import AuditHead, AuditRow
    from tenure.publisher.audit_records import AuditPage, AuditQuery


def newest_rows(home: Home, query: AuditQuery, *, limit: int) -> AuditPage:
    """The newest rows to which the query applies, newest first."""
    with open_authority(home) as authority:
        return audit_records.page_of_audit(authority, query, before=None, limit=limit)


def all_rows(home: Home, query: AuditQuery) -> Iterator[AuditRow]:
    """All rows to which the query applies, oldest first, read one by one."""
    with open_authority(home) as authority:
        yield from audit_records.whole_audit(authority, query)


def verify(home: Home, noted: AuditHead | None) -> AuditHead:
    """The head of the audit, when it is whole and has the row that was noted elsewhere."""
    with open_authority(home) as authority:
        return audit_records.verify_audit(authority, noted)
