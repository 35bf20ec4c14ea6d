"""One writer at a time in a folder, for the moment of a write; a client is installed without any lock package."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import unusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_NAME: Final = ".lock"


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """No other process or thread holds this folder's lock inside; the kernel lets it go when a process dies.

    Raises:
        LocalFault: code `home_unusable`, when the folder cannot be made or written.
    """
    path = folder / LOCK_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise unusable(path, error) from error
    try:
        try:
            _wait_for(handle)
        except OSError as error:
            raise unusable(path, error) from error
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _wait_for(handle: int) -> None:
        """Tries for about ten seconds, then raises OSError."""
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _wait_for(handle: int) -> None:
        """Waits for whoever holds it: a write takes milliseconds."""
        fcntl.flock(handle, fcntl.LOCK_EX)
