"""`kill -9` at each point where a piece of work touches a file: opens, makes, renames or removes one."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def killed_everywhere(work: Callable[[int], object], below: Path) -> Iterator[int]:
    """The number of each touch of a file below the folder at which the work was killed, right after it was killed there.

    `work(1)` is killed at its first touch, `work(2)` at its second, and so on until one comes to its end. Python's own audit
    events tell of touches (PEP 578). The work is done in a fork: it has everything imported, and takes milliseconds.
    """
    for number in count(1):
        child = os.fork()
        if child == 0:
            _work_until(number, work, str(below))
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        yield number


def _work_until(number: int, work: Callable[[int], object], below: str) -> None:
    left = number

    def touched(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event.startswith(("open", "os.", "sqlite3.connect")) and below in repr(arguments):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(touched)
    try:
        work(number)
    except BaseException:  # noqa: BLE001 - the fork must never return into the tests
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
