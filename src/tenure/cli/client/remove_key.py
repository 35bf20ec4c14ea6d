"""`tenure client remove-key`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.telling import warn
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs import lifecycle

if TYPE_CHECKING:
    from pathlib import Path


@click.command("remove-key")
@click.option(
    "--product", metavar="ID", help="A product's id or exact name (default: the only one with a key)."
)
@home_option
@json_option
def command(product: str | None, home: Path | None, *, as_json: bool) -> None:
    """Remove a product's key, and its lease or grant, from this machine: the product is unlicensed from now on.

    Exit codes: 0 removed; 2 no such key, or several keys and none is named.
    """
    removed = lifecycle.remove_key(home_to_write(home), product=product, warn=warn)
    if as_json:
        print_json(
            {
                "product": removed.product,
                "product_id": removed.product_id,
                "partial_key": removed.partial_key,
                "lease_dropped": removed.had_lease,
                "grant_dropped": removed.had_grant,
            }
        )
        return
    what = "lease" if removed.had_lease else "grant" if removed.had_grant else None
    click.echo(
        f"The key ...{removed.partial_key} of {removed.product}"
        + (f" and its {what} are removed." if what else " is removed.")
    )
    if removed.had_grant:
        click.echo("The publisher still counts this machine on the key; it can release the place.")
    else:
        click.echo(
            "The host still counts this machine until its pool's window (30 days by default) has passed."
        )
    click.echo("A new key: tenure client install-key KEY")
