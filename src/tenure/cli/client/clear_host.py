"""`tenure client clear-host`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.telling import warn
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs import client

if TYPE_CHECKING:
    from pathlib import Path


@click.command("clear-host")
@home_option
@json_option
def command(home: Path | None, *, as_json: bool) -> None:
    """Forget the activation hosts that were set, and look for hosts in the DNS again; leases that are held stay.

    Exit codes: 0 cleared.
    """
    client.set_hosts(home_to_write(home), [], warn=warn)
    if as_json:
        print_json({"hosts": [], "urls": []})
        return
    click.echo(
        "No activation host is set any more; the DNS is asked for them. Test it: tenure client check-host"
    )
