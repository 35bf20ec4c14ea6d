"""What the commands that revoke something share: their options, and what they print."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from tenure.cli.printing import print_facts, print_json, timestamp
from tenure.core.errors import Code, UsageError
from tenure.wire.revoked import in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.publisher.revocations import Revoked


def revoking_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--reason TEXT`, as `reason`, and `--from TIME`, as `since`: Unix seconds, or None for now."""
    function = click.option(
        "--from",
        "since",
        metavar="TIME",
        callback=_read_time,
        help='From when on: "now" (the default), or a time with its zone, such as 2027-01-15T08:00:00Z.',
    )(function)
    return click.option(
        "--reason", default="", help="Why, in a few words; hosts and machines show it to people."
    )(function)


def print_revoked(revoked: Revoked, *, as_json: bool) -> None:
    """What was revoked, from when on, and what follows."""
    revocation = revoked.revocation
    if as_json:
        print_json(
            {
                "kind": revocation.kind.value,
                "subject": revocation.subject,
                "from": timestamp(revocation.since),
                "reason": revocation.reason,
                "changed": revoked.changed,
                "places_freed": revoked.places_freed,
                "revocation_seq": revoked.seq,
            }
        )
        return
    what = f"{revocation.kind.value.capitalize()} {revocation.subject}"
    click.echo(
        f"{what} is {in_words(revocation)}."
        if revoked.changed
        else f"{what} was {in_words(revocation)} already."
    )
    print_facts([("revocation list", revoked.seq), ("places freed", revoked.places_freed)])
    click.echo("Running hosts learn of it within the hour; at once with: tenure host refresh.")
    click.echo("For closed networks: tenure publisher revocations export --out FILE")


def _read_time(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    if value is None or value == "now":
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{value[:80]!r} is no time with a zone.",
            f"Write it as {timestamp(int(datetime.now(UTC).timestamp()))}, or now.",
        )
    return int(moment.timestamp())
