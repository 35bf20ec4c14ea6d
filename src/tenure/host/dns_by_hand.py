"""The same records for those who enter them by hand: zone file, nsupdate, Windows PowerShell, and BIND's permission.

Names and addresses were checked (`core.dns_name`, `host.dns_options`) and hold nothing that any of these read as more
than text. No secret stands in any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenure.host.dns_plan import DnsPlan, DnsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What to enter for one zone, each as whole lines."""

    zone: str
    zone_file: str
    """Lines for the zone's file, with whole names: they may stand anywhere in it."""
    nsupdate: str
    """A script for `nsupdate -k KEYFILE`."""
    powershell: str
    """Commands for an elevated PowerShell on a Microsoft DNS server."""
    bind: str
    """What lets this host update its own records, to stand inside the `zone` statement of named.conf."""


def by_hand(plan: DnsPlan, *, server: str | None, key_name: str) -> tuple[ByHand, ...]:
    """What to enter for each zone of the plan; `server` is `ADDRESS:PORT` where it was named.

    Each domain is taken for a zone of its own: nobody is asked which one holds it.
    """
    return tuple(_zone(zone, plan, server, key_name) for zone in plan.zones)


def _zone(zone: str, plan: DnsPlan, server: str | None, key_name: str) -> ByHand:
    records = plan.records(zone)
    address, _, port = (server or "").rpartition(":")
    update = [f"server {address.strip('[]')} {port}"] if server else []
    update += [f"zone {zone}.", *(f"update add {record.line}" for record in records), "send"]
    return ByHand(
        zone=zone,
        zone_file=_lines(record.line for record in records),
        nsupdate=_lines(update),
        powershell=_lines(_cmdlet(record, zone, plan) for record in records),
        bind=_lines(_policy(records, key_name)),
    )


def _cmdlet(record: DnsRecord, zone: str, plan: DnsPlan) -> str:
    name = record.name.removesuffix(zone).removesuffix(".") or "@"
    ttl = f"-TimeToLive (New-TimeSpan -Seconds {record.ttl})"
    where = f"-ZoneName '{zone}' -Name '{name}' {ttl}"
    match record.type:
        case "SRV":
            srv = plan.service
            told = (
                f"-DomainName '{srv.target}' -Priority {srv.priority} -Weight {srv.weight} -Port {srv.port}"
            )
            return f"Add-DnsServerResourceRecord -Srv {where} {told}"
        case "A":
            return f"Add-DnsServerResourceRecordA {where} -IPv4Address '{record.data}'"
        case _:
            return f"Add-DnsServerResourceRecordAAAA {where} -IPv6Address '{record.data}'"


def _policy(records: Sequence[DnsRecord], key_name: str) -> list[str]:
    """One grant a name, for just the types that are published there."""
    types: dict[str, list[str]] = {}
    for record in records:
        known = types.setdefault(record.name, [])
        if record.type not in known:
            known.append(record.type)
    grants = [f'    grant "{key_name}" name {name}. {" ".join(kinds)};' for name, kinds in types.items()]
    return ["update-policy {", *grants, "};"]


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
