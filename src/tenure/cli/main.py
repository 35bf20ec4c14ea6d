"""`tenure`: the entry point of every command."""

from __future__ import annotations

import sys

import click

import tenure
from tenure.cli.command import LazyGroup, run

COMMANDS = {
    "up": "tenure.cli.up",
    "client": "tenure.cli.client",
    "host": "tenure.cli.host",
    "publisher": "tenure.cli.publisher",
    "fleet": "tenure.cli.fleet",
    "slmgr": "tenure.cli.slmgr",
    "microsoft": "tenure.cli.microsoft",
}


@click.group(cls=LazyGroup, modules=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(tenure.__version__, prog_name="tenure")
def command() -> None:
    """Volume activation for any publisher's software.

    Start with `tenure up`: the whole system on this machine. Not affiliated with Microsoft.
    """


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(command))
