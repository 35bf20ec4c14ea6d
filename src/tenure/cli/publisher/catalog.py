"""`tenure publisher catalog`."""

from __future__ import annotations

from pathlib import Path

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs import publisher


@click.group("catalog")
def command() -> None:
    """The catalog: what customers and products are given."""


@command.command("export")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file (default: standard output)."
)
@home_option
@json_option
def export(*, out: Path | None, home: Path | None, as_json: bool) -> None:
    """Write the catalog as it travels: every edition that changed the roots, then the newest.

    Ship it with the product, and give it to customers with their host keys. It holds no secret. What goes to standard
    output is JSON in any case; --json with --out tells the file's path.
    """
    data = publisher.export_catalog(home_to_write(home), out)
    if out is None:
        click.echo(data, nl=False)
    elif as_json:
        print_json({"out": out.absolute()})
    else:
        click.echo(f"The catalog is in {out}.")
        click.echo(f"Next, on the customer's host: tenure host install-key --catalog {out.name}")
