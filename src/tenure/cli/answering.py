"""What became of carried requests, as `publisher activate-request` and `client collect` tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tenure.cli.exit_codes import ExitCode, exit_code_of
from tenure.cli.offline import delivered_json, print_delivered
from tenure.cli.printing import error_json, print_error, print_facts, print_json
from tenure.core.errors import TenureError
from tenure.wire.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenure.programs.answering import Answered
    from tenure.programs.parcels import Delivered


def report(
    answered: Sequence[Answered], delivered: Delivered | None, hints: Iterable[str], *, as_json: bool
) -> int:
    """Each request is told of, and where the answers are; the exit code is that of the first that failed.

    The error of an only request also stands where an error of the command would.
    """
    failures = [one.outcome for one in answered if isinstance(one.outcome, TenureError)]
    if as_json:
        print_json(
            {
                "requests": [_facts(one) for one in answered],
                "granted": len(answered) - len(failures),
                "failed": len(failures),
                **(error_json(failures[0]) if failures and len(answered) == 1 else {}),
                **(delivered_json(delivered) if delivered else {"files": [], "text": None}),
            }
        )
    else:
        _print(answered, delivered, hints)
    return exit_code_of(failures[0]) if failures else ExitCode.DONE


def _print(answered: Sequence[Answered], delivered: Delivered | None, hints: Iterable[str]) -> None:
    # What is shown stands alone on standard output, to be piped or copied.
    shown = delivered is not None and delivered.shown is not None
    only = answered[0].outcome if len(answered) == 1 else None
    if isinstance(only, TenureError):
        print_error(only)
    else:
        print_facts([(_name(one), _result(one)) for one in answered], err=shown)
    if delivered is None:
        click.echo("Nothing was answered, and no file was written.")
        return
    if only is None:
        what = "The answers"
    else:
        what = "The refusal" if isinstance(only, TenureError) else "The confirmation"
    print_delivered(delivered, what, hints)


def _name(one: Answered) -> str:
    # Whoever named the file may have been a stranger.
    source = one_line(one.source)
    return f"{source}  {one.request.asker}" if one.request else source


def _result(one: Answered) -> str:
    if isinstance(one.outcome, TenureError):
        return f"not granted ({one.outcome.code}): {one.outcome.detail}"
    used, limit = one.outcome.used, one.outcome.limit
    return f"granted; {used} of {limit} used, {limit - used} left"


def _facts(one: Answered) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "source": one.source,
        "request_id": one.request.request_id if one.request else None,
        "asker": one.request.asker if one.request else None,
    }
    if isinstance(one.outcome, TenureError):
        return {**facts, "granted": False, **error_json(one.outcome)}
    used, limit = one.outcome.used, one.outcome.limit
    return {**facts, "granted": True, "used": used, "limit": limit, "left": limit - used}
