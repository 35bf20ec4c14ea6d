"""`tenure host restore`: a host that outlives its machine."""

from __future__ import annotations

import os
import stat
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.adapters.files.atomic import sync_folder, unusable
from tenure.adapters.files.backup_archive import unpack_backup
from tenure.adapters.files.keys import load_key
from tenure.adapters.files.working_folder import working_folder
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.lock import LOCK_NAME, ServerLock
from tenure.adapters.os.ownership import give_as, make_folder
from tenure.adapters.sql.host_store import SqlHostStore
from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.snapshot import check_database
from tenure.core.errors import Code, LocalFault, TenureError, Unavailable, Untrusted, UsageError
from tenure.host.epoch import raise_epoch
from tenure.host.served import served_by
from tenure.host.store import identity_of
from tenure.programs.host_backup import require_backup
from tenure.programs.host_storage import ASIDE, shared_database, storage_of
from tenure.wire.backup import DATABASE, HOST_KEY, Manifest, invalid_backup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.core.clock import Clock
    from tenure.host.store import HostIdentity

_MODE = 0o755
"""Of a host's folder, unless there was one with another: programs of others read certificates in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A host that was restored."""

    host_id: UUID
    epoch: int
    made_at: int
    """When the backup was made (Unix seconds)."""
    home: Path
    moved_aside: Path | None
    """Where that is which was in the home before."""
    recorded_in: str | None
    """The shared database that this host records in."""
    recording_fault: str | None
    """Why that database cannot be used from here; the host does not start without it."""


def restore(home: Home, file: Path, *, force: bool, clock: Clock = system_clock) -> Restored:
    """The home holds the host of the backup, with a new epoch. What fails before step 6 leaves the home as it was.

    1. there is such a file; 2. the home holds no host, or `force` lets it be moved aside, and no server runs on it, nor
    starts meanwhile; 3. the file is a backup, whole; 4. its host key, database and documents can be used and are of one
    host, whose epoch rises; 5. everything belongs to whom the home belongs, and is on disk; 6. what was in the home is
    moved aside, and the host takes its place by one rename. What ends in between leaves a home without a host, and what
    was moved aside beside it.

    A shared database is asked at the end whether it can be used; the host is restored in any case.

    Raises:
        UsageError: code `set_up_already`: the home is not empty; `not_set_up`: a newer version made the backup.
        Untrusted: code `backup_invalid`.
        LocalFault: code `home_in_use`, or `home_unusable`.
    """
    # 1
    require_backup(file)
    now = clock()
    try:
        make_folder(home.root)
        # 2
        with _vacant(home.host, force=force) as lock, working_folder(home.root) as work:
            folder = work / home.host.name
            folder.mkdir()
            # 3
            manifest = unpack_backup(file, folder)
            # 4
            identity = _revived(folder, manifest, now)
            # 5
            _fit_in(folder, home)
            # 6
            aside = _make_way(home.host, now, lock)
            folder.rename(home.host)
            sync_folder(home.root)
    except OSError as error:
        raise unusable(home.host, error) from error
    return Restored(
        host_id=identity.host_id,
        epoch=identity.epoch,
        made_at=manifest.made_at,
        home=home.root,
        moved_aside=aside,
        recorded_in=shared_database(home),
        recording_fault=_recording_fault(home, now),
    )


@contextmanager
def _vacant(folder: Path, *, force: bool) -> Iterator[ServerLock | None]:
    """A host may be restored to the folder; no server starts there inside, as the lock is held if there is a folder."""
    if not folder.exists():
        yield None
        return
    if _in_use(folder) and not force:
        raise UsageError(
            Code.SET_UP_ALREADY,
            f"{folder} is not empty.",
            "Restore to another home with --home DIR; with --force what is there is moved aside.",
        )
    lock = ServerLock(folder)
    lock.take()
    try:
        yield lock
    finally:
        lock.release()


def _in_use(folder: Path) -> bool:
    return any(path.name != LOCK_NAME for path in folder.iterdir())


def _revived(folder: Path, manifest: Manifest, now: int) -> HostIdentity:
    """Who the unpacked host is from now on; everything that it needs to serve was read once."""
    database = folder / DATABASE
    try:
        check_database(database, told_as=Path(DATABASE))
        migrate(database, History.HOST)
        with closing(SqlHostStore(database)) as store:
            found = identity_of(store)
            if (found.host_id, found.epoch) != (manifest.host_id, manifest.epoch):
                raise invalid_backup(f"its database is of host {found.host_id}, epoch {found.epoch}")
            kid = load_key(folder / HOST_KEY).kid
            for publisher in served_by(store).publishers.values():
                if publisher.certificate is not None and publisher.certificate.host_kid != kid:
                    raise invalid_backup("its host key is not the one of its certificate")
            return raise_epoch(store, now)
    except Untrusted as error:
        if error.code is Code.BACKUP_INVALID:
            raise
        raise invalid_backup(error.detail.rstrip(".")) from error
    except Unavailable as error:
        # Nobody else has the file: it is the disk.
        raise LocalFault(Code.HOME_UNUSABLE, error.detail, error.cure) from error


def _fit_in(folder: Path, home: Home) -> None:
    """The folder has owner and mode of the one whose place it takes, else the home's owner; all of it is on disk."""
    model = home.host if home.host.exists() else home.root
    folder.chmod(stat.S_IMODE(model.stat().st_mode) if model == home.host else _MODE)
    give_as(folder, model)
    for path in (folder, *folder.glob("*/")):
        sync_folder(path)


def _make_way(folder: Path, now: int, lock: ServerLock | None) -> Path | None:
    """There is no folder of a host any more; where the one that was there is now, if anything was in it."""
    if lock is None:
        return None
    if os.name == "nt":
        lock.release()  # Windows renames no folder in which a file is open
    if not _in_use(folder):
        (folder / LOCK_NAME).unlink()
        folder.rmdir()
        return None
    names = (folder.with_name(f"{ASIDE}{number}") for number in count(now))
    aside = next(path for path in names if not path.exists())
    folder.rename(aside)
    return aside


def _recording_fault(home: Home, now: int) -> str | None:
    try:
        storage = storage_of(home)
        with closing(storage.open_store()) as store:
            storage.status(served_by(store), now)
    except TenureError as error:
        return str(error)
    return None
