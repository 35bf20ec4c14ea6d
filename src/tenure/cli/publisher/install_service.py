"""`tenure publisher install-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.services import (
    print_option,
    remove_option,
    show_unit,
    tell_installed,
    tell_removed,
    user_option,
)
from tenure.programs import server_service

if TYPE_CHECKING:
    from pathlib import Path


@click.command("install-service")
@click.option(
    "--host",
    "address",
    default=server_service.LOOPBACK,
    show_default=True,
    help="The address to listen on; 0.0.0.0 is for everybody: set a certificate first, with `tenure publisher tls`.",
)
@click.option("--port", default=1690, show_default=True, type=click.IntRange(1, 65535))
@user_option(server_service.PUBLISHER_USER)
@print_option
@remove_option
@home_option
@json_option
def command(
    address: str, port: int, user: str, home: Path | None, *, only_print: bool, remove: bool, as_json: bool
) -> None:
    """Run this publisher from the start of the system on: write its systemd unit, enable and start it.

    Needs root; the publisher itself runs as a user of its own, who may write the publisher's part of the home and nothing else.
    Installing it again replaces it. In an image, where systemd is installed and does not run, it starts with the first
    boot.

    Exit codes: 0 running, written for the next boot, shown, or removed; 1 no systemd here, no right to write the unit,
    or systemd refused; 2 the home is no place for a service's state, or the user is none.
    """
    service = server_service.publisher_service(home_to_write(home), user=user, address=address, port=port)
    if only_print:
        show_unit(service, as_json=as_json)
    elif remove:
        tell_removed(service, removed=server_service.remove(service), as_json=as_json)
    else:
        tell_installed(service, server_service.install(service), as_json=as_json)
