"""`tenure client install-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.services import print_option, show_unit, tell_installed
from tenure.programs.client_service import agent_service, install_agent

if TYPE_CHECKING:
    from pathlib import Path


@click.command("install-service")
@print_option
@home_option
@json_option
def command(home: Path | None, *, only_print: bool, as_json: bool) -> None:
    """Run the agent from the start of the system on: write its systemd unit, enable and start it.

    Needs root. The service may write its state folder and nothing else. Installing it again replaces it. In an image,
    where systemd is installed and does not run, it starts with the first boot.

    Exit codes: 0 running, written for the next boot, or shown; 1 no systemd here, no right to write the unit, or
    systemctl refused; 2 the home is no place for a service's state.
    """
    chosen = home_to_write(home)
    service = agent_service(chosen)
    if only_print:
        show_unit(service, as_json=as_json)
    else:
        tell_installed(service, install_agent(chosen), as_json=as_json)
