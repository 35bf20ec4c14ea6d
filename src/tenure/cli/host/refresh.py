"""`tenure host refresh`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, timestamp
from tenure.core.errors import Code, UsageError
from tenure.programs import host

if TYPE_CHECKING:
    from tenure.host.refresh import Refreshed


@click.command("refresh")
@click.option(
    "--publisher", "publisher_url", metavar="URL", help="The publisher's address (default: the catalog's)."
)
@click.option(
    "--from",
    "source",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of the publisher's, where the network does not reach it.",
)
@click.option(
    "--every",
    "minutes",
    type=int,
    help="From now on the server asks by itself every so many minutes (5 to 1,440; default 60).",
)
@home_option
@json_option
def command(
    *,
    publisher_url: str | None,
    source: Path | None,
    minutes: int | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Learn newer catalogs and what was revoked from the publishers now; a running server does it by itself.

    Exit codes: 2 no publisher has an address; 4 a publisher gave no answer; 5 its list does not verify, or is an old one.
    """
    if source is not None and publisher_url is not None:
        raise UsageError(
            Code.INVALID_ARGUMENT, "A file needs no address.", "Give --from or --publisher, not both."
        )
    chosen = home_to_write(home)
    if minutes is not None:
        host.set_refresh_interval(chosen, minutes)
    if source is not None:
        refreshed = [host.refresh_from_file(chosen, source)]
    else:
        refreshed = host.refresh(chosen, publisher_url=publisher_url)
    if as_json:
        print_json({"publishers": [_facts(one) for one in refreshed]})
        return
    for one in refreshed:
        _print(one)


def _facts(one: Refreshed) -> dict[str, object]:
    known = one.revocations.newest if one.revocations else None
    return {
        "publisher_id": one.catalog.publisher_id,
        "publisher": one.catalog.name,
        "catalog_seq": one.catalog.seq,
        "revocation_seq": known.seq if known else None,
        "revoked": len(known.entries) if known else None,
        "next_update": timestamp(known.next_update) if known else None,
    }


def _print(one: Refreshed) -> None:
    click.echo(f"{one.catalog.name}:")
    known = one.revocations.newest if one.revocations else None
    print_facts(
        [
            ("catalog", one.catalog.seq),
            ("revocation list", known.seq if known else "none yet"),
            ("revoked in it", f"{len(known.entries):,}" if known else None),
            ("next list due", timestamp(known.next_update) if known else None),
        ]
    )
