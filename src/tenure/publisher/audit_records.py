"""Reading the audit: the rows that are asked for, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tenure.publisher.audit import check_chain
from tenure.publisher.store import publisher_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenure.publisher.audit import AuditHead, AuditRow
    from tenure.publisher.authority import Authority


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which rows are asked for: those to which all of it applies. What is empty or None applies to every row."""

    since: int | None = None
    """Unix seconds, inclusive."""
    until: int | None = None
    """Unix seconds, exclusive."""
    actor: str = ""
    """A part of its name or address, as all that follows in capital or small letters."""
    action: str = ""
    subject: str = ""
    """A part of the subject, or of the detail: an activation names its key as subject and itself as detail."""

    def applies(self, row: AuditRow) -> bool:
        """Whether the row is asked for."""
        event = row.event
        return (
            (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
            and _within(self.actor, event.actor.name, event.actor.address)
            and _within(self.action, event.action)
            and _within(self.subject, event.subject, event.detail)
        )


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some rows out of many, newest first."""

    rows: Sequence[AuditRow]
    before: int | None
    """The row before which the next page begins; None: this is the last one."""


def page_of_audit(authority: Authority, query: AuditQuery, *, before: int | None, limit: int) -> AuditPage:
    """The newest `limit` rows to which the query applies; with `before` only of those with a lower number.

    Raises:
        UsageError: code `not_set_up`.
    """
    with authority.store.reading() as rows:
        publisher_id_of(rows)
        found = list(islice(filter(query.applies, rows.audit_rows(before=before)), limit + 1))
    if len(found) <= limit:
        return AuditPage(found, None)
    return AuditPage(found[:limit], found[limit - 1].seq)


def whole_audit(authority: Authority, query: AuditQuery) -> Iterator[AuditRow]:
    """All rows to which the query applies, oldest first, read one by one: there may be millions.

    Raises:
        UsageError: code `not_set_up`.
    """
    with authority.store.reading() as rows:
        publisher_id_of(rows)
        yield from filter(query.applies, rows.audit_rows(oldest_first=True))


def verify_audit(authority: Authority, noted: AuditHead | None) -> AuditHead:
    """The head of the audit, when no row of it was altered or is missing, and it has the row that was `noted` elsewhere.

    Raises:
        UsageError: code `not_set_up`.
        Untrusted: code `state_damaged`; the detail names the row.
    """
    with authority.store.reading() as rows:
        publisher_id_of(rows)
        return check_chain(rows.audit_rows(oldest_first=True), rows.audit_head(), noted)


def _within(part: str, *wholes: str) -> bool:
    return not part or any(part.casefold() in whole.casefold() for whole in wholes)
