"""`tenure client deposit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.telling import report, warn
from tenure.cli.command import home_option, json_option
from tenure.cli.offline import carried_here
from tenure.programs import client, client_offline

if TYPE_CHECKING:
    from pathlib import Path


@click.command("deposit")
@click.argument("file", metavar="FILE|-")
@home_option
@json_option
def command(*, file: str, home: Path | None, as_json: bool) -> int:
    """Take this machine's grants out of the file that `tenure client collect` wrote.

    The same as `tenure client activate --confirmation FILE`; doing it twice changes nothing.
    Exit codes: 0 licensed; 2 no such file; 3 refused, or the request is too old; 5 damaged, or nothing in it is for
    this machine.
    """
    chosen = home_to_write(home)
    attempts = client_offline.confirm(chosen, carried_here(file), product=None, warn=warn)
    return report(attempts, client.status_after(chosen, product=None), as_json=as_json)
