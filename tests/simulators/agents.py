"""Real agents in threads of the test's process: their own homes, real files, real sockets."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenure.adapters.os.home import Home
from tenure.programs.agent import AgentProgram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from tenure.client.diary import Notice


@dataclass
class RunningAgent:
    """One agent, from the moment at which it is made until `stop`."""

    root: Path
    wait: int = 1
    fingerprint: str | None = None
    """Its own in a rehearsal; None: this machine's."""
    answer_seconds: float | None = None
    """How long a host's answer may take; None: as usual."""
    log: list[str] = field(default_factory=list)
    failure: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        """It runs."""
        self._news = threading.Condition()
        self._program = AgentProgram(
            Home(self.root),
            tell=self._hear,
            wait=self.wait,
            fingerprint_of=self._given if self.fingerprint is not None else None,
            answer_seconds=self.answer_seconds,
        )
        self._thread = threading.Thread(target=self._run, name=f"agent-{self.root.name}")
        self._thread.start()

    def until(self, *texts: str, seconds: float = 30) -> str:
        """The first line of the log with this text, or with one of these; it is waited for."""
        with self._news:
            assert self._news.wait_for(lambda: self._line(texts) or self.failure, seconds), self.log
        line = self._line(texts)
        assert line is not None, self.failure
        return line

    def stop(self) -> None:
        """It has ended."""
        self._program.stop()
        self._thread.join()

    def _given(self, _publisher_id: UUID) -> str:
        return self.fingerprint or ""

    def _line(self, texts: Sequence[str]) -> str | None:
        return next((line for line in self.log if any(text in line for text in texts)), None)

    def _hear(self, notice: Notice) -> None:
        with self._news:
            self.log.append(notice.text)
            self._news.notify_all()

    def _run(self) -> None:
        try:
            self._program.run()
        except BaseException as error:  # noqa: BLE001 - the test's thread looks at it
            with self._news:
                self.failure.append(error)
                self._news.notify_all()


@contextmanager
def agent(root: Path, *, wait: int = 1, answer_seconds: float | None = None) -> Iterator[RunningAgent]:
    """An agent that runs inside the block."""
    running = RunningAgent(root, wait, answer_seconds=answer_seconds)
    try:
        yield running
    finally:
        running.stop()
