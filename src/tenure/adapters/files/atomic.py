"""Files that are whole or not there: written beside, flushed to disk, then renamed into place."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.os.ownership import as_its_folder
from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC: Final = 0o644
"""Leases, certificates and catalogs: every program on the machine may read them."""
SECRET: Final = 0o600
"""Keys: their owner alone."""


def write_atomically(path: Path, data: bytes, *, mode: int = PUBLIC) -> None:
    """The file at `path` holds `data`, on disk, with `mode`; whoever reads meanwhile sees the old one, whole.

    Its folder is made if need be. What root writes into the folder of a service's user is that user's.

    Raises:
        LocalFault: code `home_unusable`, when the folder cannot be written (rights, full, read-only).
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp makes the file with mode 0600, so a secret is never readable, not even for a moment.
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            as_its_folder(file.fileno(), path.parent)
            _set_mode(file.fileno(), Path(temporary), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise unusable(path, error) from error


def read_file(path: Path, *, limit: int, opener: Callable[[str, int], int] | None = None) -> bytes | None:
    """What the file at `path` holds, None when there is none; `opener` opens it, as that of `open` does.

    Raises:
        LocalFault: code `home_unusable`, when it cannot be read or is larger than `limit` bytes.
    """
    try:
        with open(path, "rb", opener=opener) as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(path, error) from error
    if len(data) > limit:
        raise LocalFault(
            Code.HOME_UNUSABLE, f"{path} is larger than {limit:,} bytes.", "It is not a file of Tenure's."
        )
    return data


def sync_folder(folder: Path) -> None:
    """The names in the folder are on disk; where folders cannot be opened (Windows) the file system does it alone.

    Raises:
        OSError: the folder is gone, or its disk failed.
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unusable(path: Path, error: OSError) -> LocalFault:
    """The fault that a failed file operation is, in words."""
    reason = error.strerror or str(error)
    return LocalFault(
        Code.HOME_UNUSABLE,
        f"{path} cannot be used: {reason}.",
        "Check the folder's rights and free space, or name another one with --home or TENURE_HOME.",
    )


def _set_mode(handle: int, path: Path, mode: int) -> None:
    """By the open file, where that can be: at its path, the folder's owner may have put another meanwhile."""
    if sys.platform == "win32":
        path.chmod(mode)
    else:
        os.fchmod(handle, mode)
