"""`tenure client run`."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import timestamp
from tenure.client.diary import Level, Notice
from tenure.programs.agent import AgentProgram, run_until_told
from tenure.wire.activation import MAX_WAIT

if TYPE_CHECKING:
    from pathlib import Path

_JOURNAL_PRIORITIES = {Level.INFO: "<6>", Level.WARNING: "<4>"}
"""How journald reads a line's priority (sd-daemon(3))."""


@click.command("run")
@click.option(
    "--wait-seconds",
    type=click.IntRange(1, MAX_WAIT),
    default=MAX_WAIT,
    hidden=True,
    help="For how long a host may hold a request; for tests.",
)
@home_option
@json_option
def command(wait_seconds: int, home: Path | None, *, as_json: bool) -> None:
    """Keep this machine licensed: the agent, in the foreground until Ctrl-C or SIGTERM.

    It activates every installed product, waits at the host while the count is short, renews leases long before
    they end, and keeps the time. It logs what it does, one line each (--json: one object a line). Keys and hosts may
    be changed while it runs. `tenure client install-service` starts it with the system.

    Exit codes: 0 stopped; 1 another agent runs on this home, or the home cannot be used.
    """
    tell = _tell_json if as_json else _tell_journal if _goes_to_journal() else _tell
    run_until_told(AgentProgram(home_to_write(home), tell=tell, wait=wait_seconds))


def _tell(notice: Notice) -> None:
    color = "yellow" if notice.level is Level.WARNING else None
    click.echo(f"{timestamp(int(time.time()))} {click.style(f'{notice.level:7}', fg=color)} {notice.text}")


def _tell_journal(notice: Notice) -> None:
    """Under systemd the journal has the time already."""
    click.echo(_JOURNAL_PRIORITIES[notice.level] + notice.text)


def _goes_to_journal() -> bool:
    """Whether standard output is the journal itself, not merely inherits its variable (systemd.exec(5))."""
    stream = os.environ.get("JOURNAL_STREAM")
    if not stream:
        return False
    try:
        found = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError):
        return False
    return stream == f"{found.st_dev}:{found.st_ino}"


def _tell_json(notice: Notice) -> None:
    line = {"time": timestamp(int(time.time())), "level": notice.level.value, "text": notice.text}
    click.echo(json.dumps(line, ensure_ascii=False))
