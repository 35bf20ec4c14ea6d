"""`tenure host retention`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json
from tenure.programs import host

if TYPE_CHECKING:
    from pathlib import Path


@click.command("retention")
@click.option("--log-days", type=int, help="How long the log of requests is kept (1 to 3,650; default 90).")
@click.option(
    "--machine-days", type=int, help="How long a machine that is not seen is kept (366 or more; default 400)."
)
@home_option
@json_option
def command(*, log_days: int | None, machine_days: int | None, home: Path | None, as_json: bool) -> None:
    """Show or set how long this host keeps what it recorded; a running server goes by it within a second.

    Daily totals are kept for good. Exit codes: 0 done; 2 a number out of bounds, or no host in this home.
    """
    kept = host.set_retention(home_to_write(home), log_days=log_days, machine_days=machine_days)
    if as_json:
        print_json({"log_days": kept.log_days, "machine_days": kept.machine_days})
        return
    print_facts(
        [("log of requests", f"{kept.log_days:,} days"), ("unseen machines", f"{kept.machine_days:,} days")]
    )
