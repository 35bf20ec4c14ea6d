"""Backup and restore by root of a home that belongs to the service's user: whose the files are afterwards."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from simulators.host_home import activate_home
from simulators.publisher import NOW, SimulatedPublisher
from tenure.adapters.files.atomic import SECRET, write_atomically
from tenure.adapters.os.home import Home
from tenure.adapters.sql.sqlite import open_connection
from tenure.core.errors import Code, LocalFault, Untrusted
from tenure.programs import host
from tenure.programs.host_backup import back_up
from tenure.programs.host_restore import restore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away: run as root"
)

PUBLISHER = SimulatedPublisher()
SERVICE = 1
"""The user id and group id of `daemon`, who plays the service's user."""
PENDING = f"pending/{PUBLISHER.publisher_id}.json"


def give_all(folder: Path) -> None:
    """The folder and all in it are the service's user's."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, SERVICE, SERVICE)


def owners(folder: Path) -> set[tuple[int, int]]:
    """Users and groups to whom the folder and all in it belong."""
    return {(s.st_uid, s.st_gid) for s in (path.lstat() for path in (folder, *folder.rglob("*")))}


def modes(folder: Path) -> dict[str, int]:
    """The modes of the folder (`.`) and of everything in it."""
    return {
        path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in (folder, *folder.rglob("*"))
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The home of a service, as `install-service` leaves it."""
    home = Home(tmp_path / "home")
    activate_home(home, PUBLISHER, now=NOW)
    write_atomically(home.host / PENDING, b'{"format": 1, "requests": []}')
    write_atomically(home.host / "pgpass", b"", mode=SECRET)
    home.host.chmod(0o750)
    give_all(home.host)
    return home


@pytest.fixture
def file(home: Home, tmp_path: Path) -> Path:
    """A backup of it, made by root."""
    file = tmp_path / "backup.tar"
    back_up(home, file, force=False)
    return file


@pytest.fixture(params=[pytest.param(False, id="stopped"), pytest.param(True, id="in-use")])
def in_use(request: pytest.FixtureRequest, home: Home) -> Iterator[None]:
    """The database is in use, with its log and index beside it, or it is not."""
    if not request.param:
        yield
        return
    with closing(open_connection(home.host_database)) as connection:
        connection.execute("UPDATE host SET epoch = epoch + 1")
        give_all(home.host)
        yield


@pytest.mark.usefixtures("in_use")
def test_a_backup_by_root_is_for_root_alone_and_leaves_the_home_to_its_owner(
    home: Home, tmp_path: Path
) -> None:
    """Also in a folder of another's: a private key is given to nobody; no lock or index of root's is in the service's way."""
    folder = tmp_path / "others"
    folder.mkdir()
    os.chown(folder, SERVICE, SERVICE)
    before = modes(home.host)
    back_up(home, folder / "backup.tar", force=False)
    (file,) = folder.iterdir()
    status = file.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 0, SECRET)
    assert owners(home.host) == {(SERVICE, SERVICE)}
    assert {name: mode for name, mode in modes(home.host).items() if name in before} == before


@pytest.mark.parametrize("name", ["pgpass", "host.jwk", PENDING])
def test_a_link_that_the_service_put_there_brings_it_nothing_of_roots(
    home: Home, tmp_path: Path, name: str
) -> None:
    """Root's restore would give it what only root's backup could read; so there is no backup, and the file is named."""
    secret = tmp_path / "secret"
    secret.write_text("root's own")
    (home.host / name).unlink()
    (home.host / name).symlink_to(secret)
    with pytest.raises(LocalFault) as caught:
        back_up(home, tmp_path / "backup.tar", force=False)
    assert caught.value.code is Code.HOME_UNUSABLE
    assert caught.value.detail == f"{home.host / name} is a symbolic link; a backup follows none."
    assert not (tmp_path / "backup.tar").exists()


@pytest.mark.timeout(30)
def test_a_pipe_that_the_service_put_there_holds_nobody(home: Home, tmp_path: Path) -> None:
    """Whoever opens one for reading waits for a writer, as a rule."""
    (home.host / "pgpass").unlink()
    os.mkfifo(home.host / "pgpass")
    back_up(home, tmp_path / "backup.tar", force=False)


EXPECTED = {
    ".": 0o755,
    "host.db": 0o644,
    "host.jwk": 0o600,
    "host.pub.jwk": 0o644,
    "pgpass": 0o600,
    "pending": 0o755,
    PENDING: 0o644,
}


def test_a_host_that_root_restores_belongs_to_whom_the_home_belongs(file: Path, tmp_path: Path) -> None:
    """Every file and folder of it; secrets are their owner's alone."""
    new = Home(tmp_path / "new")
    new.root.mkdir()
    os.chown(new.root, SERVICE, SERVICE)
    restore(new, file, force=False)
    assert owners(new.root) == {(SERVICE, SERVICE)}
    assert modes(new.host) == EXPECTED
    assert [path.name for path in new.root.iterdir()] == ["host"]


def test_a_home_that_root_has_to_make_belongs_to_whom_the_folder_above_belongs(
    file: Path, tmp_path: Path
) -> None:
    """As below a user's own folder; below /var/lib it is root's until `install-service` gives it away."""
    above = tmp_path / "above"
    above.mkdir()
    os.chown(above, SERVICE, SERVICE)
    restore(Home(above / "state" / "tenure"), file, force=False)
    restore(Home(tmp_path / "state" / "tenure"), file, force=False)
    assert owners(above) == {(SERVICE, SERVICE)}
    assert owners(tmp_path / "state") == {(0, 0)}


def test_a_host_that_root_replaces_is_the_service_users_again(home: Home, file: Path) -> None:
    """The home is root's, the host's folder is the service's and closed to others: both stay so, also aside."""
    aside = restore(home, file, force=True).moved_aside
    assert aside is not None
    assert owners(home.host) == owners(aside) == {(SERVICE, SERVICE)}
    assert modes(home.host) == EXPECTED | {".": 0o750}
    assert home.root.stat().st_uid == 0


def test_a_restore_that_root_gave_up_leaves_nothing_of_roots(home: Home, file: Path) -> None:
    """Not even the lock, which the service could not take then."""
    file.write_bytes(b"")
    (home.host / "serve.lock").unlink(missing_ok=True)
    with pytest.raises(Untrusted, match="cut off"):
        restore(home, file, force=True)
    assert owners(home.host) == {(SERVICE, SERVICE)}


def test_root_may_ask_for_the_status_before_the_service_starts(file: Path, tmp_path: Path) -> None:
    """As the runbook has it: what that makes is the service's."""
    new = Home(tmp_path / "new")
    new.root.mkdir()
    os.chown(new.root, SERVICE, SERVICE)
    restore(new, file, force=False)
    host.status(new)
    assert owners(new.host) == {(SERVICE, SERVICE)}
