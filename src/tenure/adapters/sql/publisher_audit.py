"""The audit of a publisher in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from tenure.adapters.sql import publisher_tables as tables
from tenure.publisher.audit import BEFORE_THE_FIRST, Actor, AuditEvent, AuditHead, AuditRow, Folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_audit = tables.audit
_head = tables.audit_head
_fold = tables.audit_fold


class SqlAuditRows:
    """`AuditRows` of one open transaction."""

    def __init__(self, connection: Connection) -> None:
        """The connection has begun."""
        self._connection = connection

    def audit_head(self) -> AuditHead:
        """The newest row's, as it was noted when that row was written."""
        row = self._connection.execute(select(_head.c.seq, _head.c.digest)).first()
        return AuditHead(row.seq, row.digest) if row is not None else BEFORE_THE_FIRST

    def add_audit_row(self, row: AuditRow) -> None:
        """The row is the newest."""
        event = row.event
        self._connection.execute(
            insert(_audit).values(
                id=row.seq,
                at=event.at,
                actor=event.actor.name,
                address=event.actor.address,
                action=event.action,
                subject=event.subject,
                detail=event.detail,
                digest=row.digest,
            )
        )
        head = {"seq": row.seq, "digest": row.digest}
        if self._connection.execute(update(_head).values(head)).rowcount == 0:
            self._connection.execute(insert(_head).values(id=1, **head))

    def audit_rows(self, *, before: int | None = None, oldest_first: bool = False) -> Iterator[AuditRow]:
        """The rows, read one by one."""
        asked = select(_audit).order_by(_audit.c.id if oldest_first else _audit.c.id.desc())
        if before is not None:
            asked = asked.where(_audit.c.id < before)
        for row in self._connection.execute(asked):
            # Whoever tampers with the file may put anything in its place, which is then no text.
            actor, address, action, subject, detail = map(
                str, (row.actor, row.address, row.action, row.subject, row.detail)
            )
            event = AuditEvent(
                at=row.at, actor=Actor(actor, address), action=action, subject=subject, detail=detail
            )
            yield AuditRow(row.id, event, row.digest)

    def folded(self, action: str, subject: str) -> Folded | None:
        """What was counted of this action on this subject."""
        same = (_fold.c.action == action) & (_fold.c.subject == subject)
        row = self._connection.execute(select(_fold).where(same)).first()
        return Folded(row.since, row.times) if row is not None else None

    def save_folded(self, action: str, subject: str, folded: Folded) -> None:
        """So much was counted."""
        same = (_fold.c.action == action) & (_fold.c.subject == subject)
        counted = {"since": folded.since, "times": folded.times}
        if self._connection.execute(update(_fold).where(same).values(counted)).rowcount == 0:
            self._connection.execute(insert(_fold).values(action=action, subject=subject, **counted))
