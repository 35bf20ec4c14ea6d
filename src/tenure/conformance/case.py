"""What a case is: what the host does, step by step, and what the client must make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tenure.conformance.answers import granted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.conformance.answers import Answer
    from tenure.conformance.site import Site


class Outcome(StrEnum):
    """How a client's attempt ended; the exit codes of `tenure client activate` say the same."""

    GRANTED = "granted"
    """A lease was verified and is kept."""
    REFUSED = "refused"
    """A rule says no, or not yet (202)."""
    UNAVAILABLE = "unavailable"
    """No host gave a whole answer that makes sense."""
    UNTRUSTED = "untrusted"
    """What came does not verify."""


EXIT_CODES: Final = {
    Outcome.GRANTED: 0,
    Outcome.REFUSED: 3,
    Outcome.UNAVAILABLE: 4,
    Outcome.UNTRUSTED: 5,
}
"""How a client that is a command says it."""

_IN_WORDS: Final = {
    Outcome.GRANTED: "takes the lease",
    Outcome.REFUSED: "tells that it is refused",
    Outcome.UNAVAILABLE: "tells that there is no answer",
    Outcome.UNTRUSTED: "refuses what came",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of the client: it asks once, and keeps what it keeps."""

    answer: Answer
    outcome: Outcome
    licensed: bool
    """Whether the client's license status is `licensed` afterwards."""
    arrange: Callable[[Site], None] = lambda _site: None
    """What happened at publisher and host since the step before."""

    @property
    def expected(self) -> str:
        """What a client does that does right."""
        licensed = "licensed" if self.licensed else "not licensed"
        return f"{_IN_WORDS[self.outcome]} (exit {EXIT_CODES[self.outcome]}), {licensed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Steps with one client, whose state is empty at first."""

    name: str
    host: str
    """What the host does, to be read after "the host"."""
    why: str
    """The rule, in a sentence."""
    steps: tuple[Step, ...]

    @property
    def expected(self) -> str:
        """What a client does that does right, step after step."""
        told = []
        number = 1
        for words, same in groupby(step.expected for step in self.steps):
            steps = len(list(same))
            numbers = f"{number}" if steps == 1 else f"{number}-{number + steps - 1}"
            told.append(f"{numbers}: {words}")
            number += steps
        return "; ".join(told)


GOOD: Final = Step(answer=granted(), outcome=Outcome.GRANTED, licensed=True)


def rejected(name: str, host: str, why: str, answer: Answer, outcome: Outcome = Outcome.UNTRUSTED) -> Case:
    """A client that has nothing gets nothing, takes the next good answer, and then keeps what it has."""
    first = Step(answer=answer, outcome=outcome, licensed=False)
    return Case(name=name, host=host, why=why, steps=(first, GOOD, replace(first, licensed=True)))


def accepted(name: str, host: str, why: str, answer: Answer) -> Case:
    """A client takes it the first time, and when it renews."""
    taken = replace(GOOD, answer=answer)
    return Case(name=name, host=host, why=why, steps=(taken, taken))
