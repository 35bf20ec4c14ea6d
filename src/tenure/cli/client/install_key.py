"""`tenure client install-key`."""

from __future__ import annotations

from pathlib import Path

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.telling import warn
from tenure.cli.command import home_option, json_option, key_argument
from tenure.cli.printing import print_facts, print_json
from tenure.programs import client


@click.command("install-key")
@key_argument
@click.option(
    "--catalog",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The publisher's catalog file; the first one is trusted and its roots are pinned. "
    "[default: $TENURE_CATALOG, else the one with this key in the home or /usr/share/tenure/catalogs]",
)
@click.option(
    "--root",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Demand that this root key (a JWK file) signed the catalog.",
)
@home_option
@json_option
def command(key: str, catalog: Path | None, root: Path | None, home: Path | None, *, as_json: bool) -> None:
    """Say which product this machine has, and who activates it, by its key.

    KEY is the product's generic key (hosts activate it), a MAK or a retail key (its publisher does); `-` or nothing
    reads it from standard input, which keeps a secret key out of the list of processes.
    Exit codes: 0 installed; 2 no such key or file; 3 the key is not of this catalog; 5 the catalog does not verify.
    """
    installed = client.install_key(home_to_write(home), key, catalog=catalog, root=root, warn=warn)
    if as_json:
        print_json(
            {
                "product": installed.product,
                "product_id": installed.product_id,
                "publisher": installed.publisher,
                "partial_key": installed.partial_key,
                "key_type": installed.key_type.label,
                "machine_id": installed.machine_id,
            }
        )
        return
    click.echo(
        f"The {installed.key_type.label} key ...{installed.partial_key} of {installed.product} is installed."
    )
    print_facts(
        [
            ("publisher", installed.publisher),
            ("product id", installed.product_id),
            ("machine id", installed.machine_id),
            ("hosts", ", ".join(host.text for host in installed.hosts) or "looked for in the DNS"),
        ]
    )
    if not installed.hosts and not installed.key_type.secret:
        click.echo("Where the DNS names no host, set it first: tenure client set-host HOST[:PORT]")
    click.echo("Next: tenure client activate")
