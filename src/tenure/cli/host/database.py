"""`tenure host database`, and the option `--database` of other commands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.command import home_option, json_option
from tenure.cli.printing import print_facts, print_json
from tenure.programs import host_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_URL_CHARACTERS = 4_000
"""As many as are read of standard input; more than a URL may have."""


def database_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--database URL`, as `database`: where the host records from now on."""
    return click.option(
        "--database",
        metavar="URL",
        callback=_url,
        help="Record in this PostgreSQL database from now on, as with tenure host database URL.",
    )(function)


def _url(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    return sys.stdin.readline(_URL_CHARACTERS).strip() if value == "-" else value


@click.command("database")
@click.argument("url", required=False, callback=_url)
@click.option("--embedded", is_flag=True, help="Record in the home again; this host then counts alone.")
@home_option
@json_option
def command(url: str | None, home: Path | None, *, embedded: bool, as_json: bool) -> None:
    """Show or set the database in which this host records; hosts that record in one share their counts.

    URL is libpq's: postgresql://user@server:5432/database. Keep the password out of it (~/.pgpass, or passfile=FILE in the
    URL): other users of this machine see a command's arguments. With `-` the URL is read from standard input. It is stored
    in the home, in a file of mode 0600, and never printed. Stop the host's server first.

    Exit codes: 0 done; 1 a server runs on this home; 2 no URL of a database; 4 the database cannot be used.
    """
    if url is not None and embedded:
        raise click.UsageError("Either a URL or --embedded.")
    chosen = home_to_write(home)
    if url is not None or embedded:
        told = host_database.use_database(chosen, url)
    else:
        told = host_database.database_in_use(chosen)
    if as_json:
        print_json({"database": told.name, "other_hosts": told.others, "warnings": list(told.warnings)})
        return
    print_facts([("database", told.name), ("counting", told.counting)])
    for warning in told.warnings:
        click.echo(f"{click.style('warning:', fg='yellow')} {warning}")
