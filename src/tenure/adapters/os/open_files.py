"""How many files and connections this process may have open."""

from __future__ import annotations

import sys


def open_files(wanted: int) -> int:
    """The number that may be open, raised towards `wanted` as far as the system lets this user go.

    The usual limit of 1,024 is for programs that wait with select(); systems expect others to raise it themselves.
    """
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415 - does not exist on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if raised <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    except (ValueError, OSError):  # macOS refuses more than its kern.maxfilesperproc
        return soft
    return raised
