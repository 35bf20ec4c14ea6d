"""`tenure publisher serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option
from tenure.programs.publisher_server import PublisherServer
from tenure.programs.serving import serve

if TYPE_CHECKING:
    from pathlib import Path


@click.command("serve")
@click.option("--host", "address", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=1690, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one."
)
@home_option
def command(*, address: str, port: int, home: Path | None) -> None:
    """Serve the publisher's API until stopped; put TLS in front of it before a network does more than reach it."""
    server = PublisherServer(home_to_write(home), address, port)
    serve(server, lambda: click.echo(f"The publisher listens on {server.url}. Stop it with Ctrl-C."))
