"""`tenure host status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import host_home_to_read
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, print_table, timestamp
from tenure.core.turned_away import WORDS
from tenure.programs import host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tenure.host.dns_plan import DnsRecord
    from tenure.host.status import DnsStatus
    from tenure.host.turned_away import DoorCounts


@click.command("status")
@home_option
@json_option
def command(home: Path | None, *, as_json: bool) -> None:
    """What this host is, what it counts, how many requests it answered, and how many it turned away at its door."""
    status, listening = host.status(host_home_to_read(home))
    if as_json:
        print_json(
            {
                "host_id": status.host_id,
                "org": status.org,
                "activated": status.activated,
                "trial": status.trial,
                "certificate_expires": timestamp(status.certificate_expires),
                "listening": listening,
                "tls": None
                if status.tls is None
                else {
                    "names": list(status.tls.names),
                    "not_before": timestamp(status.tls.not_before),
                    "expires": timestamp(status.tls.not_after),
                },
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
                "dns": {
                    "publishing": status.dns.publishing,
                    "published": [
                        {"zone": zone, "record": record.line} for zone, record in _published(status.dns)
                    ],
                    "last_success": timestamp(status.dns.memory.last_success),
                    "last_failure": timestamp(status.dns.memory.last_failure),
                    "failing_since": timestamp(status.dns.memory.failing_since),
                    "reason": status.dns.memory.reason or None,
                },
                "revoked": status.revoked,
                "revocations": [
                    {
                        "publisher_id": known.publisher_id,
                        "seq": known.seq,
                        "next_update": timestamp(known.next_update),
                        "stale": known.stale,
                        "revoked_from": timestamp(known.revocation.since) if known.revocation else None,
                        "reason": known.revocation.reason if known.revocation else None,
                    }
                    for known in status.revocations
                ],
                "database": status.storage.name if status.storage else None,
                "other_hosts": status.storage.others if status.storage else 0,
                "warnings": list(status.warnings),
                "requests": {
                    "total": status.requests.total,
                    "granted": status.requests.granted,
                    "waiting": status.requests.waiting,
                    "refused": status.requests.refused,
                },
                "turned_away": None
                if status.turned_away is None
                else {
                    "since": timestamp(status.turned_away.since),
                    "reasons": {
                        one.reason: {
                            "times": one.times,
                            "last_at": timestamp(one.last_at),
                            "last_address": one.last_address,
                        }
                        for one in status.turned_away.reasons
                    },
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
            ("database", status.storage.name if status.storage else None),
            ("counting", status.storage.counting if status.storage else None),
            ("listening", listening or "no: start it with tenure host serve"),
            (
                "TLS certificate",
                status.tls
                and f"until {timestamp(status.tls.not_after)} for {', '.join(status.tls.names) or 'nobody'}",
            ),
            (
                "requests",
                (
                    f"{status.requests.total:,} ({status.requests.granted:,} granted, "
                    f"{status.requests.waiting:,} waiting, {status.requests.refused:,} refused)"
                ),
            ),
            *_turned_away(status.turned_away),
            ("published in DNS", _dns(status.dns)),
            *(("", record.line) for _, record in _published(status.dns)),
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


def _turned_away(counts: DoorCounts | None) -> Iterator[tuple[str, str]]:
    """A line for each reason, the first with the label; no line while no server runs."""
    if counts is None:
        return
    total = sum(one.times for one in counts.reasons)
    yield "turned away", f"{f'{total:,}' if total else 'nobody'} since {timestamp(counts.since)}"
    for one in counts.reasons:
        what = WORDS.get(one.reason, one.reason)
        yield "", f"{one.times:,} {what}, the last of {one.last_address} at {timestamp(one.last_at)}"


def _published(dns: DnsStatus) -> list[tuple[str, DnsRecord]]:
    return [(zone, record) for zone, records in sorted(dns.memory.records.items()) for record in records]


def _dns(dns: DnsStatus) -> str:
    """Whether, when last, and why not."""
    memory = dns.memory
    how = "daily" if dns.publishing else "by command" if memory.records else "no"
    if memory.reason:
        return f"{how}; failing since {timestamp(memory.failing_since)}: {memory.reason}"
    return f"{how}, last at {timestamp(memory.last_success)}" if memory.last_success else how


def _yes(truth: bool) -> str:  # noqa: FBT001 - it is the one thing that this says
    return "yes" if truth else "no"
