"""A server in a process of its own, to which everything may happen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_STOP_SECONDS: Final = 60


class Server:
    """A command of Tenure that serves a home."""

    def __init__(self, *words: str, home: Path, under: Sequence[str] = ()) -> None:
        """It does not run yet. `under` is a command line that runs it and becomes it."""
        self._command = (sys.executable, "-m", "tenure", *words)
        self._home = home
        self._under = tuple(under)
        self._process: subprocess.Popen[str] | None = None

    def start(self, *, under: Sequence[str] = ()) -> None:
        """It serves; this time run by `under`, too."""
        with (self._home.parent / f"{self._home.name}.log").open("a") as log:
            process = subprocess.Popen(
                [*self._under, *under, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "TENURE_HOME": str(self._home), "PYTHONUNBUFFERED": "1"},
            )
        assert process.stdout is not None
        if not process.stdout.readline():
            raise AssertionError(f"{self._command} ended without a word: see {log.name}")
        self._process = process

    def kill(self) -> None:
        """It is gone as after `kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """It ended in good order, if it ran."""
        self._end(signal.SIGTERM)

    def hang(self) -> None:
        """It does nothing any more, and its connections stay open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on where it was."""
        self._signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        process.wait(_STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            os.kill(one, number)
