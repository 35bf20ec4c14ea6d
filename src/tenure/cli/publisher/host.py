"""`tenure publisher host`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.publisher.revoking import print_revoked, revoking_options
from tenure.programs import publisher

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID


@click.group("host")
def command() -> None:
    """Hosts that were activated with this publisher's keys."""


@command.command("revoke")
@click.argument("host_id", type=click.UUID)
@revoking_options
@home_option
@json_option
def revoke(*, host_id: UUID, reason: str, since: int | None, home: Path | None, as_json: bool) -> None:
    """Revoke one host: it stops granting, its earlier leases run out, and its place on the key is free.

    This cannot be undone: the host must be set up anew. Host ids are listed by `tenure publisher key show`. Exit
    code 2: the reason or the time cannot be used.
    """
    revoked = publisher.revoke_host(home_to_write(home), host_id, reason=reason, since=since)
    print_revoked(revoked, as_json=as_json)
    if not revoked.places_freed and revoked.changed:
        click.echo("No key has a host of this id: if that is a surprise, check the id.", err=True)
