from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.files.atomic import SECRET, write_atomically
from tenure.adapters.os.ownership import give, give_as, make_folder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root may give files to another user"
)
DAEMON = 1
"""The user and group `daemon` of every Unix."""


def owner(path: Path) -> tuple[int, int]:
    """Whose it is, itself and not what it may point to."""
    status = path.lstat()
    return status.st_uid, status.st_gid


def test_a_folder_is_given_with_all_that_is_in_it(tmp_path: Path) -> None:
    """Deep inside as well; what a link points to stays whose it was."""
    folder = tmp_path / "state"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_text("")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("")
    (folder / "link").symlink_to(outside)
    (folder / "a" / "file-link").symlink_to(outside / "file")
    give(folder, "daemon")
    assert {owner(path) for path in (folder, *folder.rglob("*"))} == {(DAEMON, DAEMON)}
    assert owner(outside) == owner(outside / "file") == (0, 0)


def test_a_user_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """Nothing is given to anybody."""
    with pytest.raises(OSError, match="no user nobody-of-this-name"):
        give(tmp_path, "nobody-of-this-name")


def test_what_root_writes_into_a_user_s_folder_is_that_user_s(tmp_path: Path) -> None:
    """A key that root installs beside a running host can be read by the host, and by nobody else."""
    os.chown(tmp_path, DAEMON, DAEMON)
    write_atomically(tmp_path / "key", b"secret", mode=SECRET)
    assert owner(tmp_path / "key") == (DAEMON, DAEMON)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_folder_is_given_to_whom_another_belongs(tmp_path: Path) -> None:
    """With what is in it, and without following links."""
    model, folder, outside = tmp_path / "model", tmp_path / "folder", tmp_path / "outside"
    for path in (model, folder, outside):
        path.mkdir()
    os.chown(model, DAEMON, DAEMON)
    (folder / "file").write_text("")
    (folder / "link").symlink_to(outside)
    give_as(folder, model)
    assert {owner(path) for path in (folder, *folder.iterdir())} == {(DAEMON, DAEMON)}
    assert owner(outside) == (0, 0)


def test_folders_that_are_made_belong_to_whom_the_one_above_belongs(tmp_path: Path) -> None:
    """All that were missing; those that are there stay whose they are."""
    above = tmp_path / "above"
    above.mkdir()
    os.chown(above, DAEMON, DAEMON)
    make_folder(above / "a" / "b")
    assert owner(above / "a") == owner(above / "a" / "b") == (DAEMON, DAEMON)
    (above / "roots").mkdir()
    make_folder(above / "roots")
    assert owner(above / "roots") == (0, 0)
