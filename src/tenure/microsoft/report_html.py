"""The report as one HTML page that needs nothing else: no request, no font, no image; light, dark and on paper.

Everything that a log says is escaped. The page's policy forbids every request and every script but the one below, by
its hash; that one only filters rows, and the page is whole without it.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Final

from tenure.microsoft.fleet import DAY_S
from tenure.microsoft.report import rfc3339
from tenure.microsoft.report_count import THRESHOLDS
from tenure.microsoft.report_duplicates import Sharing
from tenure.microsoft.report_machines import LATE_DAYS
from tenure.microsoft.report_plots import Line, bars, lines, stacked_bars
from tenure.microsoft.report_style import STYLE
from tenure.microsoft.report_tables import TableName, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.microsoft.report import Report
    from tenure.wire.csv_rows import Cell

MAX_ROWS: Final = 2_000
"""Rows of one table; more make a page that no browser scrolls well. CSV and XLSX have all."""
_GUID: Final = 36
"""Characters up to which a word is not broken: ids, times and codes are read as one."""
_FILTERED: Final = 10
"""Rows of a table above which it can be filtered."""
_DAYS_SHOWN: Final = 92
_STALE_S: Final = 2 * DAY_S
_PRODUCTS: Final = 12
_SILENCE: Final = (
    (7, "under 7 days"),
    (30, "7 to 29 days"),
    (150, "30 to 149 days"),
    (180, "150 to 179 days"),
    (10**9, "180 days or more"),
)

_SCRIPT: Final = (
    "document.querySelectorAll('input[data-filter]').forEach(function(i){i.hidden=false;"
    "i.addEventListener('input',function(){var q=i.value.toLowerCase();"
    "document.querySelectorAll('#'+i.dataset.filter+' tbody tr').forEach(function(r){"
    "r.hidden=q!==''&&r.textContent.toLowerCase().indexOf(q)<0})})})"
)

_ABOUT_FORECAST: Final = (
    "When the count falls under a threshold if no machine asks any more. Machines renew every 7 days, so a date less "
    "than 23 days away means that they have stopped."
)
_ABOUT_LATE: Final = (
    "No accepted contact for 7 days or more. After 30 days a host no longer counts a machine; 180 days after its last "
    "renewal its activation ends."
)
_TITLES: Final = {
    TableName.COUNT: ("Count of each host", ""),
    TableName.FORECAST: ("Forecast", _ABOUT_FORECAST),
    TableName.REFUSALS: ("Refusals", ""),
    TableName.DUPLICATES: ("Duplicates", "One CMID under several names, or one name with several CMIDs."),
    TableName.LATE: (
        "Late machines",
        _ABOUT_LATE,
    ),
    TableName.DNS: ("DNS publication", "The last attempt of each host in each domain."),
    TableName.TROUBLES: ("Hosts that could not start", "Events 12291 and 12292 of the host's service."),
    TableName.CLIENTS: (
        "Clients' own logs",
        "The last attempt of each machine whose Application log was imported.",
    ),
    TableName.SNAPSHOTS: ("slmgr texts and license objects", "The newest of each machine and product."),
    TableName.PRODUCTS: ("Products", "Name unknown ids with --skus FILE."),
    TableName.MACHINES: (
        "Machines",
        "Status, minutes and virtual are as each machine said in its last request, before it was answered.",
    ),
}
"""The order of the page: what needs somebody first."""


def html(report: Report) -> Iterator[str]:
    """The page, piece by piece."""
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src '{_hash(_SCRIPT)}'"
    )
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<link rel="icon" href="data:,"><title>KMS report, {rfc3339(report.at)[:10]}</title><style>{STYLE}</style></head><body>'
        f"<header><h1>Volume activation</h1><p>As of {rfc3339(report.at)}, from {report.requests:,} requests at "
        f"{len(report.count)} {'host' if len(report.count) == 1 else 'hosts'}. Times are UTC.</p>"
    )
    yield from _warnings(report)
    yield f"</header><main>{_tiles(report)}{_plots(report)}"
    for name, (title, note) in _TITLES.items():
        yield from _section(report, name, title, note)
    yield (
        "</main><footer>Made by Tenure from imported logs. Any administrator's program can write to an event log: "
        "what stands here is plausible, not proven. Not affiliated with Microsoft.</footer>"
        f"<script>{_SCRIPT}</script></body></html>\n"
    )


def _warnings(report: Report) -> Iterator[str]:
    if report.newest is None:
        yield '<p class="warn">No request at a host was imported.</p>'
    elif report.at - report.newest > _STALE_S:
        days = (report.at - report.newest) // DAY_S
        yield (
            f'<p class="warn">The newest request is {days} days old: import the newest log, or machines look late '
            "that are not.</p>"
        )
    if report.left_out:
        yield f'<p class="warn">{report.left_out:,} requests claim a later time and are left out.</p>'


def _tiles(report: Report) -> str:
    cloned = sum(one.sharing is Sharing.CLONED for one in report.duplicates)
    tiles = [
        (f"{len(report.machines):,}", "machines"),
        *((f"{one.count:,}", f"count of {one.host} (truly {one.machines:,})") for one in report.count[:4]),
        *((f"{report.late_over(days):,}", f"silent for {days} days or more") for days in LATE_DAYS),
        (f"{cloned:,}", "cloned CMIDs"),
        (f"{sum(one.requests for one in report.refusals):,}", "refused requests"),
    ]
    return (
        '<section class="tiles">'
        + "".join(f"<div><b>{value}</b><span>{escape(label)}</span></div>" for value, label in tiles)
        + "</section>"
    )


def _plots(report: Report) -> str:
    requests: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for use in report.requests_a_day:
        requests[use.day] += use.requests
        refused[use.day] += use.refused
    days = _last_days(report, requests)
    coming = next(iter(report.curves.values()), [])
    silence: Counter[str] = Counter()
    for machine in report.machines:
        quiet = (report.at - (machine.renewed or machine.last_seen)) // DAY_S
        silence[next(label for limit, label in _SILENCE if quiet < limit)] += 1
    figures = [
        (
            "Requests a day",
            stacked_bars(
                "Requests a day",
                [day[5:] for day in days],
                [requests[day] - refused[day] for day in days],
                [refused[day] for day in days],
                ("accepted", "refused"),
            ),
        ),
        (
            "Count in the coming days, as the host counts, if no more machines come",
            lines(
                "Count in the coming days",
                [rfc3339(point.at)[5:10] for point in coming],
                [
                    Line(host, tuple(point.count for point in points))
                    for host, points in report.curves.items()
                ],
                THRESHOLDS,
            ),
        ),
        (
            "Time since the last accepted contact",
            bars("Machines", [(label, silence[label]) for _, label in _SILENCE]),
        ),
        (
            "Products",
            bars(
                "Machines",
                [
                    (one.product or f"unknown ({one.sku})", one.machines)
                    for one in report.products[:_PRODUCTS]
                ],
            ),
        ),
    ]
    return (
        '<section class="figures">'
        + "".join(
            f"<figure><figcaption>{escape(title)}</figcaption>{body}</figure>" for title, body in figures
        )
        + "</section>"
    )


def _last_days(report: Report, requests: Counter[str]) -> list[str]:
    """The days up to the report's, without gaps, from the first that has a request; at most some three months."""
    if not requests:
        return []
    today = report.at // DAY_S
    days = [rfc3339((today - back) * DAY_S)[:10] for back in range(_DAYS_SHOWN)]
    first = min(requests)
    return [day for day in reversed(days) if day >= first]


def _section(report: Report, name: TableName, title: str, note: str) -> Iterator[str]:
    chosen = table(report, name)
    rows = list(islice(chosen.rows, MAX_ROWS + 1))
    if not rows:
        if name in {TableName.LATE, TableName.DUPLICATES, TableName.REFUSALS}:
            yield f"<section><h2>{title}</h2><p>None.</p></section>"
        return
    yield f'<section id="{name.value}"><h2>{title}</h2>'
    if note:
        yield f'<p class="note">{note}</p>'
    if len(rows) > MAX_ROWS:
        yield f'<p class="note">The first {MAX_ROWS:,}; --csv and --xlsx have all.</p>'
    if len(rows) > _FILTERED:
        yield f'<input type="search" placeholder="Filter" aria-label="Filter {title}" data-filter="{name.value}" hidden>'
    yield '<div class="scroll"><table><thead><tr>'
    for column, cell in zip(chosen.columns, rows[0], strict=True):
        style = ' class="n"' if isinstance(cell, int) and not isinstance(cell, bool) else ""
        yield f'<th scope="col"{style}>{escape(column.replace("_", " "))}</th>'
    yield "</tr></thead><tbody>"
    for row in rows[:MAX_ROWS]:
        yield "<tr>" + "".join(_cell(cell) for cell in row) + "</tr>"
    yield "</tbody></table></div></section>"


def _cell(cell: Cell) -> str:
    if cell is None:
        return "<td>-</td>"
    if isinstance(cell, bool):
        return f"<td>{'yes' if cell else 'no'}</td>"
    if isinstance(cell, int):
        return f'<td class="n">{cell:,}</td>'
    style = ' class="k"' if len(cell) <= _GUID and " " not in cell else ""
    return f"<td{style}>{escape(cell)}</td>"


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
