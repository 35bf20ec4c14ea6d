"""`tenure client renew`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.finding import lookup_options
from tenure.cli.client.telling import report, tell, warn
from tenure.cli.command import ca_option, home_option, json_option, timeout_option
from tenure.programs import client
from tenure.programs.discovery import Lookup

if TYPE_CHECKING:
    from pathlib import Path


@click.command("renew")
@click.option(
    "--product", metavar="ID", help="A product's id or exact name (default: all that are installed)."
)
@lookup_options
@timeout_option
@ca_option
@home_option
@json_option
def command(
    product: str | None,
    domain: str | None,
    dns_server: str | None,
    home: Path | None,
    *,
    answer_seconds: float | None,
    ca: str | None,
    as_json: bool,
) -> int:
    """Renew the lease now instead of when it is due; if that fails, the present lease still counts.

    A --ca that is given is kept for later contacts.

    Exit codes: 0 renewed; 2 never activated; 3 refused, or the host's count fell below the threshold;
    4 no host was found or could be reached; 5 what came cannot be trusted.
    """
    chosen = home_to_write(home)
    lookup = Lookup(domain=domain, dns_server=dns_server)
    attempts = client.renew(
        chosen, product=product, warn=warn, tell=tell, lookup=lookup, ca=ca, answer_seconds=answer_seconds
    )
    return report(attempts, client.status_after(chosen, product=product), as_json=as_json)
