"""`tenure host activate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, timestamp
from tenure.programs import host

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID


@click.command("activate")
@click.option(
    "--publisher", "publisher_url", metavar="URL", help="The publisher's address (default: the catalog's)."
)
@click.option("--publisher-id", type=click.UUID, help="Which publisher, when this host knows several.")
@home_option
@json_option
def command(
    publisher_url: str | None, publisher_id: UUID | None, home: Path | None, *, as_json: bool
) -> None:
    """Get this host its certificate from the publisher, or renew it; repeats are free."""
    answer, certificate = host.activate(
        home_to_write(home), publisher_url=publisher_url, publisher_id=publisher_id
    )
    if as_json:
        print_json(
            {
                "host_id": certificate.host_id,
                "org": certificate.org,
                "trial": certificate.trial,
                "certificate_expires": timestamp(certificate.exp),
                "pools": sorted(certificate.pools),
                "used": answer.used,
                "limit": answer.limit,
            }
        )
        return
    click.echo("This host is activated.")
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
