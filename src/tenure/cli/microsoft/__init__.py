"""`tenure microsoft`: for administrators of a genuine KMS host."""

from __future__ import annotations

import click

from tenure.cli.command import LazyGroup

COMMANDS: dict[str, str] = {
    "keys": "tenure.cli.microsoft.keys",
    "rollout": "tenure.cli.microsoft.rollout",
    "check": "tenure.cli.microsoft.check",
    "import": "tenure.cli.microsoft.import_",
    "report": "tenure.cli.microsoft.report",
}


@click.group("microsoft", cls=LazyGroup, modules=COMMANDS)
def command() -> None:
    """The companion of a genuine KMS host: keys, rollout, checks, event logs, reports.

    Tenure never answers a Windows or Office client in Microsoft's place. Not affiliated with Microsoft.
    """
