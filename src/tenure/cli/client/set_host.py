"""`tenure client set-host`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.telling import warn
from tenure.cli.command import ca_option, home_option, json_option
from tenure.cli.printing import print_json
from tenure.client.host_address import parse_host
from tenure.programs import client
from tenure.programs.client_tls import tls_rule

if TYPE_CHECKING:
    from pathlib import Path


@click.command("set-host")
@click.argument("hosts", nargs=-1, required=True, metavar="HOST[:PORT]...")
@ca_option
@home_option
@json_option
def command(hosts: tuple[str, ...], home: Path | None, *, ca: str | None, as_json: bool) -> None:
    """Ask these activation hosts and no others, in this order; the port is 1688 unless one is given.

    HOST is a name, an IP address, `[IPv6]:port`, or a URL; `https://` demands TLS, with no way back to plain HTTP.
    Without a scheme, hosts are asked as `tenure client tls` says. A --ca that is given is kept for later contacts.
    The DNS is not asked for hosts any more, until `clear-host`.

    Exit codes: 0 set; 2 no address of a host, or no CA file; 3 `http://` on a machine that demands TLS.
    """
    chosen = home_to_write(home)
    set_now = client.set_hosts(chosen, [parse_host(host) for host in hosts], warn=warn, ca=ca)
    if as_json:
        required = tls_rule(chosen).required
        print_json(
            {
                "hosts": [host.text for host in set_now],
                "urls": [host.base_url(tls_required=required) for host in set_now],
            }
        )
        return
    click.echo("This machine asks " + ", then ".join(host.text for host in set_now) + ".")
    click.echo("Next: tenure client activate")
