"""Real processes of the command line, each with a home of its own, ended by their own ids."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Finished:
    """What a command did."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object that it printed."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


def tenure(*arguments: str, home: Path, stdin: str = "", under: Sequence[str] = ()) -> Finished:
    """Run one command to its end; `under` is a command line that runs it, such as one that sets another time."""
    done = subprocess.run(
        [*under, sys.executable, "-m", "tenure", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=unmeasured(_environment(home)),
    )
    return Finished(done.returncode, done.stdout, done.stderr)


@contextmanager
def serving(
    *arguments: str,
    home: Path,
    environment: Mapping[str, str] | None = None,
    stdin: int | None = None,
    under: Sequence[str] = (),
) -> Iterator[subprocess.Popen[str]]:
    """A command that serves, from its first printed line on; it is asked to stop at the end, or was killed before.

    `environment` is added to that of the tests; `stdin` is an open file, else it reads the tests' own. `under` as for
    `tenure`; what it names must become the command, so that the process is the same.
    """
    process = subprocess.Popen(
        [*under, sys.executable, "-m", "tenure", *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
        env={**_environment(home), **(environment or {})},
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, "the server ended without a word"
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process whose lines are not counted: that would take longer than all that it does.

    What short commands run, tests in this process run too; servers are few, and are counted.
    """
    return {name: value for name, value in environment.items() if name != "COVERAGE_PROCESS_CONFIG"}


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "TENURE_HOME": str(home), "PYTHONUNBUFFERED": "1"}
