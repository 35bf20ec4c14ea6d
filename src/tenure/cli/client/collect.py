"""`tenure client collect`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.answering import report
from tenure.cli.command import ca_option, home_option, json_option
from tenure.cli.offline import counting, form_option
from tenure.programs.collect import collect

if TYPE_CHECKING:
    from tenure.wire.parcel import Form

HINTS = [
    "Carry it to the machines. On each: tenure client deposit FILE",
    "On a host: tenure host activate --confirmation FILE",
]


@click.command("collect")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where to write what the publishers answered, for all machines in one file.",
)
@click.option(
    "--publisher",
    "publisher_url",
    metavar="URL",
    help="The publisher's address (default: that of its catalog in the home, /usr/share/tenure/catalogs or "
    "$TENURE_CATALOG).",
)
@ca_option
@form_option
@home_option
@json_option
def command(
    *,
    folder: Path,
    out: Path,
    publisher_url: str | None,
    ca: str | None,
    form: Form | None,
    home: Path | None,
    as_json: bool,
) -> int:
    """Ask publishers for isolated machines, whose requests lie in FOLDER.

    Each of them wrote its request there with `tenure client activate --offline FOLDER/`, a host with `tenure host`. A
    refused one does not stop the others, and its reason is carried back. Running it again is free: the same request
    gets the same answer. A --ca that is given is kept for later contacts with publishers.

    Exit codes: 0 all were granted; 2 no request, or no address of the publisher; 3 refused; 4 the publisher did not
    answer; 5 a damaged or altered request. Of several, the code is that of the first that was not granted.
    """
    with counting("Asking") as progress:
        done = collect(
            home_to_write(home),
            folder,
            out=out,
            form=form,
            publisher_url=publisher_url,
            progress=progress,
            ca=ca,
        )
    return report(done.answered, done.delivered, HINTS, as_json=as_json)
