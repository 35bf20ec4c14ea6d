"""`tenure client rearm`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.telling import warn
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json
from tenure.programs import lifecycle

if TYPE_CHECKING:
    from pathlib import Path


@click.command("rearm")
@home_option
@json_option
def command(home: Path | None, *, as_json: bool) -> None:
    """Give this installation a new machine id and drop its leases and grants: the last step before an image is copied.

    Keys, catalogs and hosts stay. No time is won by it: the days since the first key was installed go on counting.
    Exit codes: 0 done; 2 nothing is installed here.
    """
    done = lifecycle.rearm(home_to_write(home), warn=warn)
    if as_json:
        print_json({"machine_id": done.machine_id, "leases_dropped": done.leases_dropped})
        return
    click.echo("This machine has a new id and holds neither lease nor grant.")
    print_facts([("machine id", done.machine_id), ("leases dropped", done.leases_dropped)])
    click.echo("Next: tenure client activate; on an image, on its copies only.")
