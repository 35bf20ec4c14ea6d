"""`tenure host limits`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json
from tenure.programs import host

if TYPE_CHECKING:
    from pathlib import Path


@click.command("limits")
@click.option("--address-rate", type=int, help="Requests a second of one address [200].")
@click.option("--address-burst", type=int, help="Requests of one address before its rate counts [5,000].")
@click.option("--total-rate", type=int, help="Requests a second of all addresses [5,000].")
@click.option("--total-burst", type=int, help="Requests of all addresses before their rate counts [20,000].")
@click.option("--new-machines", type=int, help="New machines an hour from one address [20,000].")
@click.option("--connections", type=int, help="Connections that one address may hold [5,000].")
@home_option
@json_option
def command(*, home: Path | None, as_json: bool, **given: int | None) -> None:
    """Show or set how much this host takes from its network; a running server goes by it within a second.

    Each is 1 to 1,000,000. An IPv6 address counts with its whole /64. Loopback is exempt. What is too much is refused (429,
    rate_limited) and told when to come back; machines wait so long by themselves.
    Exit codes: 0 done; 2 a number out of bounds, or no host in this home.
    """
    wanted = {name: value for name, value in given.items() if value is not None}
    limits = host.set_limits(home_to_write(home), wanted)
    if as_json:
        print_json(asdict(limits))
        return
    print_facts(
        [
            (
                "requests of one address",
                f"{limits.address_rate:,} a second, {limits.address_burst:,} at once",
            ),
            ("requests of all", f"{limits.total_rate:,} a second, {limits.total_burst:,} at once"),
            ("new machines of one address", f"{limits.new_machines:,} an hour"),
            ("connections of one address", f"{limits.connections:,}"),
        ]
    )
