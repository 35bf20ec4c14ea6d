"""The audit: who did what, when, from where, to what. Rows are only ever added, each chained to the one before.

A row carries SHA-256 over the digest of the row before and its own content, so whoever alters, takes out or reorders rows
breaks the chain at that place. Whoever can write the database can also make a whole new chain; against that helps a head
(number and digest of the newest row) that was noted elsewhere, which `check_chain` holds the chain against.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from tenure.core.errors import Code, Untrusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLD_SECONDS: Final = 3_600
"""Refused attempts that come again and again are counted for so long: a flood must not fill the disk."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does something."""

    name: str
    """With its kind before it, so that nobody is taken for another: `user alice`, `token shop`, `host ID`, `machine ID`."""
    address: str = ""
    """From where, when it came over the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Something that was done, or was refused."""

    at: int
    """Unix seconds."""
    actor: Actor
    action: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The number and the digest of a row, the newest one mostly."""

    seq: int
    digest: bytes


BEFORE_THE_FIRST: Final = AuditHead(0, bytes(32))


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An event in its place in the chain."""

    seq: int
    """From 1 on, without a gap."""
    event: AuditEvent
    digest: bytes

    @property
    def head(self) -> AuditHead:
        """What the next row is chained to."""
        return AuditHead(self.seq, self.digest)


@dataclass(frozen=True, slots=True)
class Folded:
    """Attempts of one kind on one subject within an hour."""

    since: int
    """When the hour began, Unix seconds."""
    times: int


class AuditRows(Protocol):
    """The rows of the audit in one open transaction."""

    def audit_head(self) -> AuditHead:
        """The newest row's, as it was noted when that row was written; `BEFORE_THE_FIRST` when there is none."""
        ...

    def add_audit_row(self, row: AuditRow) -> None:
        """The row is the newest."""
        ...

    def audit_rows(self, *, before: int | None = None, oldest_first: bool = False) -> Iterator[AuditRow]:
        """All rows, newest first unless said otherwise; `before`: only those with a lower number. Read one by one."""
        ...

    def folded(self, action: str, subject: str) -> Folded | None:
        """What was counted of this action on this subject; None: nothing yet."""
        ...

    def save_folded(self, action: str, subject: str, folded: Folded) -> None:
        """So much was counted."""
        ...


def append(rows: AuditRows, event: AuditEvent) -> None:
    """The event is the newest row of the audit, chained to the one before."""
    head = rows.audit_head()
    seq = head.seq + 1
    rows.add_audit_row(AuditRow(seq, event, digest_of(head.digest, seq, event)))


def append_folded(rows: AuditRows, event: AuditEvent) -> None:
    """The event is counted; the first, tenth, hundredth ... of its action and subject in an hour is a row of the audit.

    So a flood leaves a handful of rows, of which the last tells its size within a factor of ten.
    """
    known = rows.folded(event.action, event.subject)
    if known is None or not known.since <= event.at < known.since + FOLD_SECONDS:
        known = Folded(event.at, 0)
    counted = replace(known, times=known.times + 1)
    rows.save_folded(event.action, event.subject, counted)
    if str(counted.times).strip("0") == "1":
        times = f"{counted.times:,} times within the hour" if counted.times > 1 else ""
        append(rows, replace(event, detail="; ".join(filter(None, (event.detail, times)))))


def digest_of(before: bytes, seq: int, event: AuditEvent) -> bytes:
    """SHA-256 over the digest before and the row's seven texts as netstrings: `5:alice,`. Never to be changed."""
    texts = (
        str(seq),
        str(event.at),
        event.actor.name,
        event.actor.address,
        event.action,
        event.subject,
        event.detail,
    )
    encoded = (text.encode() for text in texts)
    return hashlib.sha256(before + b"".join(b"%d:%b," % (len(text), text) for text in encoded)).digest()


def check_chain(rows: Iterable[AuditRow], head: AuditHead, noted: AuditHead | None = None) -> AuditHead:
    """The head of the chain, when it is whole from the first row to `head`, and has the row that was `noted` elsewhere.

    Raises:
        Untrusted: code `state_damaged`; the detail names the first row at which it is broken.
    """
    last = BEFORE_THE_FIRST
    for row in rows:
        if row.seq != last.seq + 1:
            raise _broken(f"Row {last.seq + 1} of the audit is missing.")
        if digest_of(last.digest, row.seq, row.event) != row.digest:
            raise _broken(
                f"Row {row.seq} of the audit was altered."
                if row.seq == 1
                else f"Row {row.seq} of the audit does not follow from row {last.seq}: one of the two was altered."
            )
        last = row.head
        if noted is not None and noted.seq == last.seq and noted.digest != last.digest:
            raise _broken(f"Row {last.seq} of the audit, or one before it, is not the one that was noted.")
        if last.seq == head.seq and last.digest != head.digest:
            raise _broken(f"Row {last.seq} of the audit was altered.")
        if last.seq > head.seq:
            raise _broken(f"Row {last.seq} of the audit was not written by Tenure.")
    if last.seq < max(head.seq, noted.seq if noted is not None else 0):
        raise _broken(f"Row {last.seq + 1} of the audit is missing.")
    return last


def _broken(detail: str) -> Untrusted:
    return Untrusted(
        Code.STATE_DAMAGED,
        detail,
        "Keep a copy of the database as evidence; compare it with the newest backup to see what was changed.",
    )
