from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.files.folder_lock import folder_lock
from tenure.core.errors import Code, LocalFault

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys, pathlib
from tenure.adapters.files.folder_lock import folder_lock
with folder_lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_holds_it_at_a_time(tmp_path: Path) -> None:
    """Four threads that each go in 50 times are never inside together."""
    inside = 0
    seen: list[int] = []

    def work() -> None:
        nonlocal inside
        for _ in range(50):
            with folder_lock(tmp_path / "new" / "folder"):
                inside += 1
                seen.append(inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 200


def test_it_is_let_go_when_its_holder_fails(tmp_path: Path) -> None:
    """An exception inside passes through, and the next one may go in."""
    with pytest.raises(ZeroDivisionError), folder_lock(tmp_path):
        raise ZeroDivisionError
    with folder_lock(tmp_path):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL")
def test_kill_9_lets_it_go(tmp_path: Path) -> None:
    """The kernel holds it for the process, so nothing is left behind that anybody must remove."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        os.kill(holder.pid, signal.SIGKILL)
        with folder_lock(tmp_path):
            pass


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_home(tmp_path: Path) -> None:
    """A file stands in the way."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalFault) as caught, folder_lock(tmp_path / "file"):
        pass
    assert caught.value.code is Code.HOME_UNUSABLE
