"""Folders for half-made files: whose they are, and what becomes of those that a killed process left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.files.working_folder import PREFIX, working_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKER = """
import pathlib, sys
from tenure.adapters.files.working_folder import working_folder
with working_folder(pathlib.Path(sys.argv[1])) as folder:
    (folder / "half").write_bytes(b"half")
    print(folder, flush=True)
    sys.stdin.read()
"""
DAEMON = 1
"""The user id of `daemon`, which every Unix has."""


@contextmanager
def worker(parent: Path) -> Iterator[subprocess.Popen[str]]:
    """A process at work, with its folder made."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(str(parent))
        yield process


def test_it_is_empty_but_for_its_lock_its_makers_alone_and_gone_afterwards(tmp_path: Path) -> None:
    """With everything that was left in it."""
    with working_folder(tmp_path) as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0
        assert [path.name for path in folder.iterdir()] == ["lock"]
        (folder / "a").mkdir()
        (folder / "a" / "b").write_text("")
    assert list(tmp_path.iterdir()) == []


def test_it_is_gone_when_the_work_fails(tmp_path: Path) -> None:
    """And what failed is told."""

    def fail() -> None:
        with working_folder(tmp_path) as folder:
            (folder / "half").write_text("")
            raise ValueError("so it is")

    with pytest.raises(ValueError, match="so it is"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_was_moved_out_of_it_stays(tmp_path: Path) -> None:
    """That is what it is for."""
    with working_folder(tmp_path) as folder:
        (folder / "whole").write_text("whole")
        (folder / "whole").replace(tmp_path / "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]


def test_a_place_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    """Nobody tries forever."""
    with pytest.raises(FileNotFoundError), working_folder(tmp_path / "nowhere"):
        pass


def test_the_folder_of_a_living_process_stays_and_that_of_a_killed_one_goes(tmp_path: Path) -> None:
    """The kernel's lock tells, not an age or a process id."""
    with worker(tmp_path) as process:
        (others,) = tmp_path.iterdir()
        with working_folder(tmp_path):
            assert (others / "half").exists()
        process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        process.wait()
        assert (others / "half").exists()
        with working_folder(tmp_path) as folder:
            assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_died_before_it_held_its_lock_left_a_folder_that_goes(tmp_path: Path) -> None:
    """There is a moment between the two."""
    (tmp_path / f"{PREFIX}abcdefgh").mkdir()
    with working_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_only_folders_that_we_made_are_removed(tmp_path: Path) -> None:
    """Neither what a link of such a name points to, nor a file, nor a folder of another name."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("")
    place = tmp_path / "place"
    place.mkdir()
    (place / f"{PREFIX}link").symlink_to(outside)
    (place / f"{PREFIX}file").write_text("")
    (place / "tenure-work-x").mkdir()
    with working_folder(place):
        pass
    assert (outside / "precious").exists()
    assert {path.name for path in place.iterdir()} == {f"{PREFIX}link", f"{PREFIX}file", "tenure-work-x"}


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_what_another_user_left_is_that_users_to_remove(tmp_path: Path) -> None:
    """A folder that another may fill could be a trap."""
    others = tmp_path / f"{PREFIX}others"
    others.mkdir()
    os.chown(others, DAEMON, DAEMON)
    with working_folder(tmp_path):
        pass
    assert others.exists()


@pytest.mark.timeout(60)
def test_workers_that_begin_at_once_do_not_take_one_another_for_dead(tmp_path: Path) -> None:
    """Each looks for dead ones while others are between their folder and its lock."""
    code = f"""
import pathlib, sys
from tenure.adapters.files.working_folder import working_folder
for _ in range(300):
    with working_folder(pathlib.Path({str(tmp_path)!r})) as folder:
        (folder / "half").write_text("x")
        assert (folder / "half").read_text() == "x"
"""
    workers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [one.wait() for one in workers] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []
