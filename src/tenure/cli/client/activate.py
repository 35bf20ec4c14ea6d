"""`tenure client activate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.finding import lookup_options
from tenure.cli.client.telling import report, tell, warn
from tenure.cli.command import home_option, json_option
from tenure.programs import client
from tenure.programs.discovery import Lookup

if TYPE_CHECKING:
    from pathlib import Path


@click.command("activate")
@click.option(
    "--product", metavar="ID", help="A product's id or exact name (default: all that are installed)."
)
@click.option(
    "--wait",
    "seconds",
    default=0.0,
    type=click.FloatRange(0, 86_400),
    metavar="SECONDS",
    help="Wait so long for the threshold to be reached, or for a host to be there.",
)
@click.option(
    "--publisher",
    "publisher_url",
    metavar="URL",
    help="For a MAK or a retail key, this once: the publisher's address (default: the catalog's).",
)
@lookup_options
@home_option
@json_option
def command(
    *,
    product: str | None,
    domain: str | None,
    dns_server: str | None,
    seconds: float,
    publisher_url: str | None,
    home: Path | None,
    as_json: bool,
) -> int:
    """Ask the activation hosts for a lease, now; with a MAK or a retail key, ask the publisher for a grant.

    Hosts that are set (set-host) are asked in their order; else the DNS is asked for them.

    Exit codes: 0 licensed; 2 no key is installed; 3 refused, or counted but the threshold is not reached yet;
    4 no host was found, or host or publisher could not be reached; 5 what came cannot be trusted.
    """
    chosen = home_to_write(home)
    attempts = client.activate(
        chosen,
        product=product,
        seconds=seconds,
        warn=warn,
        tell=tell,
        lookup=Lookup(domain=domain, dns_server=dns_server),
        publisher_url=publisher_url,
    )
    return report(attempts, client.status_after(chosen, product=product), as_json=as_json)
