"""The lock of a server on its home: held by the kernel, so that `kill -9` releases it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from pathlib import Path


class ServerLock:
    """One server at a time on a home; commands work beside it."""

    def __init__(self, folder: Path) -> None:
        """The lock of the home's part in `folder`, which exists."""
        self._folder = folder
        self._lock = FileLock(folder / "serve.lock", blocking=False)

    def take(self) -> None:
        """This process is the home's server until it ends.

        Raises:
            LocalFault: code `home_in_use`, when another server holds it.
        """
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
        try:
            with self._lock:
                return False
        except Timeout:
            return True
