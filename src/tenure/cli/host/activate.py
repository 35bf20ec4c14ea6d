"""`tenure host activate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import ca_option, home_option, json_option
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
from tenure.cli.printing import print_facts, print_json, timestamp
from tenure.programs import host, host_offline

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tenure.core.certificate import HostCertificate
    from tenure.host.carried_activation import CarriedAway
    from tenure.programs.parcels import Delivered
    from tenure.wire.enrolment import HostActivated
    from tenure.wire.parcel import Form


@click.command("activate")
@click.option(
    "--publisher", "publisher_url", metavar="URL", help="The publisher's address (default: the catalog's)."
)
@click.option("--publisher-id", type=click.UUID, help="Which publisher, when this host knows several.")
@ca_option
@offline_option
@confirmation_option
@form_option
@home_option
@json_option
def command(
    *,
    publisher_url: str | None,
    publisher_id: UUID | None,
    ca: str | None,
    offline: str | None,
    confirmation: str | None,
    form: Form | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Get this host its certificate from the publisher, or renew it; repeats are free.

    A --ca that is given is kept for later contacts with publishers.

    Without a network: --offline FILE, carry it to the publisher, and take what comes back with --confirmation FILE.
    Exit codes: 0 done; 2 no key, or no such file; 3 refused; 4 the publisher did not answer; 5 the answer is damaged,
    or not for this host.
    """
    check_ways(publisher=publisher_url, offline=offline, confirmation=confirmation, form=form)
    chosen = home_to_write(home)
    if offline is not None:
        away, delivered = host_offline.request(
            chosen, publisher_id=publisher_id, out=out_path(offline), form=form
        )
        _tell_request(away, delivered, as_json=as_json)
        return
    if confirmation is not None:
        done = [
            (one.answer, one.certificate)
            for one in host_offline.confirm(chosen, carried_here(confirmation), publisher_id=publisher_id)
        ]
    else:
        done = [host.activate(chosen, publisher_url=publisher_url, publisher_id=publisher_id, ca=ca)]
    facts = [_facts(answer, certificate) for answer, certificate in done]
    if as_json:
        print_json({**facts[0], "certificates": facts})
        return
    click.echo("This host is activated.")
    for answer, certificate in done:
        print_facts(
            [
                ("host id", certificate.host_id),
                ("organization", certificate.org or None),
                ("pools", ", ".join(sorted(certificate.pools))),
                ("certificate until", timestamp(certificate.exp)),
                ("hosts on this key", f"{answer.used} of {answer.limit}"),
            ]
        )
    click.echo("Next: tenure host serve")


def _facts(answer: HostActivated, certificate: HostCertificate) -> dict[str, Any]:
    return {
        "host_id": certificate.host_id,
        "org": certificate.org,
        "trial": certificate.trial,
        "certificate_expires": timestamp(certificate.exp),
        "pools": sorted(certificate.pools),
        "used": answer.used,
        "limit": answer.limit,
    }


def _tell_request(away: CarriedAway, delivered: Delivered, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "publisher_id": away.publisher_id,
                "request_id": away.request_id,
                "valid_until": timestamp(away.valid_until),
                **delivered_json(delivered),
            }
        )
        return
    contact = f" ({away.contact})" if away.contact else ""
    print_delivered(
        delivered,
        f"The request of this host to {away.publisher}",
        [
            f"It is valid until {timestamp(away.valid_until)}. Bring it to the publisher{contact}, who runs:",
            "  tenure publisher activate-request FILE --out CONFIRMATION",
            "Then, on this host: tenure host activate --confirmation CONFIRMATION",
        ],
    )
