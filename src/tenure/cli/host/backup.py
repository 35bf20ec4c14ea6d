"""`tenure host backup`."""

from __future__ import annotations

from pathlib import Path

import click

from tenure.adapters.os.home import host_home_to_read
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, timestamp
from tenure.programs import host_backup


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@home_option
@json_option
def command(file: Path, home: Path | None, *, force: bool, as_json: bool) -> None:
    """Write everything that makes this host into one file, as it is at one moment, while its server runs.

    FILE holds the host's private key and its product keys: it is made with mode 0600, is its maker's alone, and belongs where
    only administrators read. It is there when it is whole; while it is made, its folder needs room for twice the database.
    TLS certificates and keys, and the DNS key, lie outside of the home and are not in it; nor is what a host records in
    PostgreSQL.

    Exit codes: 0 done; 1 FILE cannot be written; 2 no host here, or FILE is there already; 4 the database cannot be read;
    5 it is damaged.
    """
    made = host_backup.back_up(host_home_to_read(home), file, force=force)
    if as_json:
        print_json(
            {
                "file": made.file,
                "size": made.size,
                "host_id": made.manifest.host_id,
                "epoch": made.manifest.epoch,
                "made_at": timestamp(made.manifest.made_at),
                "members": [member.name for member in made.manifest.members],
                "recorded_elsewhere": made.recorded_in,
            }
        )
        return
    print_facts(
        [
            ("backup", f"{made.file} ({made.size:,} bytes)"),
            ("host id", made.manifest.host_id),
            ("made at", timestamp(made.manifest.made_at)),
        ]
    )
    click.echo("It holds private keys. Keep it away from this machine, where only administrators read.")
    if made.recorded_in is not None:
        click.echo(f"Machines, counts and log are in the {made.recorded_in}: back that up, too.")
