"""`tenure host install-key`."""

from __future__ import annotations

from pathlib import Path

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option, key_argument
from tenure.cli.host.database import database_option
from tenure.cli.printing import print_facts, print_json
from tenure.programs import host


@click.command("install-key")
@key_argument
@click.option(
    "--catalog",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The publisher's catalog file; the first one is trusted and its roots are pinned.",
)
@click.option(
    "--root",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Demand that this root key (a JWK file) signed the catalog.",
)
@database_option
@home_option
@json_option
def command(
    key: str, catalog: Path, root: Path | None, database: str | None, home: Path | None, *, as_json: bool
) -> None:
    """Give this host its key, and the catalog of the publisher who issued it.

    KEY is the host key; `-` or nothing reads it from standard input, so that it stands in no shell history.
    """
    installed = host.install_key(home_to_write(home), key, catalog=catalog, root=root, database=database)
    if as_json:
        print_json(
            {
                "publisher_id": installed.publisher_id,
                "publisher": installed.publisher,
                "partial_key": installed.partial_key,
                "publisher_url": installed.publisher_url,
            }
        )
        return
    click.echo(f"The host key ...{installed.partial_key} of {installed.publisher} is installed.")
    print_facts([("publisher", installed.publisher_url or "no address in the catalog")])
    click.echo("Next: tenure host activate")
