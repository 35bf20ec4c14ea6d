"""`tenure host`: the activation host's side."""

from __future__ import annotations

import click

from tenure.cli.command import LazyGroup

COMMANDS = {
    "install-key": "tenure.cli.host.install_key",
    "activate": "tenure.cli.host.activate",
    "serve": "tenure.cli.host.serve",
    "tls": "tenure.cli.host.tls",
    "status": "tenure.cli.host.status",
    "publish-dns": "tenure.cli.host.publish_dns",
    "database": "tenure.cli.host.database",
    "refresh": "tenure.cli.host.refresh",
    "networks": "tenure.cli.host.networks",
    "limits": "tenure.cli.host.limits",
    "retention": "tenure.cli.host.retention",
    "firewall": "tenure.cli.host.firewall",
    "backup": "tenure.cli.host.backup",
    "restore": "tenure.cli.host.restore",
    "record": "tenure.cli.host.record",
    "new-epoch": "tenure.cli.host.new_epoch",
    "accept-clock": "tenure.cli.host.accept_clock",
    "install-service": "tenure.cli.host.install_service",
}


@click.group("host", cls=LazyGroup, modules=COMMANDS)
def command() -> None:
    """The activation host: counts the machines of a network and grants their leases."""
