"""A folder for what is half made, beside the place where it belongs when it is done.

Whoever is killed at work leaves such a folder. The next one at work in the same place removes it: a lock in it, which the
kernel lets go when a process dies, tells the dead from the living.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import SECRET
from tenure.adapters.files.process_lock import take_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = ".tenure-work-"
_TRIES: Final = 100
"""Each is lost only to another process that begins in the same moment."""


@contextmanager
def working_folder(parent: Path) -> Iterator[Path]:
    """A folder in `parent`, its maker's alone, gone at the end with all that is left in it.

    Those that dead processes of the same user left in `parent` are gone, too; those of living ones stay.

    Raises:
        OSError: it cannot be made.
    """
    _remove_dead(parent)
    folder, lock = _claimed(parent)
    try:
        yield folder
    finally:
        _remove(folder, lock)


def _claimed(parent: Path) -> tuple[Path, int | None]:
    """A new folder and the handle that holds its lock; None on a network share without locks.

    Nobody gets the lock there, so nobody removes the folder.
    """
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        try:
            return folder, _locked(folder)
        except (BlockingIOError, FileNotFoundError):
            # Another one came before the lock was held, and removes the folder as a dead one's.
            continue
        except OSError:
            return folder, None
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def _remove_dead(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        if _is_own(folder):
            # Held by a living process, or gone meanwhile: not ours to remove.
            with suppress(OSError):
                _remove(folder, _locked(folder))


def _is_own(folder: Path) -> bool:
    """Whether this user made it: in another's folder, or behind a link, may be anything."""
    with suppress(OSError):
        status = folder.lstat()
        return stat.S_ISDIR(status.st_mode) and (sys.platform == "win32" or status.st_uid == os.geteuid())
    return False


def _locked(folder: Path) -> int:
    """The handle that holds the lock in the folder, until it is closed.

    Not filelock's: that makes the folder anew when it is gone, for everyone to read.

    Raises:
        BlockingIOError: another handle holds it.
        FileNotFoundError: the folder is gone, or its lock was before it was held.
    """
    # For writing, since NFS knows no exclusive lock of a file that is open for reading.
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), SECRET)
    try:
        take_lock(handle)
        if os.fstat(handle).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    except OSError:
        os.close(handle)
        raise
    return handle


def _remove(folder: Path, lock: int | None) -> None:
    # While the lock is held, so that nobody else begins to remove it, or takes it for a new one.
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)
    if sys.platform == "win32":
        # Windows kept the lock's file, which was open.
        shutil.rmtree(folder, ignore_errors=True)
