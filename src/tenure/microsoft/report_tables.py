"""The report as tables: the same columns in CSV, XLSX and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tenure.microsoft.report import Report, rfc3339
from tenure.wire.csv_rows import Cell, csv_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class TableName(StrEnum):
    """The tables, in the order in which they are shown."""

    MACHINES = "machines"
    LATE = "late"
    DUPLICATES = "duplicates"
    COUNT = "count"
    FORECAST = "forecast"
    PRODUCTS = "products"
    REFUSALS = "refusals"
    DAYS = "requests_a_day"
    CLIENTS = "clients"
    DNS = "dns"
    TROUBLES = "troubles"
    SNAPSHOTS = "snapshots"


class ReportTable(Struct, frozen=True):
    """One table; its rows are made while they are read."""

    name: TableName
    columns: tuple[str, ...]
    rows: Iterator[tuple[Cell, ...]]


def tables(report: Report) -> Iterator[ReportTable]:
    """All tables."""
    for name in TableName:
        yield table(report, name)


def table(report: Report, name: TableName) -> ReportTable:
    """One table of the report."""
    columns, rows = _TABLES[name]
    return ReportTable(name, columns, rows(report))


def csv_text(chosen: ReportTable) -> Iterator[str]:
    """The table as CSV, line by line."""
    return csv_lines(chosen.columns, chosen.rows)


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else rfc3339(seconds)


def _machines(report: Report) -> Iterator[tuple[Cell, ...]]:
    for m in report.machines:
        yield (
            m.cmid,
            m.name,
            m.product,
            m.kind.value,
            m.host,
            _time(m.first_seen),
            _time(m.last_seen),
            m.license_status,
            m.minutes_remaining,
            m.virtual,
            _time(m.ends),
            m.requests,
        )


def _late(report: Report) -> Iterator[tuple[Cell, ...]]:
    for m in report.late:
        yield m.cmid, m.name, m.host, _time(m.last_seen), m.days, _time(m.ends)


def _duplicates(report: Report) -> Iterator[tuple[Cell, ...]]:
    for d in report.duplicates:
        yield d.sharing.value, d.cmid, ", ".join(d.names), d.total, d.evidence, d.cure


def _count(report: Report) -> Iterator[tuple[Cell, ...]]:
    for c in report.count:
        yield c.host, c.count, c.cap, c.cmids, c.machines, _time(c.last_seen)


def _forecast(report: Report) -> Iterator[tuple[Cell, ...]]:
    for f in report.forecast:
        yield f.host, f.threshold, f.cmids, _time(f.falls_under), f.under


def _products(report: Report) -> Iterator[tuple[Cell, ...]]:
    for p in report.products:
        yield p.product or "unknown", p.sku, p.machines, p.requests, p.minimum


def _refusals(report: Report) -> Iterator[tuple[Cell, ...]]:
    for r in report.refusals:
        yield (
            r.code,
            r.seen_by,
            r.requests,
            r.machines,
            _time(r.first_seen),
            _time(r.last_seen),
            r.example,
            r.cause,
            r.cure,
        )


def _days(report: Report) -> Iterator[tuple[Cell, ...]]:
    for d in report.requests_a_day:
        yield d.day, d.host, d.requests, d.refused


def _clients(report: Report) -> Iterator[tuple[Cell, ...]]:
    for c in report.clients:
        yield (
            c.name,
            _time(c.at),
            c.server,
            c.code,
            c.answered,
            c.activated,
            c.count,
            "; ".join(c.notes),
            c.cause,
            c.cure,
        )


def _dns(report: Report) -> Iterator[tuple[Cell, ...]]:
    for d in report.dns:
        yield d.host, d.domain, _time(d.at), d.published, d.code, d.cause, d.cure


def _troubles(report: Report) -> Iterator[tuple[Cell, ...]]:
    for t in report.troubles:
        yield t.host, _time(t.at), t.event_id, t.code


def _snapshots(report: Report) -> Iterator[tuple[Cell, ...]]:
    for s in report.snapshots:
        yield (
            s.name,
            _time(s.taken_at),
            s.product,
            s.channel,
            s.license_status,
            s.minutes_remaining,
            s.kms_host,
            s.count,
            s.reason,
            s.cause,
            s.cure,
        )


_TABLES: Final[Mapping[TableName, tuple[tuple[str, ...], Callable[[Report], Iterator[tuple[Cell, ...]]]]]] = {
    TableName.MACHINES: (
        (
            "cmid",
            "name",
            "product",
            "kind",
            "host",
            "first_seen",
            "last_seen",
            "license_status",
            "minutes_remaining",
            "virtual",
            "ends",
            "requests",
        ),
        _machines,
    ),
    TableName.LATE: (("cmid", "name", "host", "last_seen", "days", "ends"), _late),
    TableName.DUPLICATES: (("sharing", "cmid", "names", "total", "evidence", "cure"), _duplicates),
    TableName.COUNT: (("host", "count", "cap", "cmids", "machines", "last_seen"), _count),
    TableName.FORECAST: (("host", "threshold", "cmids", "falls_under", "under"), _forecast),
    TableName.PRODUCTS: (("product", "sku", "machines", "requests", "minimum"), _products),
    TableName.REFUSALS: (
        (
            "code",
            "seen_by",
            "requests",
            "machines",
            "first_seen",
            "last_seen",
            "example",
            "cause",
            "cure",
        ),
        _refusals,
    ),
    TableName.DAYS: (("day", "host", "requests", "refused"), _days),
    TableName.CLIENTS: (
        ("name", "at", "server", "code", "answered", "activated", "count", "notes", "cause", "cure"),
        _clients,
    ),
    TableName.DNS: (("host", "domain", "at", "published", "code", "cause", "cure"), _dns),
    TableName.TROUBLES: (("host", "at", "event_id", "code"), _troubles),
    TableName.SNAPSHOTS: (
        (
            "name",
            "taken_at",
            "product",
            "channel",
            "license_status",
            "minutes_remaining",
            "kms_host",
            "count",
            "reason",
            "cause",
            "cure",
        ),
        _snapshots,
    ),
}
