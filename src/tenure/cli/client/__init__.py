"""`tenure client`: one machine."""

from __future__ import annotations

import click

from tenure.cli.command import LazyGroup

COMMANDS = {
    "install-key": "tenure.cli.client.install_key",
    "set-host": "tenure.cli.client.set_host",
    "tls": "tenure.cli.client.tls",
    "clear-host": "tenure.cli.client.clear_host",
    "discovery": "tenure.cli.client.discovery",
    "activate": "tenure.cli.client.activate",
    "collect": "tenure.cli.client.collect",
    "deposit": "tenure.cli.client.deposit",
    "renew": "tenure.cli.client.renew",
    "status": "tenure.cli.client.status",
    "run": "tenure.cli.client.run",
    "install-service": "tenure.cli.client.install_service",
    "check-host": "tenure.cli.client.check_host",
    "rearm": "tenure.cli.client.rearm",
    "remove-key": "tenure.cli.client.remove_key",
}


@click.group("client", cls=LazyGroup, modules=COMMANDS)
def command() -> None:
    """This machine: install a product key, activate it, see its license status."""
