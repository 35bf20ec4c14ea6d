"""`tenure host restore`."""

from __future__ import annotations

from pathlib import Path

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, timestamp
from tenure.programs import host_backup


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Move the host that is in the home aside.")
@home_option
@json_option
def command(file: Path, home: Path | None, *, force: bool, as_json: bool) -> None:
    """Put the host of a backup into an empty home, with a new epoch.

    From then on the machine that the backup was made on is an old copy: a client that was granted a lease by the restored
    host takes none of the old one. Everything in FILE is checked before anything is written.

    Exit codes: 0 done; 1 a server runs on the home, or it cannot be written; 2 the home is not empty, no such file, or a newer
    version of Tenure made it; 5 the file is damaged or no backup.
    """
    host = host_backup.restore(home_to_write(home), file, force=force)
    if as_json:
        print_json(
            {
                "host_id": host.host_id,
                "epoch": host.epoch,
                "made_at": timestamp(host.made_at),
                "home": host.home,
                "moved_aside": host.moved_aside,
                "recorded_elsewhere": host.recorded_in,
            }
        )
        return
    print_facts(
        [
            ("host id", host.host_id),
            ("home", host.home),
            ("backup of", timestamp(host.made_at)),
            ("new epoch", host.epoch),
            ("moved aside", host.moved_aside),
        ]
    )
    if host.recorded_in is not None:
        click.echo(f"Machines, counts and log are in the {host.recorded_in}, as they are there now.")
    click.echo("Next: stop the old host for good, and start this one: tenure host serve, or install-service.")
