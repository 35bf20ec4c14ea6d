"""`tenure publisher tls`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option, server_tls_options
from tenure.cli.server_tls import print_server_tls
from tenure.programs.server_tls import change_server_tls

if TYPE_CHECKING:
    from pathlib import Path


@click.command("tls")
@server_tls_options("")
@click.option("--off", is_flag=True, help="Serve plain HTTP.")
@home_option
@json_option
def command(
    *, certificate: Path | None, key: Path | None, off: bool, home: Path | None, as_json: bool
) -> None:
    """Show or set the TLS certificate of this publisher's port; a running server goes by it within a minute.

    Exit codes: 0 done; 1 the files cannot be used, and nothing was changed; 2 one of them is missing.
    """
    tls = change_server_tls(home_to_write(home).publisher, certificate, key, off=off)
    print_server_tls(tls, as_json=as_json)
