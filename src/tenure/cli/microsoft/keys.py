"""`tenure microsoft keys`."""

from __future__ import annotations

import sys
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenure.cli.command import json_option
from tenure.cli.exit_codes import ExitCode
from tenure.cli.printing import print_json
from tenure.core.errors import Code, UsageError
from tenure.programs import microsoft_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.microsoft.keys import GenericKey, KeyTable
    from tenure.microsoft.keys_check import CheckedKey
    from tenure.microsoft.keys_nearest import Difference

_MOST = 10_000
"""Keys that one call reads from standard input; each wrong one is compared with the whole table."""
_LONGEST_LINE = 1000


@click.command(
    "keys",
    options_metavar="[OPTIONS]",
    epilog="Exit codes: 0 found, every key of `check` is in the table; 2 usage; 3 nothing fits, or a key is not in the table.",
)
@click.argument("words", nargs=-1, metavar="[QUERY...] | check KEY...")
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A newer table: CSV with the columns product,edition,gvlk and perhaps kind,channel,source.",
)
@json_option
def command(*, words: tuple[str, ...], data: Path | None, as_json: bool) -> int:
    r"""Microsoft's published generic keys (GVLK), by product, edition, channel or the last group of the key.

    \b
    tenure microsoft keys windows 11 pro
    tenure microsoft keys T83GX
    tenure microsoft keys check W269N-WFGWX-YVC9B-4J6C9-T83GX

    `keys check` says of each KEY whether it is in the table and for which editions; if not, which key was meant
    and where it differs. `keys check -` reads one key a line. A generic key is public. Never give a host key or a MAK:
    none is needed here, and none is kept or sent.
    """
    if words[:1] == ("check",):
        return _check(words[1:], data=data, as_json=as_json)
    table, found = microsoft_keys.find_keys(words, data=data)
    if as_json:
        print_json({"keys": [_row(row) for row in found], "table": _origin(table)})
        return ExitCode.DONE
    width = max(len(row.label) for row in found)
    for row in found:
        click.echo(f"{row.key}  {row.label.ljust(width)}  {row.channel}".rstrip())
    _tell_origin(table)
    return ExitCode.DONE


def _check(typed: tuple[str, ...], *, data: Path | None, as_json: bool) -> int:
    if not typed:
        raise UsageError(
            Code.INVALID_ARGUMENT, "There is no key to check.", "tenure microsoft keys check KEY..."
        )
    if typed == ("-",):
        typed = tuple(islice(_typed_lines(), _MOST))
    table, checked = microsoft_keys.check_keys(typed, data=data)
    if as_json:
        print_json({"keys": [_facts(one) for one in checked], "table": _origin(table)})
    else:
        for one in checked:
            _tell(one)
        _tell_origin(table)
    return ExitCode.DONE if all(one.found for one in checked) else ExitCode.REFUSED


def _typed_lines() -> Iterator[str]:
    while line := sys.stdin.buffer.readline(_LONGEST_LINE):
        if typed := line.decode("utf-8", "replace").strip():
            yield typed


def _tell(one: CheckedKey) -> None:
    if one.found:
        click.echo(f"{one.shown}  {click.style('in the table', fg='green')}: {_labels(one.editions)}")
    else:
        click.echo(f"{one.shown}  {click.style('NOT in the table', fg='red', bold=True)}")
    for problem in one.problems:
        click.echo(f"    {problem.detail}")
    if one.nearest:
        click.echo(f"    Microsoft's key of {_labels(one.nearest)} is")
        click.echo(f"    {one.nearest[0].key}")
        click.echo(f"    {_marks(one.differences)}")
        click.echo(f"    {_spelled(one.differences)}")
    elif not one.found:
        click.echo(
            "    No key of the table is near. If it is a host key or a MAK, keep it secret: it is not needed here."
        )


def _labels(rows: tuple[GenericKey, ...]) -> str:
    return "; ".join(row.label for row in rows)


def _marks(differences: tuple[Difference, ...]) -> str:
    places = {(one.group - 1) * 6 + one.place - 1 for one in differences}
    return "".join("^" if at in places else " " for at in range(max(places) + 1))


def _spelled(differences: tuple[Difference, ...]) -> str:
    told = []
    for number, grouped in groupby(differences, key=lambda one: one.group):
        parts = [_spelled_one(one) for one in grouped]
        told.append(f"group {number}: {', '.join(parts)}")
    return "; ".join(told) + "."


def _spelled_one(one: Difference) -> str:
    if one.found is None:
        return f"{one.expected} missing at {one.place}"
    if one.expected is None:
        return f"{one.found} too many before {one.place}"
    return f"{one.found} instead of {one.expected} at {one.place}"


def _tell_origin(table: KeyTable) -> None:
    click.echo(
        f"Table as of {table.as_of or 'an unknown date'}; from {'; '.join(table.sources) or 'an unknown source'}.",
        err=True,
    )


def _origin(table: KeyTable) -> dict[str, object]:
    return {"as_of": table.as_of, "sources": table.sources, "rows": len(table.rows)}


def _row(row: GenericKey) -> dict[str, object]:
    return {
        "product": row.product,
        "edition": row.edition,
        "kind": row.kind,
        "channel": row.channel,
        "key": row.key,
        "source": row.source,
    }


def _facts(one: CheckedKey) -> dict[str, object]:
    near = one.nearest
    return {
        "key": one.shown,
        "found": one.found,
        "editions": [_row(row) for row in one.editions],
        "problems": [{"code": problem.flaw.value, "detail": problem.detail} for problem in one.problems],
        "nearest": {"key": near[0].key, "editions": [_row(row) for row in near]} if near else None,
        "differences": [
            {"group": d.group, "place": d.place, "found": d.found, "expected": d.expected}
            for d in one.differences
        ],
    }
