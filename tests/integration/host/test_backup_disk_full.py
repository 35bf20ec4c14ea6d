"""Backup and restore by real commands that find no room: what they say, and that nothing half made stays."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from simulators.host_home import activate_home
from simulators.other_machines import namespace, needs_machines
from simulators.processes import Finished, tenure
from simulators.publisher import NOW, SimulatedPublisher
from tenure.adapters.os.home import Home
from tenure.programs.host_backup import back_up, check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as Unix does")

SMALL = 40 * 1024
"""Bytes: room for the index that SQLite keeps beside a database in use, and for no database."""
ON_A_SMALL_DISK = 'mount -t tmpfs -o size=64k none "$0" && "$@"; code=$?; ls -A "$0" && exit $code'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with an activated host."""
    home = Home(tmp_path / "home")
    activate_home(home, SimulatedPublisher(), now=NOW)
    return home


def limited(size: int) -> tuple[str, ...]:
    """What runs a command that can write no file of more than `size` bytes, a multiple of 1,024."""
    return ("bash", "-c", f'ulimit -f {size // 1024}; exec "$@"', "bash")


def tells_no_room(done: Finished, place: Path) -> None:
    """The command failed as a disk that is full makes it fail: exit code 1, which place, and what to do."""
    assert done.exit_code == 1
    error = done.json["error"]
    assert error["code"] == "home_unusable"
    assert str(place) in error["detail"]
    assert "space" in error["cure"]


@pytest.mark.parametrize(
    "room",
    [
        pytest.param(lambda _: SMALL, id="none-for-the-copy"),
        pytest.param(lambda database: database, id="for-the-copy-but-not-for-the-file"),
    ],
)
def test_a_backup_without_room_leaves_the_old_one_and_nothing_else(
    home: Home, tmp_path: Path, room: Callable[[int], int]
) -> None:
    """Whether it ends in the copy of the database or in the file; the host is as it was."""
    folder = tmp_path / "backups"
    folder.mkdir()
    file = folder / "backup.tar"
    back_up(home, file, force=False, clock=lambda: NOW)
    size = room(home.host_database.stat().st_size)
    backup = ("host", "backup", "--force", str(file), "--json")
    done = tenure(*backup, home=home.root, under=limited(size))
    tells_no_room(done, file)
    assert check(file).made_at == NOW
    assert list(folder.iterdir()) == [file]
    assert tenure(*backup, home=home.root).exit_code == 0


def test_a_disk_that_would_fill_up_is_not_filled(home: Home, tmp_path: Path) -> None:
    """The host may need what is left of it: how much is missing is told before a byte is written."""
    needs_machines()
    disk = tmp_path / "disk"
    disk.mkdir()
    under = (*namespace(), "sh", "-c", ON_A_SMALL_DISK, str(disk))
    done = tenure("host", "backup", str(disk / "backup.tar"), home=home.root, under=under)
    assert (done.exit_code, done.out) == (1, "")
    assert f"needs {2 * home.host_database.stat().st_size:,} bytes, and " in done.err
    assert "No backup was made" in done.err


def test_a_restore_without_room_leaves_the_home_as_it_was(home: Home, tmp_path: Path) -> None:
    """Empty, or with the host that it had."""
    file = tmp_path / "backup.tar"
    back_up(home, file, force=False)
    small = limited(SMALL)
    new = tmp_path / "new"
    tells_no_room(tenure("host", "restore", str(file), "--json", home=new, under=small), new)
    assert list(new.iterdir()) == []
    before = {path.name: path.read_bytes() for path in home.host.iterdir()}
    over = tenure("host", "restore", "--force", str(file), "--json", home=home.root, under=small)
    tells_no_room(over, home.root)
    assert {name: (home.host / name).read_bytes() for name in before} == before
    assert [path.name for path in home.root.iterdir()] == ["host"]
