"""One row of the table: a fault strikes a site that is in use, is mended, and everybody is served again."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from faults.evidence import Evidence, lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.kinds import Fault
    from faults.site import Host, Site

GIVE_UP_SECONDS: Final = 120.0
"""Whoever is not served so long after a fault has ended did not recover."""
KILL_LOOP: Final = "`kill -9` in a loop"
_SETTLE_SECONDS: Final = 0.5
"""For what was under way at the end to arrive, and the product to be asked once more."""
_ANSWERS_A_ROUND: Final = 5
"""What a host answers in the kill loop before it is killed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a fault did. Seconds; None where it did not happen."""

    fault: str
    says: str
    lasted: float
    answered: int
    unanswered: int
    lost: int
    licensed: int
    """The fewest machines whose product was licensed at any time."""
    reasons: dict[str, int]
    """Why others were not, as often as a check said so."""
    machines: int
    taken_over: float | None
    """From the beginning of the fault until every machine had a new lease in spite of it."""
    recovered: float | None
    """From the end of the fault until every machine had a new lease."""

    @property
    def passed(self) -> bool:
        """Whether nothing was lost, everybody stayed licensed, and everybody was served again."""
        return not self.lost and self.licensed == self.machines and self.recovered is not None


class Bench:
    """A site in use, and what was seen of it."""

    def __init__(self, site: Site, evidence: Evidence, machines: int) -> None:
        """All machines have their first lease."""
        self._site, self._evidence, self._machines = site, evidence, machines

    def strike(self, fault: Fault, seconds: float) -> Row:
        """The row of a fault that lasts no longer than so many seconds."""
        return self._row(fault.name, fault.says, lambda: self._endure(fault, seconds))

    def kill_over_and_over(self, rounds: int, tell: Callable[[], None]) -> Row:
        """The row of so many times `kill -9`, of all hosts side by side; each is told of."""
        hosts = list(self._site.hosts.values())
        numbers, lock = count(1), threading.Lock()

        def next_round() -> int:
            with lock:
                return next(numbers)

        def kill_again(host: Host) -> None:
            while (number := next_round()) <= rounds:
                self._await_answers(host)
                # Other moments each time, spread over what a batch takes.
                time.sleep(number * 37 % 101 / 1_000)
                host.server.kill()
                host.server.start()
                tell()

        def loop() -> tuple[float, float | None]:
            with ThreadPoolExecutor(len(hosts)) as together:
                list(together.map(kill_again, hosts))
            return time.monotonic(), None

        says = (
            f"{rounds:,} times in all, each of the three hosts is killed while it answers, and started again."
        )
        return self._row(f"{KILL_LOOP}, {rounds:,} rounds", says, loop)

    def _row(self, name: str, says: str, endure: Callable[[], tuple[float, float | None]]) -> Row:
        began = time.monotonic()
        mended, taken_over = endure()
        recovered = self._all_served(mended, GIVE_UP_SECONDS)
        time.sleep(_SETTLE_SECONDS)
        over = time.monotonic()
        answered = self._evidence.answered_between(began, over)
        licensed, reasons = self._evidence.licensed_between(began, over)
        return Row(
            fault=name,
            says=says,
            lasted=round(mended - began, 1),
            answered=len(answered),
            unanswered=self._evidence.unanswered_between(began, over),
            lost=len(lost(self._site, answered)),
            licensed=licensed,
            reasons=dict(reasons),
            machines=self._machines,
            taken_over=taken_over,
            recovered=recovered,
        )

    def _endure(self, fault: Fault, seconds: float) -> tuple[float, float | None]:
        """When the fault was mended, and how long after its beginning all were served in spite of it."""
        began = time.monotonic()
        fault.strike(self._site)
        taken_over = self._all_served(time.monotonic(), seconds, since=began)
        fault.mend(self._site)
        return time.monotonic(), taken_over

    def _all_served(self, instant: float, seconds: float, *, since: float | None = None) -> float | None:
        """How long after `since` every machine had a lease that it got after `instant`; None: not in so many seconds."""
        end = time.monotonic() + seconds
        with self._evidence.news:
            while self._evidence.served_since(instant) < self._machines:
                if not self._evidence.news.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    return None
        return round(time.monotonic() - (instant if since is None else since), 1)

    def _await_answers(self, host: Host) -> None:
        began, end = time.monotonic(), time.monotonic() + GIVE_UP_SECONDS
        with self._evidence.news:
            while self._evidence.answers_of(host.name, began) < _ANSWERS_A_ROUND:
                if not self._evidence.news.wait(1) and time.monotonic() > end:
                    raise AssertionError(f"{host.name} answers nobody")
