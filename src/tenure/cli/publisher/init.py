"""`tenure publisher init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json
from tenure.programs import publisher

if TYPE_CHECKING:
    from pathlib import Path


@click.command("init")
@click.option("--name", required=True, help="What customers know you by.")
@click.option("--contact", default="", help="Whom a customer asks: an address or a page.")
@click.option(
    "--url", "publisher_url", help="Where hosts reach this publisher, such as https://activation.example."
)
@home_option
@json_option
def command(*, name: str, contact: str, publisher_url: str | None, home: Path | None, as_json: bool) -> None:
    """Make a publisher: its root key, its signing key and its first catalog."""
    chosen = home_to_write(home)
    catalog = publisher.init(chosen, name=name, contact=contact, publisher_url=publisher_url)
    root = chosen.publisher / "root.jwk"
    if as_json:
        print_json({"publisher_id": catalog.publisher_id, "root_kid": catalog.roots[0].kid, "root_key": root})
        return
    click.echo(f"The publisher {name!r} exists.")
    print_facts([("publisher id", catalog.publisher_id), ("root key", root)])
    click.echo(
        "Keep a copy of the root key where no network reaches: products pin it, and a lost one is hard to replace."
    )
    click.echo("Next: tenure publisher product add --name NAME --kind workstation")
