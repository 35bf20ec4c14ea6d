"""The agent of a home: looks after every product until it is told to stop. Run by `tenure client run`."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.files.folder_stamp import folder_stamp
from tenure.adapters.files.process_lock import process_lock
from tenure.adapters.os.fingerprint import read_installation
from tenure.adapters.os.randomness import draw
from tenure.client.agent import Agent, Ask, NoLease, Outcome, Senses
from tenure.client.diary import Level, Notice
from tenure.client.passed_over import PassedOver
from tenure.core.errors import Code, LocalFault, TenureError
from tenure.programs.asking import activation_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from tenure.adapters.os.home import Home
    from tenure.client.activation import Progress
    from tenure.client.state import ClientState

WATCH_SECONDS: Final = 2.0
"""How soon the agent sees what a command changed, and that the machine woke up."""
LOCK_NAME: Final = "agent.lock"


@dataclass(frozen=True, slots=True)
class Pace:
    """The time that an agent goes by. A rehearsal has one that runs faster: pauses and intervals are shorter by it.

    What an agent says to a host, and what it measures an answer by, is always the machine's own clock.
    """

    speed: float = 1.0
    ahead: int = 0
    """Seconds by which it is ahead of the machine's clock when it begins; a renewal that is due then is due at once."""
    began: float = field(default_factory=time.time)

    def clock(self) -> int:
        """Unix seconds."""
        return int(self.began + self.ahead + (time.time() - self.began) * self.speed)

    def elapsed(self) -> float:
        """Seconds on a clock that nobody sets."""
        return time.monotonic() * self.speed


@dataclass(frozen=True, slots=True)
class _Stop:
    """Somebody wants the agent to end."""


Item: TypeAlias = tuple[UUID, Outcome] | _Stop


class _StoppedError(Exception):
    """The agent has ended: nothing is written any more."""


class _StoppableStore:
    """The home's store, until `stop`: a write that began is ended first, and none begins after it."""

    def __init__(self, store: FileClientStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._stopped = False

    def load(self) -> ClientState:
        return self._store.load()

    def update(self, change: Callable[[ClientState], ClientState]) -> ClientState:
        with self._lock:
            if self._stopped:
                raise _StoppedError
            return self._store.update(change)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True


class AgentProgram:
    """The agent of one home. A held request is waited for in a thread of its own, one a product."""

    def __init__(
        self,
        home: Home,
        *,
        tell: Callable[[Notice], None],
        wait: int,
        fingerprint_of: Callable[[UUID], str] | None = None,
        pace: Pace | None = None,
        answer_seconds: float | None = None,
    ) -> None:
        """`wait` is for how many seconds a host may hold a request.

        A fingerprint of its own and another `pace` than the machine's are for rehearsals. A host is given
        `answer_seconds` for its answer beside; None: the usual time.
        """
        self._home = home
        self._tell = tell
        self._files = FileClientStore(home.client)
        self._store = _StoppableStore(self._files)
        self._inbox: SimpleQueue[Item] = SimpleQueue()
        self._given = fingerprint_of
        self._pace = pace or Pace()
        self._answer_seconds = answer_seconds
        self._agent = Agent(
            self._store,
            Senses(
                clock=self._pace.clock,
                elapsed=self._pace.elapsed,
                draw=draw,
                fingerprint_of=fingerprint_of or self._fingerprint,
                stamp=lambda: folder_stamp(home.client),
            ),
            tell=tell,
            wait=wait,
        )

    def run(self) -> None:
        """The products were looked after until `stop`; every lease that arrived is on disk.

        Raises:
            LocalFault: code `home_in_use`, when another agent runs on this home; `home_unusable`.
        """
        with process_lock(self._home.client / LOCK_NAME, "Another agent"):
            self._tell(Notice(Level.INFO, f"The agent looks after the products in {self._home.client}."))
            while True:
                for ask in self._agent.turn():
                    threading.Thread(
                        target=self._work, args=(ask,), name=f"ask-{ask.product_id}", daemon=True
                    ).start()
                self._tell_damage()
                item = self._next()
                if isinstance(item, _Stop):
                    break
                if item is not None:
                    self._agent.heard(*item)
            # Whoever still waits for a host ends with the process; what it would write is refused.
            self._agent.keep_time()
            self._store.stop()
        self._tell(Notice(Level.INFO, "The agent has stopped. Leases that are held stay."))

    def stop(self) -> None:
        """The agent ends soon; may be called from a signal handler or another thread."""
        self._inbox.put(_Stop())

    def _next(self) -> Item | None:
        try:
            return self._inbox.get(timeout=min(self._agent.rest / self._pace.speed, WATCH_SECONDS))
        except Empty:
            return None

    def _work(self, ask: Ask) -> None:
        """In a thread: ask, and put what came of it into the inbox, whatever it is."""
        passed_over: list[TenureError] = []

        def note(progress: Progress) -> None:
            if isinstance(progress, PassedOver):
                passed_over.append(progress.error)

        outcome: Outcome
        try:
            with activation_of(
                self._home,
                self._store,
                tell=note,
                fingerprint_of=self._given,
                answer_seconds=self._answer_seconds,
            ) as activation:
                if ask.news:
                    outcome = activation.hear(ask.product_id)
                else:
                    outcome = activation.ask(ask.product_id, wait=ask.wait)
        except _StoppedError:
            return
        except TenureError as error:
            outcome = NoLease((*passed_over, error))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end a machine's renewals; it is told
            fault = LocalFault(Code.INTERNAL, f"The agent itself failed: {error!r}.", "Please report this.")
            outcome = NoLease((fault,))
        self._inbox.put((ask.product_id, outcome))

    def _fingerprint(self, publisher_id: UUID) -> str | None:
        installation = read_installation(self._home.client)
        return installation.fingerprint(publisher_id) if installation else None

    def _tell_damage(self) -> None:
        """What the store found damaged since the last look; on a disk that is read-only it finds it again and again."""
        for damage in set(map(str, self._files.damaged)):
            self._agent.tell_damage(damage)
        self._files.damaged.clear()


def run_until_told(program: AgentProgram) -> None:
    """The agent ran until SIGTERM or SIGINT.

    Raises:
        LocalFault: as `AgentProgram.run`.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        program.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        program.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
