"""`tenure publisher activation`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_json
from tenure.programs import publisher

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID


@click.group("activation")
def command() -> None:
    """Activations: the places that hosts and machines have on keys."""


@command.command("release")
@click.argument("activation_id", type=click.UUID)
@click.option("--reason", default="", metavar="TEXT", help="Why; stands in the audit and the revocation.")
@home_option
@json_option
def release(*, activation_id: UUID, reason: str, home: Path | None, as_json: bool) -> None:
    """Free the place of a machine or a host that is gone; its grant or certificate is revoked from now on.

    There is no way back: the same installation takes a new place when it activates again. Activations are listed by
    `tenure publisher key show KEY_ID`. Exit codes: 0 released; 3 there is no such activation.
    """
    released = publisher.release_activation(home_to_write(home), activation_id, reason=reason)
    key = released.key
    if as_json:
        print_json(
            {
                "activation_id": released.holder.activation_id,
                "sub": released.holder.sub,
                "key_id": key.key_id,
                "used": released.used,
                "left": key.limit - released.used,
            }
        )
        return
    click.echo(f"Activation {activation_id} of {released.holder.sub} is released.")
    click.echo(
        f"Of the {key.type.label} key ...{key.partial}, {released.used} of {key.limit} places are used."
    )
