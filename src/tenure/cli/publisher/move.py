"""`tenure publisher move`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs import publisher

if TYPE_CHECKING:
    from pathlib import Path


@click.command("move")
@click.argument("url")
@home_option
@json_option
def command(*, url: str, home: Path | None, as_json: bool) -> None:
    """Say in a new catalog that hosts and machines reach this publisher at URL, such as https://activation.example.

    Those that know an older catalog ask at the old address until they have heard of the new one: let both answer for a
    while, or give the new catalog out.
    """
    catalog = publisher.move(home_to_write(home), url)
    if as_json:
        print_json({"publisher_url": catalog.publisher_url, "catalog_seq": catalog.seq})
        return
    click.echo(f"The catalog says {catalog.publisher_url} now.")
    click.echo("Give it out: tenure publisher catalog export --out catalog.json")
