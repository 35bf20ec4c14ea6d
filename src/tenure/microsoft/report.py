"""The report on what a genuine KMS host activates: every question of its administrators, answered from its log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from tenure.microsoft import report_count, report_duplicates, report_hosts, report_machines
from tenure.microsoft.fleet import DAY_S, NEVER, Fleet, gather
from tenure.microsoft.report_count import Forecast, HostCount
from tenure.microsoft.report_duplicates import Duplicate
from tenure.microsoft.report_hosts import Client, Directory, DnsState, Refusal, Snapshot, Trouble
from tenure.microsoft.report_machines import LATE_DAYS, LateMachine, Machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.microsoft.fleet_log import FleetLog

CURVE_DAYS: Final = 35
"""Days for which the count is drawn: after 30 it is 0."""
_TIMES: Final = frozenset(
    {
        "at",
        "newest",
        "first_seen",
        "last_seen",
        "renewed",
        "ends",
        "falls_under",
        "taken_at",
    }
)


class ProductUse(Struct, frozen=True):
    """One activation id."""

    sku: str
    product: str | None
    """None: no name is known here."""
    machines: int
    requests: int
    minimum: int
    """The count that it needs."""


class DayUse(Struct, frozen=True):
    """One day of one host, in UTC."""

    day: str
    host: str
    requests: int
    refused: int


class CurvePoint(Struct, frozen=True):
    """The count of a host at one instant of the days to come, if no more machines come."""

    at: int
    count: int


class Report(Struct, frozen=True):
    """Everything; times are Unix seconds."""

    at: int
    newest: int | None
    """The newest request; None: there is none."""
    requests: int
    left_out: int
    """Requests that are said to be later than `at`."""
    machines: list[Machine]
    late: list[LateMachine]
    duplicates: list[Duplicate]
    count: list[HostCount]
    forecast: list[Forecast]
    curves: dict[str, list[CurvePoint]]
    requests_a_day: list[DayUse]
    products: list[ProductUse]
    refusals: list[Refusal]
    clients: list[Client]
    dns: list[DnsState]
    troubles: list[Trouble]
    directory: Directory
    snapshots: list[Snapshot]

    def late_over(self, days: int) -> int:
        """How many machines have been silent for so many days or more."""
        return sum(machine.days >= days for machine in self.late)


def make_report(log: FleetLog, at: int, names: Mapping[str, str]) -> Report:
    """The report at `at`; `names` are product names by activation id, which names in imported texts add to."""
    taken = list(log.snapshots())
    known = {
        **{one.activation_id: one.product for one in taken if one.activation_id and one.product},
        **names,
    }
    happenings = list(log.happenings())
    fleet = gather(log.requests(), at)
    found = report_machines.machines(fleet, known)
    return Report(
        at=at,
        newest=None if fleet.newest == NEVER else fleet.newest,
        requests=fleet.requests,
        left_out=fleet.later,
        machines=found,
        late=report_machines.late(found, at),
        duplicates=report_duplicates.duplicates(fleet),
        count=report_count.counts(fleet, report_duplicates.clones(fleet)),
        forecast=report_count.forecasts(fleet),
        curves={
            name: [CurvePoint(*point) for point in report_count.curve(host, at, CURVE_DAYS)]
            for name, host in sorted(fleet.hosts.items())
        },
        requests_a_day=_days(fleet),
        products=_products(fleet, known),
        refusals=report_hosts.refusals(fleet, happenings),
        clients=report_hosts.clients(happenings, at),
        dns=report_hosts.dns_states(happenings, at),
        troubles=report_hosts.troubles(happenings, at),
        directory=report_hosts.directory(happenings, at),
        snapshots=report_hosts.newest_snapshots(taken, at),
    )


def rfc3339(seconds: int) -> str:
    """The time as every JSON of ours writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(report: Report) -> dict[str, Any]:
    """The report as `--json` prints it: the same names, times as RFC 3339 in UTC."""
    plain: dict[str, Any] = _with_times(msgspec.to_builtins(report))
    del plain["curves"]
    plain["late_over"] = {str(days): report.late_over(days) for days in LATE_DAYS}
    return plain


def _with_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: rfc3339(inner) if key in _TIMES and isinstance(inner, int) else _with_times(inner)
            for key, inner in value.items()
        }
    return [_with_times(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _days(fleet: Fleet) -> list[DayUse]:
    return [
        DayUse(rfc3339(day * DAY_S)[:10], host, use.requests, use.refused)
        for (day, host), use in sorted(fleet.days.items())
    ]


def _products(fleet: Fleet, names: Mapping[str, str]) -> list[ProductUse]:
    found = [
        ProductUse(sku, names.get(sku), len(use.cmids), use.requests, use.minimum)
        for sku, use in fleet.products.items()
    ]
    return sorted(found, key=lambda product: (-product.machines, product.sku))
