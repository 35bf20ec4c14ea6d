"""Whose files are: what root writes into the folder of a service's user is that user's to read.

Nothing here follows a symbolic link: the user of the folder could have put one there to be given another's file.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":

    def give(folder: Path, user: str) -> None:
        """Nothing: files there inherit the rights of their folder."""

    def give_as(folder: Path, other: Path) -> None:
        """Nothing: files there inherit the rights of their folder."""

    def as_its_folder(handle: int, folder: Path) -> None:
        """Nothing: files there inherit the rights of their folder."""

else:
    import pwd

    def give(folder: Path, user: str) -> None:
        """The folder and everything in it belong to the user and to that user's first group.

        Raises:
            OSError: there is no such user, or this process may not.
        """
        try:
            entry = pwd.getpwnam(user)
        except KeyError as error:
            raise OSError(f"there is no user {user}") from error
        _give(folder, entry.pw_uid, entry.pw_gid)

    def give_as(folder: Path, other: Path) -> None:
        """The folder and everything in it belong to whoever `other` belongs to, when root has made it; else to its maker.

        Raises:
            OSError: one of them is gone.
        """
        if os.geteuid() == 0:
            owner = other.stat()
            _give(folder, owner.st_uid, owner.st_gid)

    def as_its_folder(handle: int, folder: Path) -> None:
        """The open file belongs to whoever its folder belongs to, when root has made it; else to its maker.

        Raises:
            OSError: the folder is gone.
        """
        if os.geteuid() == 0:
            owner = folder.stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)

    def _give(folder: Path, user: int, group: int) -> None:
        for _, folders, files, handle in os.fwalk(folder, follow_symlinks=False):
            os.chown(handle, user, group)
            for name in (*folders, *files):
                os.chown(name, user, group, dir_fd=handle, follow_symlinks=False)


def make_folder(folder: Path) -> None:
    """The folder is there; each that was missing on the way belongs to whom the one above it belongs.

    Raises:
        OSError: it cannot be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        give_as(path, path.parent)
