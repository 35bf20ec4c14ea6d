"""What the commands share that work without a network: the forms of a parcel, and where one is read or written."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tenure.core.errors import Code, UsageError
from tenure.programs.parcels import read_parcel_file
from tenure.wire.parcel import MAX_PARCEL, Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tenure.programs.parcels import Delivered

STANDARD: Final = "-"
"""In place of a file's name: standard input or output."""


def form_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--form`, as `form`: a Form or None."""
    return click.option(
        "--form",
        type=click.Choice([form.value for form in Form]),
        callback=lambda _context, _parameter, value: None if value is None else Form(value),
        help="file (JSON), text (numbered lines for mail and print) or qr. "
        "[default: by the file's ending: .txt text, .png and .svg qr, else file; on standard output text]",
    )(function)


def offline_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--offline FILE`, as `offline`."""
    return click.option(
        "--offline",
        metavar="FILE",
        help="Ask nobody: write the request in this file, to be carried to the publisher; - shows it.",
    )(function)


def confirmation_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--confirmation FILE`, as `confirmation`."""
    return click.option(
        "--confirmation",
        metavar="FILE",
        help="Take the publisher's answer to --offline, in any form; - reads it from standard input.",
    )(function)


def check_ways(
    *, publisher: str | None, offline: str | None, confirmation: str | None, form: Form | None
) -> None:
    """Passes when one way to activate was chosen at most, and a form only for what is written.

    Raises:
        UsageError: code `invalid_argument`.
    """
    ways = {"--publisher": publisher, "--offline": offline, "--confirmation": confirmation}
    names = [name for name, value in ways.items() if value is not None]
    if len(names) > 1:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"{' and '.join(names)} exclude each other.", "Give one of them."
        )
    if form is not None and offline is None:
        raise UsageError(
            Code.INVALID_ARGUMENT, "--form says how --offline writes.", "Every form is read without it."
        )


def out_path(file: str) -> Path | None:
    """The file or the folder to write in; None for standard output. What ends like a folder is made one."""
    if file == STANDARD:
        return None
    if file.endswith(("/", os.sep)):
        Path(file).mkdir(parents=True, exist_ok=True)
    return Path(file)


def carried_here(file: str) -> bytes:
    """What is in the file, or on standard input.

    Raises:
        UsageError: code `invalid_argument`, when it is not there or too much.
        LocalFault: it cannot be read.
    """
    if file != STANDARD:
        return read_parcel_file(Path(file))
    data = sys.stdin.buffer.read(MAX_PARCEL + 1)
    if len(data) > MAX_PARCEL:
        raise UsageError(Code.INVALID_ARGUMENT, f"Standard input has over {MAX_PARCEL:,} bytes.")
    return data


def delivered_json(delivered: Delivered) -> dict[str, Any]:
    """Where a parcel is, for programs."""
    return {"files": [str(file) for file in delivered.files], "text": delivered.shown}


def print_delivered(delivered: Delivered, what: str, hints: Iterable[str]) -> None:
    """The parcel where it is shown, else where it is, and what to do with it.

    What is shown stands alone on standard output, so that it can be piped on.
    """
    if delivered.shown is not None:
        click.echo(delivered.shown, nl=not delivered.shown.endswith("\n"))
    else:
        click.echo(f"{what} is in {', '.join(map(str, delivered.files))}.")
    for hint in hints:
        click.echo(hint, err=delivered.shown is not None)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """What is given draws a progress bar, told how many are done of how many; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    with click.progressbar(length=1, label=what, file=sys.stderr) as bar:

        def progress(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield progress
