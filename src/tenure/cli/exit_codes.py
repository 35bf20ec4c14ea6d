"""Exit codes: what a script can tell without reading a word (docs/reference/exit-codes.md)."""

from __future__ import annotations

from enum import IntEnum

from tenure.core.errors import LocalFault, Refused, TenureError, Unavailable, Untrusted, UsageError


class ExitCode(IntEnum):
    """The codes of every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    UNTRUSTED = 5


EXIT_CODES: dict[type[TenureError], ExitCode] = {
    UsageError: ExitCode.USAGE,
    Refused: ExitCode.REFUSED,
    Unavailable: ExitCode.UNREACHABLE,
    Untrusted: ExitCode.UNTRUSTED,
    LocalFault: ExitCode.FAILED,
}
"""The exit code of each branch of the error taxonomy."""


def exit_code_of(error: TenureError) -> ExitCode:
    """The exit code that tells whose fault the error is."""
    return EXIT_CODES.get(type(error), ExitCode.FAILED)
