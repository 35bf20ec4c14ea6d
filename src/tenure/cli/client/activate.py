"""`tenure client activate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.finding import lookup_options
from tenure.cli.client.telling import report, tell, warn
from tenure.cli.command import ca_option, home_option, json_option, timeout_option
from tenure.cli.exit_codes import ExitCode
from tenure.cli.offline import (
    carried_here,
    check_ways,
    confirmation_option,
    delivered_json,
    form_option,
    offline_option,
    out_path,
    print_delivered,
)
from tenure.cli.printing import print_json, timestamp
from tenure.programs import client, client_offline
from tenure.programs.discovery import Lookup

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.client.carried_activation import CarriedAway
    from tenure.programs.parcels import Delivered
    from tenure.wire.parcel import Form


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
@timeout_option
@ca_option
@offline_option
@confirmation_option
@form_option
@home_option
@json_option
def command(
    *,
    product: str | None,
    domain: str | None,
    dns_server: str | None,
    seconds: float,
    answer_seconds: float | None,
    publisher_url: str | None,
    ca: str | None,
    offline: str | None,
    confirmation: str | None,
    form: Form | None,
    home: Path | None,
    as_json: bool,
) -> int:
    """Ask the activation hosts for a lease, now; with a MAK or a retail key, ask the publisher for a grant.

    Hosts that are set (set-host) are asked in their order; else the DNS is asked for them. A --ca that is given
    is kept for later contacts with those that are asked now, hosts or publisher.
    Where no network is, a MAK or a retail key is activated by --offline FILE, carried to the publisher, and what comes
    back with --confirmation FILE. --offline FOLDER/ writes a file there that is named after the machine.

    Exit codes: 0 licensed, or the request is written; 2 no key is installed; 3 refused, or counted but the threshold
    is not reached yet; 4 no host was found, or host or publisher could not be reached; 5 what came cannot be trusted.
    """
    check_ways(publisher=publisher_url, offline=offline, confirmation=confirmation, form=form)
    chosen = home_to_write(home)
    if offline is not None:
        away, delivered = client_offline.request(
            chosen, product=product, out=out_path(offline), form=form, warn=warn
        )
        return _tell_request(away, delivered, as_json=as_json)
    if confirmation is not None:
        attempts = client_offline.confirm(chosen, carried_here(confirmation), product=product, warn=warn)
    else:
        attempts = client.activate(
            chosen,
            product=product,
            seconds=seconds,
            warn=warn,
            tell=tell,
            lookup=Lookup(domain=domain, dns_server=dns_server),
            publisher_url=publisher_url,
            ca=ca,
            answer_seconds=answer_seconds,
        )
    return report(attempts, client.status_after(chosen, product=product), as_json=as_json)


def _tell_request(away: CarriedAway, delivered: Delivered, *, as_json: bool) -> int:
    if as_json:
        print_json(
            {
                "machine_id": away.machine_id,
                "products": away.products,
                "publishers": away.publishers,
                "valid_until": timestamp(away.valid_until),
                **delivered_json(delivered),
            }
        )
        return ExitCode.DONE
    print_delivered(
        delivered,
        f"The request of this machine for {', '.join(away.products)}",
        [
            f"It is valid until {timestamp(away.valid_until)}. Bring it to {', '.join(away.publishers)}, who runs:",
            "  tenure publisher activate-request FILE --out CONFIRMATION",
            "or to a machine that reaches the publisher: tenure client collect FOLDER --out CONFIRMATION",
            "Then, on this machine: tenure client activate --confirmation CONFIRMATION",
        ],
    )
    return ExitCode.DONE
