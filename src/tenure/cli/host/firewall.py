"""`tenure host firewall`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import host_home_to_read
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs import host

if TYPE_CHECKING:
    from pathlib import Path


@click.command("firewall")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="[default: the one set with tenure slmgr /sprt, else 1688]",
)
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="CIDR",
    help="Let in only this network or address; may be repeated. [default: everyone who reaches this machine]",
)
@home_option
@json_option
def command(port: int | None, sources: tuple[str, ...], home: Path | None, *, as_json: bool) -> None:
    """Show the firewall rule that lets machines in: for ufw, firewalld, nftables and Windows. Changes nothing.

    Exit codes: 0 shown; 2 a network or a port that is none.
    """
    port, rules = host.firewall(host_home_to_read(home), port=port, sources=sources)
    if as_json:
        print_json(
            {
                "port": port,
                "protocol": "tcp",
                "from": list(sources),
                "rules": [
                    {"firewall": rule.firewall, "note": rule.note, "lines": list(rule.lines)}
                    for rule in rules
                ],
            }
        )
        return
    for rule in rules:
        click.secho(f"# {rule.firewall} ({rule.note})", bold=True)
        for line in rule.lines:
            click.echo(line)
