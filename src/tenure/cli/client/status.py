"""`tenure client status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.cli.client.telling import machine_json, next_step, print_product, warn
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs import client

if TYPE_CHECKING:
    from pathlib import Path


@click.command("status")
@click.option("--product", metavar="ID", help="A product's id or exact name (default: the first installed).")
@home_option
@json_option
def command(product: str | None, home: Path | None, *, as_json: bool) -> None:
    """What this machine is licensed for, and until when; works for every user and on a read-only disk.

    Exit codes: 0 told, whatever the status; 2 no such product; 5 damage left nothing to tell.
    """
    status = client.status(home, product=product, warn=warn)
    if as_json:
        for told in status.products:
            if told.problem is not None:
                warn(f"the stored license of {told.product} counts for nothing: {told.problem.detail}")
        print_json(machine_json(status))
        return
    for told in status.products if product is None and status.products else [status.chosen]:
        print_product(told)
    step = next_step(status.chosen)
    if step is not None:
        click.echo(f"Next: {step}")
