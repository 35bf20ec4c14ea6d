"""Copying a SQLite file beside those who write to it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.sql.snapshot import check_database, copy_database
from tenure.adapters.sql.sqlite import open_connection
from tenure.core.errors import Code, Unavailable, Untrusted

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTES = 48
"""Three steps of the copy."""
SMALL_FILES = """
import pathlib, resource, sys
from tenure.adapters.sql.snapshot import copy_database
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
copy_database(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of several steps, in WAL mode as a host's is, with a counter in it."""
    path = tmp_path_factory.mktemp("large") / "large.db"
    with closing(open_connection(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE filling (data BLOB)")
        connection.executemany(
            "INSERT INTO filling VALUES (zeroblob(?))", [(1024 * 1024,) for _ in range(MEGABYTES)]
        )
        connection.execute("CREATE TABLE counter (a INTEGER, b INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0, 0)")
    return path


def test_the_copy_is_of_one_moment_and_ends_although_others_write_between_its_steps(
    large: Path, tmp_path: Path
) -> None:
    """A writer without any patience commits after each step: it never finds the file locked, and no step is done twice."""
    steps = 0
    with closing(open_connection(large)) as writer:
        writer.execute("PRAGMA busy_timeout = 0")

        def commit() -> None:
            nonlocal steps
            steps += 1
            assert steps <= MEGABYTES // 16 + 1
            writer.execute("UPDATE counter SET a = a + 1, b = b + 1")

        copy_database(large, tmp_path / "copy.db", stepped=commit)
        assert writer.execute("SELECT a, b FROM counter").fetchone() == (steps, steps)
    assert steps >= MEGABYTES // 16
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT a, b FROM counter").fetchone() == (0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["copy.db"]


def test_a_copy_can_be_stopped_between_its_steps(large: Path, tmp_path: Path) -> None:
    """As by Ctrl-C."""

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_database(large, tmp_path / "copy.db", stepped=stop)


def test_a_damaged_database_is_not_copied_as_if_it_were_whole(large: Path, tmp_path: Path) -> None:
    """`state_damaged`, which names the original."""
    damaged = tmp_path / "damaged.db"
    data = bytearray(large.read_bytes())
    data[2048 * 3 : 2048 * 4] = b"\xff" * 2048
    damaged.write_bytes(data)
    with pytest.raises(Untrusted, match=r"damaged\.db") as caught:
        copy_database(damaged, tmp_path / "copy.db")
    assert caught.value.code is Code.STATE_DAMAGED


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    """Whatever it is."""
    path = tmp_path / "x.db"
    path.write_bytes(b"this was a database once" * 500)
    with pytest.raises(Untrusted):
        check_database(path, told_as=path)


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """It is not made."""
    with pytest.raises(Unavailable) as caught:
        copy_database(tmp_path / "nothing.db", tmp_path / "copy.db")
    assert caught.value.code is Code.STORAGE_UNAVAILABLE
    assert not (tmp_path / "nothing.db").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_copy_that_finds_no_room_is_no_fault_of_the_original(large: Path, tmp_path: Path) -> None:
    """An OSError, which its caller tells as a fault of the place that it chose."""
    done = subprocess.run(
        [sys.executable, "-c", SMALL_FILES, str(large), str(tmp_path / "copy.db")],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "COVERAGE_PROCESS_CONFIG"},
    )
    assert done.stderr.splitlines()[-1] == "OSError: [Errno 5] Input/output error"
