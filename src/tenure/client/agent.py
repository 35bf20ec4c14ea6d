"""The agent: looks after every product of a machine, each on its own schedule (`client.schedule`).

Nothing here waits or opens anything. Whoever runs it calls `turn`, asks for what it names, tells it with `heard` what
came of it, and calls `turn` again at the latest after `rest` seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from tenure.client.activation import Activated, StillShort
from tenure.client.diary import DAY, Diary, Level, span, when
from tenure.client.grant_activation import ActivatedForGood
from tenure.client.news import Informed
from tenure.client.schedule import (
    AT_ONCE,
    Course,
    Wanted,
    after_failure,
    after_grant,
    after_news,
    after_short,
    standing_of,
)
from tenure.client.seen import seen
from tenure.core.errors import LocalFault
from tenure.core.license_status import Reason
from tenure.wire.activation import MAX_WAIT

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from uuid import UUID

    from tenure.client.diary import Notice
    from tenure.client.schedule import Standing
    from tenure.client.state import ClientState, ClientStore
    from tenure.core.clock import Clock
    from tenure.core.errors import TenureError

KEEP_TIME_SECONDS: Final = 300
"""How often the highest time seen is kept (design, section 3); nothing is older than that after a crash."""
_JUMP_SECONDS: Final = 60
"""A clock that gained or lost more than this between two turns was set, or the machine slept."""
_SPREAD_SECONDS: Final = 10.0
"""After a jump machines ask within so long, not all at once: hundreds may wake together."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A product to ask hosts for now, each of which may hold the request for `wait` seconds."""

    product_id: UUID
    wait: int
    news: bool = False
    """Nothing is asked for but what its publisher published."""


@dataclass(frozen=True, slots=True)
class NoLease:
    """No host gave a lease, or no publisher a grant: what became of each, at last the error that tells of all."""

    errors: tuple[TenureError, ...]

    @property
    def error(self) -> TenureError:
        """The one that tells of all."""
        return self.errors[-1]


Outcome: TypeAlias = Activated | StillShort | ActivatedForGood | Informed | NoLease


@dataclass(frozen=True, slots=True, kw_only=True)
class Senses:
    """What an agent knows of its machine."""

    clock: Clock
    elapsed: Callable[[], float]
    """Seconds on a clock that nobody sets."""
    draw: Callable[[], float]
    """A random number in [0, 1)."""
    fingerprint_of: Callable[[UUID], str | None]
    """This installation's fingerprint for a publisher; writes nothing."""
    stamp: Callable[[], Hashable]
    """Another one when the store may hold something else than before."""


class Agent:
    """One machine's agent. Not for several threads: what workers hear goes through one of them."""

    def __init__(
        self, store: ClientStore, senses: Senses, *, tell: Callable[[Notice], None], wait: int = MAX_WAIT
    ) -> None:
        """`wait` is for how many seconds a host may hold a request; `tell` hears what goes into the log."""
        self._store = store
        self._senses = senses
        self._wait = wait
        self._diary = Diary(tell, senses.elapsed)
        self._state: ClientState | None = None
        self._standings: dict[UUID, Standing] = {}
        self._courses: dict[UUID, Course] = {}
        self._asked: set[UUID] = set()
        self._stamp: Hashable = None
        self._look_at = self._keep_at = AT_ONCE
        self._last: tuple[int, float] | None = None

    def turn(self) -> list[Ask]:
        """What to ask for now; each is answered by one `heard`, and is not named again before.

        Time and state are looked at anew where they may have changed, and the time is kept when it is due.
        """
        now, elapsed = self._senses.clock(), self._senses.elapsed()
        jumped = self._sees_jump(now, elapsed)
        if elapsed >= self._keep_at or jumped:
            self.keep_time()
            self._keep_at = elapsed + KEEP_TIME_SECONDS
        stamp = self._senses.stamp()
        if jumped or stamp != self._stamp or elapsed >= self._look_at:
            self._stamp = stamp
            self._look(now, elapsed)
        asks = [
            Ask(
                product_id,
                self._wait if standing.wanted is Wanted.LICENSE else 0,
                news=standing.wanted is Wanted.NEWS,
            )
            for product_id, standing in self._standings.items()
            if self._is_next(product_id, standing) and self._course(product_id).ready_at <= elapsed
        ]
        self._asked |= {ask.product_id for ask in asks}
        return asks

    @property
    def rest(self) -> float:
        """Seconds until the next turn has something to do by itself."""
        instants = [self._look_at, self._keep_at]
        instants += [
            self._course(product_id).ready_at
            for product_id, standing in self._standings.items()
            if self._is_next(product_id, standing)
        ]
        return max(0.0, min(instants) - self._senses.elapsed())

    def heard(self, product_id: UUID, outcome: Outcome) -> None:
        """What came of asking for a product."""
        self._asked.discard(product_id)
        standing = self._standings.get(product_id)
        if standing is None:
            # Its key was removed meanwhile.
            return
        elapsed, draw = self._senses.elapsed(), self._senses.draw()
        name = self._name(product_id)
        self._look_at = elapsed
        match outcome:
            case Activated():
                self._courses[product_id] = after_grant(elapsed=elapsed)
                self._tell_lease(name, product_id, outcome)
            case ActivatedForGood():
                self._courses[product_id] = after_grant(elapsed=elapsed)
                self._tell_grant(name, product_id, outcome)
            case Informed():
                self._courses[product_id] = after_news(elapsed=elapsed, draw=draw)
                self._diary.over((product_id, "news"))
            case NoLease() if standing.wanted is Wanted.NEWS:
                self._courses[product_id] = after_news(elapsed=elapsed, draw=draw)
                text = f"What the publisher of {name} revoked could not be learned; tried again in a day. {outcome.error}"
                self._diary.say((product_id, "news"), Level.INFO, text)
            case StillShort():
                told = outcome.waiting
                self._courses[product_id] = after_short(outcome, standing.wanted, elapsed=elapsed, draw=draw)
                self._diary.say(
                    (product_id, "asked"),
                    Level.INFO,
                    f"{name} waits at {outcome.host.text}: {told.count} of {told.threshold} machines are counted, "
                    f"{told.missing} are missing.",
                )
            case NoLease():
                before = self._course(product_id)
                course = after_failure(outcome.errors, before, standing, elapsed=elapsed, draw=draw)
                self._courses[product_id] = course
                self._tell_failure(name, product_id, outcome.error, course.ready_at - elapsed)

    def keep_time(self) -> None:
        """The highest time seen is on disk; a disk that is full or read-only is told, and no reason to stop."""
        now = self._senses.clock()
        try:
            self._store.update(lambda state: seen(state, now, self._senses.fingerprint_of))
        except LocalFault as fault:
            self._diary.say("disk", Level.WARNING, f"The state cannot be written. {fault}")
        else:
            if self._diary.over("disk"):
                self._diary.say("disk again", Level.INFO, "The state can be written again.", again=0)

    def tell_damage(self, damage: str) -> None:
        """A damaged state file goes into the log, by its name."""
        self._diary.say(("damage", damage), Level.WARNING, damage, again=DAY)

    def _sees_jump(self, now: int, elapsed: float) -> bool:
        """Whether the clock went otherwise than time did since the last turn; then everything is tried anew."""
        before, self._last = self._last, (now, elapsed)
        if before is None:
            return False
        gained = (now - before[0]) - (elapsed - before[1])
        if abs(gained) <= _JUMP_SECONDS:
            return False
        if gained > 0:
            what = f"went forward by {span(gained)}: this machine slept, or its clock was set"
        else:
            what = f"was set back by {span(-gained)}"
        self._diary.say("jump", Level.INFO, f"The clock {what}.", again=0)
        self._start_anew(elapsed + _SPREAD_SECONDS * self._senses.draw())
        return True

    def _start_anew(self, ready_at: float) -> None:
        self._courses = dict.fromkeys(self._standings, Course(ready_at))

    def _look(self, now: int, elapsed: float) -> None:
        """The state and where each product stands are known as of now."""
        try:
            state = self._store.load()
            fingerprints = {
                publisher_id: self._senses.fingerprint_of(publisher_id)
                for publisher_id in {product.publisher_id for product in state.products.values()}
            }
        except LocalFault as fault:
            self._diary.say("reading", Level.WARNING, f"The state cannot be read. {fault}")
            self._look_at = elapsed + KEEP_TIME_SECONDS
            return
        if _asking(self._state) != _asking(state):
            self._start_anew(AT_ONCE)
        self._state = state
        self._standings = {
            product.product_id: standing_of(
                state, product.product_id, fingerprint=fingerprints[product.publisher_id], now=now
            )
            for product in state.installed
        }
        for gone in self._courses.keys() - self._standings.keys():
            del self._courses[gone]
        changes = [s.changes_in for s in self._standings.values() if s.changes_in is not None]
        self._look_at = elapsed + min([KEEP_TIME_SECONDS, *changes])
        self._tell_standings()

    def _is_next(self, product_id: UUID, standing: Standing) -> bool:
        return standing.wanted is not Wanted.NOTHING and product_id not in self._asked

    def _course(self, product_id: UUID) -> Course:
        return self._courses.get(product_id, Course())

    def _name(self, product_id: UUID) -> str:
        definition = self._state.definition(product_id) if self._state is not None else None
        return definition.name if definition is not None else str(product_id)

    def _tell_standings(self) -> None:
        if not self._standings:
            text = "No product key is installed here yet; one that is installed is looked after at once."
            self._diary.say("products", Level.INFO, text, again=DAY)
        for product_id, standing in self._standings.items():
            name = self._name(product_id)
            status = standing.status.value.replace("_", " ")
            text = f"{name}: {status} ({standing.reason.replace('_', ' ')})"
            text += f" until {when(standing.ends)}." if standing.ends is not None else "."
            same = f"{standing.status} {standing.reason}"
            self._diary.say((product_id, "status"), Level.INFO, text, same=same, again=DAY)
            if standing.reason == Reason.MACHINE_CHANGED:
                text = f"The license of {name} was given to another installation: this state was copied from there."
                self._diary.say((product_id, "copied"), Level.WARNING, text, again=DAY)
            if standing.clock_moved_back:
                self._diary.say(
                    "clock",
                    Level.WARNING,
                    f"This machine's clock is behind {when(standing.time)}, which it has seen already and goes by. "
                    "Set the clock right; one contact with a host then sets the time back.",
                )
            elif standing.warning and standing.ends is not None:
                left = span(standing.ends - standing.time)
                text = f"The lease of {name} ends in {left} and was not renewed. Is the host reachable?"
                self._diary.say((product_id, "end"), Level.WARNING, text, same="ends", again=DAY)

    def _tell_lease(self, name: str, product_id: UUID, granted: Activated) -> None:
        lease = granted.lease
        self._diary.over((product_id, "asked"))
        self._diary.say(
            (product_id, "lease"),
            Level.INFO,
            f"{name} has a lease until {when(lease.exp)} from {granted.host.text} "
            f"({lease.count} machines are counted); it is renewed before {when(lease.renew_after)}.",
            again=0,
        )

    def _tell_grant(self, name: str, product_id: UUID, granted: ActivatedForGood) -> None:
        self._diary.over((product_id, "asked"))
        self._diary.say(
            (product_id, "lease"),
            Level.INFO,
            f"{name} is activated for good ({granted.grant.grant_id}); {granted.used} of the {granted.limit} "
            "activations of its key are used.",
            again=0,
        )

    def _tell_failure(self, name: str, product_id: UUID, error: TenureError, pause: float) -> None:
        product = self._state.products.get(product_id) if self._state is not None else None
        what = "grant" if product is not None and product.key_type.secret else "lease"
        text = f"{name} got no {what}. {error} Asking again in {span(pause)}."
        self._diary.say((product_id, "asked"), Level.WARNING, text, same=f"{error.code} {error.detail}")


def _asking(state: ClientState | None) -> object:
    """What asking depends on that a person may change: hosts and the way to them, machine id, keys."""
    if state is None or state.machine is None:
        return None
    machine = state.machine
    lookup = machine.lookup_domain, machine.srv_label, machine.dns_server, machine.host_caching
    tls = machine.tls_required, machine.own_ca
    return machine.machine_id, machine.hosts, lookup, tls, state.products
