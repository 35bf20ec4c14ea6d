"""`tenure publisher activate-request`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.answering import report
from tenure.cli.command import home_option, json_option
from tenure.cli.offline import STANDARD, carried_here, counting, form_option
from tenure.core.errors import Code, UsageError
from tenure.programs import publisher_offline

if TYPE_CHECKING:
    from tenure.wire.parcel import Form

HINT = "Carry it back; there: activate --confirmation FILE, as tenure host or tenure client."


@click.command("activate-request")
@click.argument("source", metavar="FILE|FOLDER|-")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the answer (default: it is shown). Those to a folder are written in one file.",
)
@form_option
@home_option
@json_option
def command(*, source: str, out: Path | None, form: Form | None, home: Path | None, as_json: bool) -> int:
    """Answer requests that were carried here from hosts or machines without a network.

    A request is read in any form, `-` from standard input, and answered in the same; the rules are those of a request
    over the network, so the same one again gets the same answer and counts nothing. Of a folder every file is
    answered; a refused one does not stop the others. A refusal is carried back, too: the reason is told where it was
    asked. A file also brings what was revoked.
    Exit codes: 0 done; 2 no request in it; 3 refused; 4 the records cannot be used now; 5 damaged or altered. Of
    several requests, the code is that of the first that was not granted.
    """
    chosen = home_to_write(home)
    if source != STANDARD and Path(source).is_dir():
        if out is None:
            raise UsageError(
                Code.INVALID_ARGUMENT, "The answers to a folder need a file.", "Name it: --out FILE."
            )
        with counting("Answering") as progress:
            done = publisher_offline.activate_folder(
                chosen, Path(source), out=out, form=form, progress=progress
            )
    else:
        name = "standard input" if source == STANDARD else Path(source).name
        done = publisher_offline.activate_request(chosen, name, carried_here(source), out=out, form=form)
    return report(done.answered, done.delivered, [HINT], as_json=as_json)
