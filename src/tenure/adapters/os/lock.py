"""The lock of a server on its home: held by the kernel, so that `kill -9` releases it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from tenure.adapters.os.ownership import as_its_folder
from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from pathlib import Path

LOCK_NAME: Final = "serve.lock"
"""It stays when its server ends: a folder with nothing else in it is empty."""


class ServerLock:
    """One server at a time on a home; commands work beside it."""

    def __init__(self, folder: Path) -> None:
        """The lock of the home's part in `folder`, which exists."""
        self._folder = folder
        self._path = folder / LOCK_NAME
        self._lock = FileLock(self._path, blocking=False)

    def take(self) -> None:
        """This process is the home's server until it ends.

        Raises:
            LocalFault: code `home_in_use`, when another server holds it.
        """
        self._make()
        try:
            self._lock.acquire()
        except Timeout as error:
            raise LocalFault(
                Code.HOME_IN_USE,
                f"Another server is running on {self._folder}.",
                "End that one first, or give this one a home of its own with --home.",
            ) from error

    def release(self) -> None:
        """Another server may start."""
        self._lock.release()

    @property
    def held(self) -> bool:
        """Whether a server, in this or another process, holds it now."""
        if self._lock.is_locked:
            return True
        self._make()
        try:
            with self._lock:
                return False
        except Timeout:
            return True

    def _make(self) -> None:
        """The file is there. When root's command is the first to ask, the server's user must be able to open it later."""
        with suppress(FileExistsError):
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
            try:
                as_its_folder(handle, self._folder)
            finally:
                os.close(handle)
