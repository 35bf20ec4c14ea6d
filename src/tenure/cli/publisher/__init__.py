"""`tenure publisher`: the publisher's side."""

from __future__ import annotations

import click

from tenure.cli.command import LazyGroup

COMMANDS = {
    "init": "tenure.cli.publisher.init",
    "product": "tenure.cli.publisher.product",
    "key": "tenure.cli.publisher.key",
    "activation": "tenure.cli.publisher.activation",
    "host": "tenure.cli.publisher.host",
    "revocations": "tenure.cli.publisher.revocations",
    "audit": "tenure.cli.publisher.audit",
    "token": "tenure.cli.publisher.token",
    "catalog": "tenure.cli.publisher.catalog",
    "move": "tenure.cli.publisher.move",
    "rotate": "tenure.cli.publisher.rotate",
    "activate-request": "tenure.cli.publisher.activate_request",
    "serve": "tenure.cli.publisher.serve",
    "tls": "tenure.cli.publisher.tls",
    "install-service": "tenure.cli.publisher.install_service",
}


@click.group("publisher", cls=LazyGroup, modules=COMMANDS)
def command() -> None:
    """The publisher: defines products, issues keys, activates hosts and machines."""
