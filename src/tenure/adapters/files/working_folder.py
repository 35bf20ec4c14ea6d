"""A folder for what is half made, beside the place where it belongs when it is done.

Whoever is killed at work leaves such a folder. The next one at work in the same place removes it: a lock in it, which the
kernel lets go when a process dies, tells the dead from the living.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = ".tenure-work-"


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


def _claimed(parent: Path) -> tuple[Path, FileLock]:
    """A new folder and the lock in it, held."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = _lock_in(folder)
        try:
            lock.acquire()
        except (Timeout, FileNotFoundError):
            # Another one came before the lock was held, and removes the folder as a dead one's.
            continue
        except OSError:
            # A network share without locks. Nobody gets the lock then, so nobody removes the folder.
            pass
        return folder, lock


def _remove_dead(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        if _is_own(folder):
            lock = _lock_in(folder)
            # Held by a living process, or gone meanwhile: not ours to remove.
            with suppress(OSError):
                lock.acquire()
                _remove(folder, lock)


def _is_own(folder: Path) -> bool:
    """Whether this user made it: in another's folder, or behind a link, may be anything."""
    with suppress(OSError):
        status = folder.lstat()
        return stat.S_ISDIR(status.st_mode) and (sys.platform == "win32" or status.st_uid == os.geteuid())
    return False


def _lock_in(folder: Path) -> FileLock:
    return FileLock(folder / "lock", blocking=False)


def _remove(folder: Path, lock: FileLock) -> None:
    # While the lock is held, so that nobody else begins to remove it, or takes it for a new one.
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
    if sys.platform == "win32":
        # Windows kept the lock's file, which was open.
        shutil.rmtree(folder, ignore_errors=True)
