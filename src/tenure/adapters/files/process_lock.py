"""One process at a time for something that lasts, such as an agent; the kernel lets it go when the process dies."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tenure.adapters.files.atomic import unusable
from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def process_lock(path: Path, what: str) -> Iterator[None]:
    """Nobody else holds the lock at `path` inside; it is not waited for. `what` says who is running then.

    Raises:
        LocalFault: code `home_in_use`, when somebody holds it; `home_unusable`, when the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, _MODE | os.O_CREAT, 0o644)
    except OSError as error:
        raise unusable(path, error) from error
    try:
        try:
            take_lock(handle)
        except BlockingIOError as error:
            raise LocalFault(
                Code.HOME_IN_USE,
                f"{what} is running on {path.parent} already.",
                "End that one first, or give this one a home of its own with --home.",
            ) from error
        except OSError as error:
            raise unusable(path, error) from error
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    _MODE = os.O_RDWR

    def take_lock(handle: int) -> None:
        """This handle holds the lock of its file until it is closed. Raises BlockingIOError at once when another does."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from error

else:
    import fcntl

    _MODE = os.O_RDONLY
    """A lock needs no more: a disk may be, or become, read-only while it is held."""

    def take_lock(handle: int) -> None:
        """This handle holds the lock of its file until it is closed. Raises BlockingIOError at once when another does."""
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
