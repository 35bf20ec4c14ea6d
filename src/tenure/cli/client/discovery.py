"""`tenure client discovery`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.cli.client.telling import warn
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json
from tenure.programs.discovery import OWN, discovery
from tenure.wire.srv_label import DEFAULT_LABEL

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.programs.discovery import DiscoverySettings


@click.command("discovery")
@click.option("--domain", metavar="DOMAIN", help=f"Look in this DNS domain only; {OWN}: this machine's own.")
@click.option(
    "--label", metavar="LABEL", help=f"Of the SRV records that name hosts (default {DEFAULT_LABEL})."
)
@click.option(
    "--dns-server",
    metavar="ADDR[:PORT]",
    help=f"Ask this DNS server (an IP address); {OWN}: this machine's own.",
)
@click.option(
    "--host-caching",
    type=click.Choice(["on", "off"]),
    help="Whether the host that answered is asked first again, before others of its priority.",
)
@home_option
@json_option
def command(
    *,
    domain: str | None,
    label: str | None,
    dns_server: str | None,
    host_caching: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Show or set how this machine finds its activation hosts in the DNS; an agent that runs goes by it at once.

    Looked for is LABEL._tcp.DOMAIN, SRV: in this machine's own domain, then in its search list, unless a domain is set.
    Hosts that are set (set-host) are asked instead of it all.

    Exit codes: 0 done; 2 no domain, no label, or no address of a DNS server; 3 the label is Microsoft's.
    """
    told = discovery(
        home,
        domain=domain,
        label=label,
        dns_server=dns_server,
        host_caching=None if host_caching is None else host_caching == "on",
        warn=warn,
    )
    if as_json:
        print_json(_json(told))
        return
    print_facts(
        [
            ("hosts", ", ".join(host.text for host in told.hosts) or "looked for in the DNS"),
            ("domain", told.domain or "this machine's own, then its search list"),
            ("label", told.label),
            ("DNS server", told.dns_server or "this machine's own"),
            ("host caching", "on" if told.host_caching else "off"),
            ("answered last", _found(told)),
        ]
    )
    if told.hosts:
        click.echo("Hosts are set, so the DNS is not asked: tenure client clear-host")


def _found(told: DiscoverySettings) -> str | None:
    found = told.found
    return f"{found.host.text} ({found.domain}, priority {found.priority})" if found else None


def _json(told: DiscoverySettings) -> dict[str, object]:
    found = told.found
    return {
        "hosts": [host.text for host in told.hosts],
        "domain": told.domain or None,
        "label": told.label,
        "dns_server": told.dns_server or None,
        "host_caching": told.host_caching,
        "found": {"host": found.host.text, "domain": found.domain, "priority": found.priority}
        if found
        else None,
    }
