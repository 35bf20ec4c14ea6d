from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.files.process_lock import process_lock
from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys, pathlib
from tenure.adapters.files.process_lock import process_lock
with process_lock(pathlib.Path(sys.argv[1]), "A holder"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_one_is_refused_at_once_and_told_who_runs(tmp_path: Path) -> None:
    """`home_in_use`, naming what runs and where; afterwards the lock is free."""
    path = tmp_path / "new" / "agent.lock"
    with process_lock(path, "-"):
        with (
            pytest.raises(LocalFault, match="Another agent is") as caught,
            process_lock(path, "Another agent"),
        ):
            pass
        assert caught.value.code is Code.HOME_IN_USE
        assert str(path.parent) in caught.value.detail
    with process_lock(path, "-"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL")
def test_kill_9_lets_it_go(tmp_path: Path) -> None:
    """The kernel holds it for the process: no stale file keeps an agent from starting."""
    path = tmp_path / "agent.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LocalFault), process_lock(path, "-"):
            pass
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with process_lock(path, "-"):
            pass


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_home(tmp_path: Path) -> None:
    """A file stands in the way."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalFault) as caught, process_lock(tmp_path / "file" / "agent.lock", "-"):
        pass
    assert caught.value.code is Code.HOME_UNUSABLE
