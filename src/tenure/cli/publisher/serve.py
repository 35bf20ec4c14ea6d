"""`tenure publisher serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
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
@json_option
def command(*, address: str, port: int, home: Path | None, as_json: bool) -> None:
    """Serve the publisher's API until stopped; put TLS in front of it before a network does more than reach it.

    With --json one object says where it listens, once it does. Exit code 1: the port or the home is in use.
    """
    server = PublisherServer(home_to_write(home), address, port)

    def ready() -> None:
        if as_json:
            print_json({"url": server.url})
        else:
            click.echo(f"The publisher listens on {server.url}. Stop it with Ctrl-C.")

    serve(server, ready)
