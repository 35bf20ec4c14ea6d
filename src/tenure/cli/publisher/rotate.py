"""`tenure publisher rotate`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, timestamp
from tenure.core.policy import DAY
from tenure.programs import publisher
from tenure.publisher.rotation import DEFAULT_OVERLAP

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.publisher.rotation import Rotated


@click.group("rotate")
def command() -> None:
    """Change the publisher's own keys. The root key must be in the home, for these commands alone."""


@command.command("signing-key")
@click.option(
    "--overlap",
    type=int,
    metavar="DAYS",
    help=f"For how long the old key stays good; default {DEFAULT_OVERLAP // DAY}.",
)
@click.option("--lost", is_flag=True, help="Somebody else may have the old key: it is closed at once.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    help="With --lost: the earliest time (UTC) at which somebody else may have had it; default now.",
)
@home_option
@json_option
def signing_key(
    *, overlap: int | None, lost: bool, since: datetime | None, home: Path | None, as_json: bool
) -> None:
    """Sign certificates, grants and revocations with a new key from now on.

    A planned change leaves the old key good for a while, so that hosts can get a new certificate first. A lost key is
    closed at once: its hosts grant nothing new until each has a new certificate. Leases that machines hold stay.
    """
    if overlap is not None and lost:
        raise click.UsageError("A lost key stays good for nobody: leave --overlap out.")
    if since is not None and not lost:
        raise click.UsageError("--since belongs to --lost.")
    chosen = home_to_write(home)
    if lost:
        moment = int(since.replace(tzinfo=UTC).timestamp()) if since is not None else None
        rotated = publisher.replace_lost_signing_key(chosen, since=moment)
    else:
        seconds = DEFAULT_OVERLAP if overlap is None else overlap * DAY
        rotated = publisher.rotate_signing_key(chosen, overlap=seconds)
    _tell(
        rotated,
        "signing key",
        "Hosts that reach this publisher renew their certificates by themselves; the others: tenure host activate.",
        as_json=as_json,
    )


@command.command("root")
@home_option
@json_option
def root(*, home: Path | None, as_json: bool) -> None:
    """Sign catalogs with a new root from now on; the old one names it in a last catalog.

    Machines and hosts that pin the old root follow by themselves. Products that are built from now on should pin the new
    one.
    """
    rotated = publisher.rotate_root(home_to_write(home))
    _tell(
        rotated,
        "root",
        "Build the next release of each product with the new root.pub.jwk; take the private keys offline again.",
        as_json=as_json,
    )


def _tell(rotated: Rotated, what: str, then: str, *, as_json: bool) -> None:
    closes = {kid: timestamp(at) for kid, at in rotated.closes.items()}
    if as_json:
        print_json({"kid": rotated.kid, "closed": closes, "catalog_seq": rotated.seq})
        return
    click.echo(f"The {what} is a new one.")
    print_facts(
        [
            ("kid", rotated.kid),
            *((f"closed {kid}", at) for kid, at in closes.items()),
            ("catalog", rotated.seq),
        ]
    )
    click.echo("Keep a copy of the new key with the others, where no network reaches.")
    click.echo("Give out the new catalog: tenure publisher catalog export --out catalog.json")
    click.echo(then)
