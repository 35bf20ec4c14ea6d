"""`tenure publisher revocations`."""

from __future__ import annotations

from pathlib import Path

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs import publisher


@click.group("revocations")
def command() -> None:
    """What was revoked, for hosts that the network does not reach."""


@command.command("export")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file (default: standard output)."
)
@home_option
@json_option
def export(*, out: Path | None, home: Path | None, as_json: bool) -> None:
    """Write the newest revocation list, with the catalogs that verify it, as one file for a host.

    It holds no secret, and is good for 7 days; then the host says that a newer one is due. What goes to standard output
    is JSON in any case; --json with --out tells the file's path.
    """
    data = publisher.export_revocations(home_to_write(home), out)
    if out is None:
        click.echo(data, nl=False)
    elif as_json:
        print_json({"out": out.absolute()})
    else:
        click.echo(f"Revocation list and catalogs are in {out}.")
        click.echo(f"Next, on the host: tenure host refresh --from {out.name}")
