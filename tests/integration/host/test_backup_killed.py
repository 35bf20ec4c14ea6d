"""`kill -9` of a backup and of a restore, at every point: nothing that is left is in the way, or looks whole and is not."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from simulators.host import HOST_ID
from simulators.host_home import activate_home
from simulators.killing import killed_everywhere
from simulators.known_machines import know
from simulators.processes import tenure
from simulators.publisher import NOW, SimulatedPublisher
from tenure.adapters.files.keys import load_key
from tenure.adapters.files.working_folder import PREFIX
from tenure.adapters.os.home import Home
from tenure.core.errors import UsageError
from tenure.programs.host import open_store
from tenure.programs.host_backup import back_up, check
from tenure.programs.host_restore import restore
from tenure.programs.host_storage import ASIDE, require_host

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL")

PUBLISHER = SimulatedPublisher()
EPOCH = NOW - 500
POINTS = 12
"""Each of these does more; fewer would mean that the test looks away."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with an activated host."""
    home = Home(tmp_path / "home")
    activate_home(home, PUBLISHER, now=NOW)
    return home


def epoch(home: Home) -> int:
    """The epoch of the host in the home, which is whole."""
    assert load_key(home.host / "host.jwk").kid
    with open_store(home) as store:
        identity = store.identity()
        assert identity is not None
        assert identity.host_id == HOST_ID
        assert len(store.enrolments()) == 1
        return identity.epoch


def left_over(folder: Path) -> list[Path]:
    """Working folders that nobody removed yet."""
    return list(folder.glob(f"{PREFIX}*"))


def test_a_backup_that_is_killed_leaves_no_half_file_and_the_next_one_cleans_up(
    home: Home, tmp_path: Path
) -> None:
    """The file is the old one or the new one, each whole, and nothing but a working folder is beside it."""
    folder = tmp_path / "backups"
    folder.mkdir()
    file = folder / "backup.tar"
    back_up(home, file, force=False, clock=lambda: NOW - 1)
    made = []
    for _ in killed_everywhere(lambda _: back_up(home, file, force=True, clock=lambda: NOW), folder):
        made.append(check(file).made_at)
        assert set(folder.iterdir()) - {file} == set(left_over(folder))
        assert len(left_over(folder)) <= 1
        back_up(home, file, force=True, clock=lambda: NOW - 1)
        assert list(folder.iterdir()) == [file]
    assert len(made) > POINTS
    assert set(made) == {NOW - 1, NOW}
    assert epoch(home) == EPOCH


def test_a_first_restore_that_is_killed_leaves_no_host_or_the_whole_one(home: Home, tmp_path: Path) -> None:
    """Whatever it left, the next one restores the host, and only that is in the home then."""
    file = tmp_path / "backup.tar"
    back_up(home, file, force=False, clock=lambda: NOW)

    def new(number: int) -> Home:
        return Home(tmp_path / f"new-{number}")

    found = []
    for number in killed_everywhere(
        lambda number: restore(new(number), file, force=False, clock=lambda: NOW), tmp_path / "new-"
    ):
        whole = new(number).host.exists()
        found.append(whole)
        if whole:
            assert epoch(new(number)) == NOW
        restored = restore(new(number), file, force=whole, clock=lambda: NOW)
        assert epoch(new(number)) == NOW
        assert left_over(new(number).root) == []
        assert (restored.moved_aside is not None) == whole
    assert len(found) > POINTS
    assert set(found) == {False, True}


def test_a_restore_over_a_host_that_is_killed_leaves_one_whole_host_in_place_or_aside(
    home: Home, tmp_path: Path
) -> None:
    """In the moment between two renames there is none in place; then every command says what to do."""
    file = tmp_path / "backup.tar"
    back_up(home, file, force=False, clock=lambda: NOW)

    shutil.copytree(home.host, tmp_path / "original")
    found = []
    for _ in killed_everywhere(lambda _: restore(home, file, force=True, clock=lambda: NOW), home.root):
        aside = list(home.root.glob(f"{ASIDE}*"))
        if home.host.exists():
            found.append("old" if epoch(home) == EPOCH else "new")
        else:
            found.append("none")
            with pytest.raises(UsageError, match="cut off") as caught:
                require_host(home)
            assert f"mv {aside[0]} {home.host}" in caught.value.cure
        restore(home, file, force=home.host.exists(), clock=lambda: NOW)
        assert epoch(home) == NOW
        assert left_over(home.root) == []
        shutil.rmtree(home.root)
        shutil.copytree(tmp_path / "original", home.host)
    assert len(found) > POINTS
    assert set(found) == {"old", "none", "new"}


def test_a_real_command_that_is_killed_while_it_writes(home: Home, tmp_path: Path) -> None:
    """There is no file; the next command makes it, and removes the rest."""
    know(home, 200_000, now=int(time.time()))
    folder = tmp_path / "backups"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "tenure", "host", "backup", str(folder / "b.tar"), "--home", str(home.root)]
    ) as process:
        while not any(path.stat().st_size > 1_000_000 for path in folder.glob(f"{PREFIX}*/host.db")):
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    assert not (folder / "b.tar").exists()
    assert len(left_over(folder)) == 1
    assert tenure("host", "backup", str(folder / "b.tar"), home=home.root).exit_code == 0
    assert tenure("host", "restore", "--check", str(folder / "b.tar"), home=tmp_path).exit_code == 0
    assert [path.name for path in folder.iterdir()] == ["b.tar"]
