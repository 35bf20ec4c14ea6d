"""`tenure host new-epoch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json
from tenure.programs import host

if TYPE_CHECKING:
    from pathlib import Path


@click.command("new-epoch")
@home_option
@json_option
def command(home: Path | None, *, as_json: bool) -> None:
    """Tell this host from its older copies, after its virtual machine was rolled back or copied.

    tenure host restore does it by itself. A running server grants under the new epoch within a second; clients that were
    granted a lease under it take none of a copy with an older one.

    Exit codes: 0 done; 2 no host in this home.
    """
    identity = host.new_epoch(home_to_write(home))
    if as_json:
        print_json({"host_id": identity.host_id, "epoch": identity.epoch})
        return
    print_facts([("host id", identity.host_id), ("epoch", identity.epoch)])
