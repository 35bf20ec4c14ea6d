"""`tenure up`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option
from tenure.cli.printing import print_facts, print_table
from tenure.programs.serving import serve
from tenure.programs.up import Up

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.adapters.os.home import Home

_PORT = click.IntRange(0, 65535)


@click.command("up")
@click.option("--host", "address", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=1688, show_default=True, type=_PORT, help="Of the activation host; 0 picks a free one."
)
@click.option(
    "--publisher-port", default=1690, show_default=True, type=_PORT, help="Of the publisher; 0 as above."
)
@home_option
def command(*, address: str, port: int, publisher_port: int, home: Path | None) -> None:
    """Run the whole system on this machine: a trial publisher and an activated host.

    The first run sets everything up in the home; every other starts what is there.
    """
    chosen = home_to_write(home)
    up = Up(chosen, address, port=port, publisher_port=publisher_port)
    serve(up, lambda: _welcome(up, chosen))


def _welcome(up: Up, home: Home) -> None:
    said = up.quickstart
    click.secho("Tenure is up.", bold=True)
    print_facts(
        [
            ("activation host", said["activation_url"]),
            ("publisher", said["publisher_url"]),
            ("home", home.root),
            ("for programs", home.quickstart),
        ]
    )
    print_table(
        "Products",
        ("product", "kind", "generic key"),
        [(product["name"], product["kind"], product["generic_key"]) for product in said["products"]],
    )
    click.echo("In another terminal:")
    click.echo(
        f'  tenure fleet --machines 24 --host {said["activation_url"]} --product "{said["products"][0]["name"]}"'
    )
    click.echo("Stop it with Ctrl-C.")
