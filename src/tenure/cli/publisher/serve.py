"""`tenure publisher serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option, server_tls_options
from tenure.cli.printing import print_json
from tenure.programs.publisher_server import PublisherServer
from tenure.programs.server_tls import tls_source
from tenure.programs.serving import serve

if TYPE_CHECKING:
    from pathlib import Path


@click.command("serve")
@click.option("--host", "address", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=1690, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one."
)
@server_tls_options("tls-")
@home_option
@json_option
def command(
    *,
    address: str,
    port: int,
    certificate: Path | None,
    key: Path | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Serve the publisher's API until stopped; give it TLS before others than this machine reach it.

    With a TLS certificate, here or set with `tenure publisher tls`, nothing but TLS is served. Its files may be
    replaced at any time: within a minute new connections see the new certificate.
    With --json one object says where it listens, once it does.
    Exit codes: 0 stopped; 1 the port or the home is in use, or the TLS files cannot be used; 2 one of them is missing.
    """
    chosen = home_to_write(home)
    server = PublisherServer(chosen, address, port, tls=tls_source(chosen.publisher, certificate, key))

    def ready() -> None:
        if as_json:
            print_json({"url": server.url})
        else:
            click.echo(f"The publisher listens on {server.url}. Stop it with Ctrl-C.")

    serve(server, ready)
