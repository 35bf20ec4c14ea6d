"""The client under test: a command that is run for each step, or one that stays and is told of each step by a line.

It finds in its environment, or in the line:

    TENURE_TEST_HOST      the host's URL, such as http://127.0.0.1:40123
    TENURE_TEST_CATALOG   a file: the publisher's catalogs, as an administrator gives them
    TENURE_TEST_ROOT      a file: the publisher's public root key, a JWK
    TENURE_TEST_PRODUCT   the product's id
    TENURE_TEST_KEY       the product's generic key
    TENURE_TEST_SECONDS   for how many seconds it waits for a whole answer
    TENURE_TEST_STATE     a folder that is the client's for the whole case, and empty at its beginning

It asks the host for a lease once, keeps what it keeps in the folder, prints as its last line a JSON object with
`license_status`, and ends with exit code 0 (granted), 3 (refused, or a 202), 4 (no usable answer) or 5 (not to be trusted).
One that stays prints a line for each, with `exit_code` beside `license_status`, and ends when there are no more.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final, TypeAlias

from tenure.conformance.judging import Ended
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STEP_SECONDS: Final = 30.0
"""How much longer than it may wait for an answer a client may take for a step."""
_END_SECONDS: Final = 5.0
"""How long a client that stays may take to end when there are no more steps."""

Client: TypeAlias = Callable[[Mapping[str, str]], Ended]
"""Goes one step, with these variables; may be called from several threads."""


@contextmanager
def client_of(command: str, *, seconds: float, stays: bool = False) -> Iterator[Client]:
    """The client that this command line starts: for each step, or if it stays once for each thread that calls it.

    It may take so many seconds for a step. One that stays ends with the block; if it took longer, or ended by itself, it
    is started anew for the next step.

    Raises:
        UsageError: code `invalid_argument`, when the command is none; when it is called, also when it cannot be started.
    """
    words = _words(command)
    if not stays:
        yield partial(_run, words, seconds)
        return
    staying = _Staying(words, seconds)
    try:
        yield staying
    finally:
        staying.end()


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(Code.INVALID_ARGUMENT, f"The command cannot be read: {error}.") from error
    if not words:
        raise UsageError(Code.INVALID_ARGUMENT, "There is no command.", "Give the client's with --client.")
    return words


@contextmanager
def _starting(words: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"{words[0]!r} cannot be run: {error.strerror}.", "Check the command."
        ) from error


def _run(words: Sequence[str], seconds: float, variables: Mapping[str, str]) -> Ended:
    try:
        with _starting(words):
            done = subprocess.run(  # noqa: S603 - running the client under test is what this is for
                words,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=seconds,
                check=False,
            )
    except subprocess.TimeoutExpired:
        return Ended(None, "", "")
    return Ended(done.returncode, done.stdout, done.stderr)


class _Process:
    """One process that stays."""

    def __init__(self, words: Sequence[str]) -> None:
        with ExitStack() as opened:
            self._err = opened.enter_context(TemporaryFile("w+", encoding="utf-8", errors="replace"))
            with _starting(words):
                self._process = subprocess.Popen(  # noqa: S603 - as above
                    words,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._err,
                    encoding="utf-8",
                    errors="replace",
                )
            self._pipes = [pipe for pipe in (self._process.stdin, self._process.stdout) if pipe is not None]
            self._files = opened.pop_all()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def step(self, variables: Mapping[str, str], seconds: float) -> Ended:
        to_it, from_it = self._pipes
        late = threading.Timer(seconds, self._process.kill)
        late.start()
        line = ""
        # A client that ended does not read; what it said at its end is told.
        with suppress(OSError):
            to_it.write(json.dumps(variables) + "\n")
            to_it.flush()
            line = from_it.readline()
        in_time = late.is_alive()
        late.cancel()
        if not line:
            return self._gone(in_time=in_time)
        try:
            told = json.loads(line)
            return Ended(int(told["exit_code"]), line, str(told.get("error", "")))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Ended(1, line, f"its line is no JSON object with exit_code: {line[:200]}")

    def end(self) -> None:
        """It has ended, by itself or not."""
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._files.close()

    def _gone(self, *, in_time: bool) -> Ended:
        """It says nothing more: it ended, or its time did."""
        if not in_time:
            self._process.wait()
            return Ended(None, "", "")
        try:
            code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            # It closed its standard output, and goes on: there is nothing to hear from it any more.
            self._process.kill()
            code = self._process.wait()
        self._err.seek(0)
        return Ended(code, "", self._err.read())


class _Staying:
    def __init__(self, words: Sequence[str], seconds: float) -> None:
        self._words = words
        self._seconds = seconds
        self._processes: dict[int, _Process] = {}

    def __call__(self, variables: Mapping[str, str]) -> Ended:
        thread = threading.get_ident()
        process = self._processes.get(thread)
        if process is None or process.ended:
            if process is not None:
                process.end()
            process = self._processes[thread] = _Process(self._words)
        return process.step(variables, self._seconds)

    def end(self) -> None:
        for process in self._processes.values():
            process.end()
