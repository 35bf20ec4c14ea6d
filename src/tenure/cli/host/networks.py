"""`tenure host networks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs import host

if TYPE_CHECKING:
    from pathlib import Path


@click.command("networks")
@click.argument("networks", nargs=-1, metavar="[CIDR]...")
@click.option("--any", "anybody", is_flag=True, help="Serve every network again.")
@home_option
@json_option
def command(*, networks: tuple[str, ...], anybody: bool, home: Path | None, as_json: bool) -> None:
    """Show or set which networks this host serves; a running server goes by it within a second.

    CIDR is a network such as 10.20.0.0/16 or 2001:db8::/32, or one address; those named replace those set before.
    Loopback is always served. Others are refused: 403, not_allowed_from_here. Behind a proxy the proxy's address counts.
    Exit codes: 0 done; 2 no network, or no host in this home.
    """
    if networks and anybody:
        raise click.UsageError("Name networks, or --any.")
    chosen = home_to_write(home)
    if networks or anybody:
        told = host.set_networks(chosen, None if anybody else networks)
    else:
        told = host.allowed_networks(chosen)
    served = None if told.allowed is None else [str(network) for network in told.allowed.networks]
    if as_json:
        print_json({"networks": served, "unusable": list(told.unusable)})
        return
    if served is None:
        click.echo("This host serves every network.")
    else:
        click.echo("This host serves loopback and:" if served else "This host serves loopback alone.")
        for network in served:
            click.echo(f"  {network}")
    if told.unusable:
        click.echo(
            f"{click.style('warning:', fg='yellow')} no networks: {' '.join(map(repr, told.unusable))}"
        )
