"""`tenure client set-host`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.telling import warn
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.client.host_address import parse_host
from tenure.programs import client

if TYPE_CHECKING:
    from pathlib import Path


@click.command("set-host")
@click.argument("hosts", nargs=-1, required=True, metavar="HOST[:PORT]...")
@home_option
@json_option
def command(hosts: tuple[str, ...], home: Path | None, *, as_json: bool) -> None:
    """Ask these activation hosts and no others, in this order; the port is 1688 unless one is given.

    HOST is a name, an IP address, `[IPv6]:port`, or a URL; `https://` demands TLS, with no way back to plain HTTP.
    The DNS is not asked for hosts any more, until `clear-host`.

    Exit codes: 0 set; 2 no address of a host.
    """
    set_now = client.set_hosts(home_to_write(home), [parse_host(host) for host in hosts], warn=warn)
    if as_json:
        print_json({"hosts": [host.text for host in set_now], "urls": [host.url for host in set_now]})
        return
    click.echo("This machine asks " + ", then ".join(host.text for host in set_now) + ".")
    click.echo("Next: tenure client activate")
