"""`tenure host serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, server_tls_options
from tenure.cli.host.database import database_option
from tenure.programs.host_database import use_database
from tenure.programs.host_server import HostServer
from tenure.programs.server_tls import tls_source
from tenure.programs.serving import serve

if TYPE_CHECKING:
    from pathlib import Path


@click.command("serve")
@click.option("--host", "address", default="0.0.0.0", show_default=True, help="The address to listen on.")  # noqa: S104 - a host serves its network
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="0 picks a free one. [default: the one set with tenure slmgr /sprt, else 1688]",
)
@server_tls_options("tls-")
@database_option
@home_option
def command(
    *,
    address: str,
    port: int | None,
    certificate: Path | None,
    key: Path | None,
    database: str | None,
    home: Path | None,
) -> None:
    """Serve machines until stopped (Ctrl-C or SIGTERM); what was accepted is answered first.

    With a TLS certificate, here or set with `tenure host tls`, nothing but TLS is served. Its files may be replaced at
    any time: within a minute new connections see the new certificate.
    Exit codes: 0 stopped; 1 the port or the home is in use, or the TLS files cannot be used; 2 one of them is missing;
    4 the database cannot be used.
    """
    chosen = home_to_write(home)
    if database is not None:
        use_database(chosen, database)
    server = HostServer(chosen, address, port, tls=tls_source(chosen.host, certificate, key))
    serve(server, lambda: click.echo(f"The host listens on {server.url}. Stop it with Ctrl-C."))
