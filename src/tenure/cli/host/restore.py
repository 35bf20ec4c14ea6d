"""`tenure host restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, timestamp
from tenure.programs import host_backup, host_restore

if TYPE_CHECKING:
    from tenure.wire.backup import Manifest


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Move the host that is in the home aside.")
@click.option(
    "--check", is_flag=True, help="Only read FILE to its end, and tell whether it is good and what is in it."
)
@home_option
@json_option
def command(file: Path, home: Path | None, *, force: bool, check: bool, as_json: bool) -> None:
    """Put the host of a backup into an empty home, with a new epoch.

    From then on the machine that the backup was made on is an old copy: a client that was granted a lease by the restored
    host takes none of the old one. Everything in FILE is checked before the home is touched. Run as root, it gives the host
    to whom the home belongs.

    Exit codes: 0 done, or FILE is good; 1 a server runs on the home, or it cannot be written; 2 the home is not empty, no such
    file, or a newer version of Tenure made it; 5 FILE is damaged or no backup.
    """
    if check:
        if force or home is not None:
            raise click.UsageError("--check writes nothing: neither --home nor --force goes with it.")
        _tell_contents(file, host_backup.check(file), as_json=as_json)
        return
    host = host_restore.restore(home_to_write(home), file, force=force)
    if as_json:
        print_json(
            {
                "host_id": host.host_id,
                "epoch": host.epoch,
                "made_at": timestamp(host.made_at),
                "home": host.home,
                "moved_aside": host.moved_aside,
                "recorded_elsewhere": host.recorded_in,
                "recording_fault": host.recording_fault,
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
    if host.recording_fault is not None:
        warning = click.style("warning:", fg="yellow")
        click.echo(
            f"{warning} {host.recording_fault} The host is restored, and starts when that database can be used."
        )
    click.echo("Next: stop the old host for good, and start this one: tenure host serve, or install-service.")


def _tell_contents(file: Path, manifest: Manifest, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "file": file,
                "host_id": manifest.host_id,
                "epoch": manifest.epoch,
                "made_at": timestamp(manifest.made_at),
                "program": manifest.program,
                "members": [
                    {"name": member.name, "size": member.size, "sha256": member.sha256}
                    for member in manifest.members
                ],
            }
        )
        return
    print_facts(
        [
            ("good backup of", timestamp(manifest.made_at)),
            ("host id", manifest.host_id),
            ("epoch", manifest.epoch),
            ("made by", f"Tenure {manifest.program}"),
        ]
    )
    for member in manifest.members:
        click.echo(f"{member.size:>16,} bytes  {member.name}")
