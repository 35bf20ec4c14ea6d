"""An agent in a simulated world: months pass in a moment, and machines sleep, restart and lose their disks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulators.publisher import seeded
from simulators.world import World
from tenure.client.activation import Activation, Progress
from tenure.client.agent import Agent, Ask, NoLease, Outcome, Senses
from tenure.client.any_activation import AnyActivation
from tenure.client.grant_activation import GrantActivation
from tenure.client.memory import MemoryClientStore
from tenure.client.passed_over import PassedOver
from tenure.core.errors import Code, LocalFault, TenureError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from tenure.client.diary import Notice
    from tenure.client.state import ClientState, ClientStore


class FailingDisk:
    """A store whose disk can be full, so that nothing is written, or gone, so that nothing is read either."""

    def __init__(self, store: ClientStore) -> None:
        """Over the store that works."""
        self._store = store
        self.full = False
        self.gone = False

    def load(self) -> ClientState:
        """The state, unless the disk is gone."""
        self._fail(when=self.gone)
        return self._store.load()

    def update(self, change: Callable[[ClientState], ClientState]) -> ClientState:
        """The changed state, unless the disk is full or gone."""
        self._fail(when=self.full or self.gone)
        return self._store.update(change)

    def _fail(self, *, when: bool) -> None:
        if when:
            raise LocalFault(Code.HOME_UNUSABLE, "machine.json cannot be used: No space left on device.")


@dataclass
class SimulatedAgent:
    """A machine's agent; hosts answer at once, and nobody waits but the simulation."""

    world: World = field(default_factory=World)
    disk: FailingDisk = field(init=False)
    notices: list[Notice] = field(default_factory=list)
    asks: list[tuple[float, Ask]] = field(default_factory=list)
    """Everything that was asked for, and when: seconds of the world."""

    def __post_init__(self) -> None:
        """The agent starts."""
        self.disk = FailingDisk(self.world.store)
        self.restart()

    def restart(self) -> None:
        """The process is a new one, on the same home."""
        senses = Senses(
            clock=self.world.clock,
            elapsed=lambda: self.world.elapsed,
            draw=lambda: self.world.draws,
            fingerprint_of=lambda _publisher: self.world.fingerprint,
            stamp=self._stamp,
        )
        self.agent = Agent(self.disk, senses, tell=self.notices.append)

    def step(self) -> list[Ask]:
        """One turn, and an answer to everything that it asked for."""
        asks = self.agent.turn()
        for ask in asks:
            self.asks.append((self.world.elapsed, ask))
            self.agent.heard(ask.product_id, self._outcome(ask))
        return asks

    def live(self, seconds: float, *, late: float = 1.0) -> None:
        """So much time passes, and the agent does what it should; it gets its turn every `late` seconds at most.

        An agent that is always late, as on a machine that is busy, lets a test pass months quickly.
        """
        end = self.world.elapsed + seconds
        while self.world.elapsed < end:
            self.step()
            self.world.pause(min(max(late, self.agent.rest), end - self.world.elapsed))
        self.step()

    def sleep(self, seconds: int) -> None:
        """The machine sleeps: its clock goes on, nothing else does."""
        self.world.now += seconds

    @property
    def times(self) -> list[float]:
        """When it asked."""
        return [at for at, _ in self.asks]

    @property
    def said(self) -> str:
        """The log."""
        return "\n".join(notice.text for notice in self.notices)

    def _outcome(self, ask: Ask) -> Outcome:
        passed_over: list[TenureError] = []

        def note(progress: Progress) -> None:
            if isinstance(progress, PassedOver):
                passed_over.append(progress.error)

        try:
            activation = AnyActivation(
                self.disk,
                Activation(self.disk, self.world, self.world.surroundings, tell=note),
                GrantActivation(
                    self.disk, self.world.authority.connect, self.world.surroundings, lambda: seeded(6)
                ),
            )
            return (
                activation.hear(ask.product_id) if ask.news else activation.ask(ask.product_id, wait=ask.wait)
            )
        except TenureError as error:
            return NoLease((*passed_over, error))

    def _stamp(self) -> Hashable:
        assert isinstance(self.world.store, MemoryClientStore)
        return id(self.world.store.load())
