"""`tenure host status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import homes_to_read
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, print_table, timestamp
from tenure.programs import host

if TYPE_CHECKING:
    from pathlib import Path


@click.command("status")
@home_option
@json_option
def command(home: Path | None, *, as_json: bool) -> None:
    """What this host is, what it counts, and how many requests it answered."""
    homes = homes_to_read(home)
    chosen = next((h for h in homes if h.host_database.exists()), homes[0])
    status, listening = host.status(chosen)
    if as_json:
        print_json(
            {
                "host_id": status.host_id,
                "org": status.org,
                "activated": status.activated,
                "trial": status.trial,
                "certificate_expires": timestamp(status.certificate_expires),
                "listening": listening,
                "pools": [
                    {
                        "publisher_id": pool.publisher_id,
                        "pool": pool.pool,
                        "count": pool.count,
                        "threshold": pool.threshold,
                        "machines": pool.machines,
                    }
                    for pool in status.pools
                ],
                "warnings": list(status.warnings),
                "requests": {
                    "total": status.requests.total,
                    "granted": status.requests.granted,
                    "waiting": status.requests.waiting,
                    "refused": status.requests.refused,
                },
            }
        )
        return
    print_facts(
        [
            ("host id", status.host_id),
            ("organization", status.org),
            ("activated", _yes(status.activated) + (" (trial)" if status.trial else "")),
            ("certificate until", timestamp(status.certificate_expires)),
            ("listening", listening or "no: start it with tenure host serve"),
            (
                "requests",
                (
                    f"{status.requests.total:,} ({status.requests.granted:,} granted, "
                    f"{status.requests.waiting:,} waiting, {status.requests.refused:,} refused)"
                ),
            ),
        ]
    )
    for warning in status.warnings:
        click.echo(f"{click.style('warning:', fg='yellow')} {warning}")
    if not status.activated:
        click.echo("Next: tenure host activate")
        return
    print_table(
        "Pools",
        ("pool", "count", "threshold", "missing", "machines known"),
        [
            (
                p.pool,
                f"{p.count:,}",
                f"{p.threshold:,}",
                max(0, p.threshold - p.count) or "none",
                f"{p.machines:,}",
            )
            for p in status.pools
        ],
    )


def _yes(truth: bool) -> str:  # noqa: FBT001 - it is the one thing that this says
    return "yes" if truth else "no"
