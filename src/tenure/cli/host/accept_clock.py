"""`tenure host accept-clock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, timestamp
from tenure.programs import host

if TYPE_CHECKING:
    from pathlib import Path


@click.command("accept-clock")
@home_option
@json_option
def command(home: Path | None, *, as_json: bool) -> None:
    """Go by this machine's clock, after it ran ahead and the host refuses everybody (host_clock).

    First set the clock right. Then machines that were recorded in the future count as seen now; where hosts share a database,
    so do those of the other hosts. A running server grants again within a second, and logs that the clock was accepted.

    Exit codes: 0 done; 2 no host in this home; 4 the database cannot be used now.
    """
    now, moved = host.accept_clock(home_to_write(home))
    if as_json:
        print_json({"accepted": timestamp(now), "machines_moved_back": moved})
        return
    print_facts([("accepted", timestamp(now)), ("machines moved back", f"{moved:,}")])
