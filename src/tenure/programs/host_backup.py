"""`tenure host backup`: everything that makes a host, in one file; and `tenure host restore --check`."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tenure
from tenure.adapters.files.atomic import SECRET, read_file, sync_folder
from tenure.adapters.files.backup_archive import MemberFiles, check_backup, write_backup
from tenure.adapters.files.working_folder import working_folder
from tenure.adapters.os.clock import system_clock
from tenure.adapters.sql.host_store import SqlHostStore
from tenure.adapters.sql.snapshot import copy_database
from tenure.core.errors import Code, LocalFault, UsageError
from tenure.host.store import identity_of
from tenure.programs.host_storage import require_host, shared_database
from tenure.wire.backup import DATABASE, HOST_KEY, Manifest, kind_of

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.adapters.os.home import Home
    from tenure.core.clock import Clock
    from tenure.host.store import HostIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A backup that was made."""

    file: Path
    size: int
    """Bytes."""
    manifest: Manifest
    recorded_in: str | None
    """The shared database that this host records in, and that is not in the backup; None: everything is."""


def back_up(home: Home, file: Path, *, force: bool, clock: Clock = system_clock) -> BackedUp:
    """The file holds the host of this home as it is at one moment, whether its server runs or not.

    The database first, then the files beside it: a key that comes between stands in the backup although no document
    needs it, never the other way round. The file is there when it is whole, and belongs to whoever made it: what root
    backs up is for root alone, wherever it lies.

    Raises:
        UsageError: code `not_set_up`: no host here; `invalid_argument`: the file is there, and `force` was not given.
        Unavailable, Untrusted: the database cannot be read, or is damaged.
        LocalFault: code `home_unusable`: the file cannot be written, or a file of the home not be read.
    """
    require_host(home)
    file = file.expanduser().absolute()
    if file.exists() and not force:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"There is a file {file} already.", "Name another one, or give --force."
        )
    now = clock()
    try:
        with working_folder(file.parent) as work:
            _check_space(home, file)
            copy = work / DATABASE
            copy.touch(mode=SECRET)
            copy_database(home.host_database, copy)
            files = MemberFiles(_contents(home.host), DATABASE, copy)
            manifest = _manifest(_identity_in(copy), files, now)
            packed = work / "backup.tar"
            size = write_backup(packed, manifest, files)
            packed.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise _unwritable(f"{file} cannot be written: {error.strerror or error}.") from error
    return BackedUp(file=file, size=size, manifest=manifest, recorded_in=shared_database(home))


def check(file: Path) -> Manifest:
    """What is in the backup, every byte of which is as it was when it was made; nothing was written anywhere.

    Raises:
        UsageError: code `invalid_argument`: there is no such file.
        Untrusted: code `backup_invalid`.
        LocalFault: code `home_unusable`: it cannot be read.
    """
    require_backup(file)
    return check_backup(file)


def require_backup(file: Path) -> None:
    """There is such a file.

    Raises:
        UsageError: code `invalid_argument`.
    """
    if not file.is_file():
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {file}.", "Name the backup.")


def _check_space(home: Home, file: Path) -> None:
    """Passes when a copy of the database and the backup find room: a disk that fills up stops the host, if it is its own."""
    needed = 2 * home.host_database.stat().st_size
    free = shutil.disk_usage(file.parent).free
    if free < needed:
        raise _unwritable(
            f"{file} cannot be written: while it is made it needs {needed:,} bytes, and {free:,} are free."
        )


def _unwritable(detail: str) -> LocalFault:
    return LocalFault(
        Code.HOME_UNUSABLE,
        detail,
        "No backup was made. Free some space there, or name a file in another folder.",
    )


def _contents(folder: Path) -> dict[str, bytes]:
    """The files of a host's folder that belong into a backup, but for its database."""
    names = (path.relative_to(folder).as_posix() for path in (*folder.glob("*"), *folder.glob("pending/*")))
    contents = {}
    for name in names:
        kind = kind_of(name)
        if kind is not None and name != DATABASE:
            if (folder / name).is_symlink():
                raise LocalFault(
                    Code.HOME_UNUSABLE,
                    f"{folder / name} is a symbolic link; a backup follows none.",
                    "No backup was made. Put the file itself there.",
                )
            data = read_file(folder / name, limit=kind.limit, opener=_no_link)
            if data is not None:
                contents[name] = data
    if HOST_KEY not in contents:
        raise UsageError(
            Code.NOT_SET_UP, f"There is no host key in {folder}.", "Install one: tenure host install-key."
        )
    return contents


def _no_link(path: str, flags: int) -> int:
    """Opens a file as `open` does, and no symbolic link, even one that came this moment.

    The host's user could put one there, to be given by root's restore what only root's backup could read.
    """
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _manifest(identity: HostIdentity, files: MemberFiles, now: int) -> Manifest:
    return Manifest(
        program=tenure.__version__,
        host_id=identity.host_id,
        epoch=identity.epoch,
        made_at=now,
        members=files.members(),
    )


def _identity_in(database: Path) -> HostIdentity:
    with closing(SqlHostStore(database)) as store:
        return identity_of(store)
