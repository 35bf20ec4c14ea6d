"""`tenure host backup` and `tenure host restore`: a host that outlives its machine."""

from __future__ import annotations

import os
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tenure
from tenure.adapters.files.atomic import SECRET, read_file, unusable
from tenure.adapters.files.backup_archive import MemberFiles, unpack_backup, write_backup
from tenure.adapters.files.database_url import read_database_url
from tenure.adapters.files.keys import load_key
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.home import Home
from tenure.adapters.os.lock import ServerLock
from tenure.adapters.os.ownership import as_its_folder
from tenure.adapters.sql.host_store import SqlHostStore
from tenure.adapters.sql.migrations import History, migrate
from tenure.adapters.sql.snapshot import check_database, copy_database
from tenure.core.errors import Code, Untrusted, UsageError
from tenure.host.epoch import raise_epoch
from tenure.host.served import served_by
from tenure.host.store import identity_of
from tenure.programs.host_storage import require_host, storage_at
from tenure.wire.backup import DATABASE, HOST_KEY, Manifest, invalid_backup, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tenure.core.clock import Clock
    from tenure.host.store import HostIdentity

_LOCK: Final = "serve.lock"
"""The server's lock, which stays when a server ends: a home with nothing else in it is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A backup that was made."""

    file: Path
    size: int
    """Bytes."""
    manifest: Manifest
    recorded_in: str | None
    """The shared database that this host records in, and that is not in the backup; None: everything is."""


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


def back_up(home: Home, file: Path, *, force: bool, clock: Clock = system_clock) -> BackedUp:
    """The file holds the host of this home as it is at one moment, whether its server runs or not.

    The database first, then the files beside it: a key that comes between stands in the backup although no document
    needs it, never the other way round.

    Raises:
        UsageError: code `not_set_up`: no host here; `invalid_argument`: the file is there, and `force` was not given.
        Unavailable, Untrusted: the database cannot be read, or is damaged.
        LocalFault: code `home_unusable`: the file cannot be written.
    """
    require_host(home)
    file = file.expanduser().absolute()
    if file.exists() and not force:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"There is a file {file} already.", "Name another one, or give --force."
        )
    now = clock()
    with _working_folder(file.parent, file) as work:
        copy = Path(work) / DATABASE
        copy.touch(mode=SECRET)
        copy_database(home.host_database, copy)
        identity = _identity_in(copy)
        files = MemberFiles(_contents(home.host), DATABASE, copy)
        if HOST_KEY not in files.contents:
            raise UsageError(
                Code.NOT_SET_UP,
                f"There is no host key in {home.host}.",
                "Install one: tenure host install-key.",
            )
        manifest = Manifest(
            program=tenure.__version__,
            host_id=identity.host_id,
            epoch=identity.epoch,
            made_at=now,
            members=files.members(),
        )
        size = write_backup(file, manifest, files)
    return BackedUp(file=file, size=size, manifest=manifest, recorded_in=_recorded_in(home.host))


def restore(home: Home, file: Path, *, force: bool, clock: Clock = system_clock) -> Restored:
    """The home holds the host of the backup, with a new epoch. What fails before step 5 leaves the home as it was.

    1. the home holds no host, or `force` lets it be moved aside, and no server runs on it; 2. the file is a backup, whole;
    3. its host key, database and documents can be used and are of one host; 4. the epoch rises; 5. what was in the home is
    moved aside, and the host takes its place; should that fail half-way, what was moved aside is beside it.

    Raises:
        UsageError: code `set_up_already`: the home is not empty; `not_set_up`: a newer version made the backup.
        Untrusted: code `backup_invalid`.
        LocalFault: code `home_in_use`, or `home_unusable`.
    """
    # 1
    _check_vacant(home, force=force)
    if not file.is_file():
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {file}.", "Name the backup.")
    home.root.mkdir(parents=True, exist_ok=True)
    with _working_folder(home.root, home.host) as work:
        folder = Path(work) / "host"
        folder.mkdir()
        _as(folder, home.host if home.host.exists() else home.root)
        # 2
        manifest = unpack_backup(file, folder)
        # 3 and 4
        identity = _revived(folder, manifest, clock())
        # 5
        aside = _make_way(home, clock())
        folder.rename(home.host)
    return Restored(
        host_id=identity.host_id,
        epoch=identity.epoch,
        made_at=manifest.made_at,
        home=home.root,
        moved_aside=aside,
        recorded_in=_recorded_in(home.host),
    )


@contextmanager
def _working_folder(parent: Path, told_as: Path) -> Iterator[Path]:
    """A folder in `parent`, its owner's alone, gone at the end with all that is left in it."""
    try:
        folder = tempfile.TemporaryDirectory(prefix=".tenure-", dir=parent)
    except OSError as error:
        raise unusable(told_as, error) from error
    with folder as name:
        yield Path(name)


def _contents(folder: Path) -> dict[str, bytes]:
    """The files of a host's folder that belong into a backup, but for its database."""
    names = (path.relative_to(folder).as_posix() for path in (*folder.glob("*"), *folder.glob("pending/*")))
    contents = {}
    for name in names:
        kind = kind_of(name)
        if kind is not None and name != DATABASE:
            data = read_file(folder / name, limit=kind.limit)
            if data is not None:
                contents[name] = data
    return contents


def _identity_in(database: Path) -> HostIdentity:
    with closing(SqlHostStore(database)) as store:
        return identity_of(store)


def _recorded_in(folder: Path) -> str | None:
    url = read_database_url(folder)
    if url is None:
        return None
    try:
        return storage_at(Home(folder.parent), url).name
    except UsageError:
        # PostgreSQL's library is missing here; that the host needs it is told when it starts.
        return "a PostgreSQL database"


def _check_vacant(home: Home, *, force: bool) -> None:
    """Passes when a host may be restored to the home."""
    if not home.host.exists():
        return
    if any(path.name != _LOCK for path in home.host.iterdir()) and not force:
        raise UsageError(
            Code.SET_UP_ALREADY,
            f"{home.host} is not empty.",
            "Restore to another home with --home DIR; with --force what is there is moved aside.",
        )
    lock = ServerLock(home.host)
    lock.take()
    lock.release()


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


def _make_way(home: Home, now: int) -> Path | None:
    """There is no folder of a host in the home; where the one that was there is now, if anything was in it."""
    if not home.host.exists():
        return None
    try:
        (home.host / _LOCK).unlink(missing_ok=True)
        if not any(home.host.iterdir()):
            home.host.rmdir()
            return None
        aside = home.host.with_name(f"host.before-restore-{now}")
        home.host.rename(aside)
    except OSError as error:
        raise unusable(home.host, error) from error
    return aside


def _as(folder: Path, other: Path) -> None:
    """The folder may be entered by everyone, as the one of any host, and belongs to whom the other one belongs."""
    folder.chmod(0o755)
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        as_its_folder(handle, other)
    finally:
        os.close(handle)
