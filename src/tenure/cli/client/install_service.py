"""`tenure client install-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs.client_service import agent_service, install_agent

if TYPE_CHECKING:
    from pathlib import Path


@click.command("install-service")
@click.option("--print", "only_print", is_flag=True, help="Show the unit; write and start nothing.")
@home_option
@json_option
def command(home: Path | None, *, only_print: bool, as_json: bool) -> None:
    """Run the agent from the start of the system on: write its systemd unit, enable and start it.

    Needs root. The service may write its state folder and nothing else. Installing it again replaces it.

    Exit codes: 0 running, or shown; 1 no systemd here, no right to write the unit, or systemctl refused; 2 the home is
    no place for a service's state.
    """
    chosen = home_to_write(home)
    service = agent_service(chosen)
    if only_print:
        text = service.unit()
        if as_json:
            print_json({"service": service.unit_name, "home": str(chosen.root), "unit": text})
        else:
            click.echo(text, nl=False)
        return
    path = install_agent(chosen)
    if as_json:
        print_json({"service": service.unit_name, "home": str(chosen.root), "file": str(path)})
        return
    click.echo(f"{service.unit_name} runs, and starts with the system ({path}).")
    click.echo(f"Its log: journalctl -u {service.name}    Its state: {chosen.root}")
