"""`tenure publisher catalog`."""

from __future__ import annotations

from pathlib import Path

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option
from tenure.programs import publisher


@click.group("catalog")
def command() -> None:
    """The catalog: what customers and products are given."""


@command.command("export")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file (default: standard output)."
)
@home_option
def export(*, out: Path | None, home: Path | None) -> None:
    """Write the catalog as it travels: every edition that changed the roots, then the newest.

    Ship it with the product, and give it to customers with their host keys. It holds no secret.
    """
    data = publisher.export_catalog(home_to_write(home), out)
    if out is None:
        click.echo(data, nl=False)
    else:
        click.echo(f"The catalog is in {out}.")
