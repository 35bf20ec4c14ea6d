"""`tenure publisher token`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json, print_table, timestamp
from tenure.programs import publisher_tokens
from tenure.publisher.tokens import Role

if TYPE_CHECKING:
    from tenure.publisher.tokens import ApiToken


@click.group("token")
def command() -> None:
    """Tokens for the publisher's API: which program may do what over the network."""


@command.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="reader: see keys and the audit; support: also release activations; issuer: also issue keys; admin: also revoke.",
)
@click.option(
    "--expires", "days", type=int, metavar="DAYS", help="For how long it is good (default: until removed)."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the token into this file (mode 0600) instead of showing it.",
)
@home_option
@json_option
def add(
    *, name: str, role: str, days: int | None, out: Path | None, home: Path | None, as_json: bool
) -> None:
    """Make a token. It is shown this once; the publisher keeps only its SHA-256.

    NAME says whose it is, and stands in the audit beside all that is done with it. Exit code 2: the name is taken.
    """
    text, token = publisher_tokens.add(home_to_write(home), name, Role(role), days=days, out=out)
    if as_json:
        print_json({"token": text if out is None else None, "out": out and out.absolute(), **_facts(token)})
        return
    if out is None:
        click.secho(text, bold=True)
        click.echo("It is kept nowhere and cannot be shown again.")
    else:
        click.echo(f"The token is in {out}.")
    print_facts(
        [("name", token.name), ("role", token.role), ("expires", timestamp(token.expires_at) or "never")]
    )
    click.echo(
        "Programs send it as the header Authorization: Bearer TOKEN, over TLS or on this machine itself."
    )


@command.command("list")
@home_option
@json_option
def list_(*, home: Path | None, as_json: bool) -> None:
    """All tokens, by name and role; the tokens themselves are kept nowhere."""
    tokens = publisher_tokens.every(home_to_write(home))
    if as_json:
        print_json({"tokens": [_facts(token) for token in tokens]})
        return
    if not tokens:
        click.echo("There is no token yet. Next: tenure publisher token add NAME --role reader")
        return
    now = system_clock()
    print_table(
        "Tokens",
        ("name", "role", "made", "expires"),
        [(token.name, token.role, timestamp(token.made_at), _expires(token, now)) for token in tokens],
    )


@command.command("remove")
@click.argument("name")
@home_option
@json_option
def remove(*, name: str, home: Path | None, as_json: bool) -> None:
    """Make a token good for nothing, at once. Exit code 3: there is none of this name."""
    publisher_tokens.remove(home_to_write(home), name)
    if as_json:
        print_json({"removed": name})
    else:
        click.echo(f"The token {name} is good for nothing from now on.")


def _expires(token: ApiToken, now: int) -> str:
    if token.expires_at is None:
        return "never"
    return f"{timestamp(token.expires_at)}{' (expired)' if token.expires_at <= now else ''}"


def _facts(token: ApiToken) -> dict[str, object]:
    return {
        "name": token.name,
        "role": token.role.value,
        "made": timestamp(token.made_at),
        "expires": timestamp(token.expires_at),
    }
