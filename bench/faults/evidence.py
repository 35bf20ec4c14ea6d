"""What machines and products saw, and whether the databases still know what was answered."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from faults.site import SHARED
from tenure.adapters.os.home import Home

if TYPE_CHECKING:
    import subprocess

    from faults.site import Site

ANSWERED: Final = (200, 202)
_RECORDED: Final = "SELECT request_id FROM request_log"


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that a host answered with a lease, or with the word that it is recorded."""

    at: float
    host: str
    """Its name."""
    request: str


@dataclass
class Evidence:
    """All that was seen so far; every method may be called from any thread. Times are of the monotonic clock."""

    names: dict[str, str]
    """The name of each host, by its id and by its URL."""
    answered: list[Answered] = field(default_factory=list)
    unanswered: list[float] = field(default_factory=list)
    leases: dict[str, float] = field(default_factory=dict)
    """When each machine of the fleet got its newest lease."""
    words: dict[str, str] = field(default_factory=dict)
    """What each machine's agent said last beside that."""
    products: list[tuple[float, float, int, list[str]]] = field(default_factory=list)
    """From when to when how many products were licensed by the library's answer to them, and the others' reasons."""

    def __post_init__(self) -> None:
        """Nothing was seen yet."""
        self.news = threading.Condition()

    def hear(self, process: subprocess.Popen[str]) -> None:
        """What a process of machines says is evidence, until it ends."""
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            with self.news:
                self._take(said)
                self.news.notify_all()

    def served_since(self, instant: float) -> int:
        """Machines of the fleet that got a lease after this instant."""
        with self.news:
            return sum(at > instant for at in self.leases.values())

    def words_of_unserved(self, machines: int) -> str:
        """What those agents said last that have no lease yet."""
        with self.news:
            names = {str(number) for number in range(machines)} - self.leases.keys()
            return "; ".join(f"{name}: {self.words.get(name, 'nothing')}" for name in sorted(names))

    def answers_of(self, host: str, since: float) -> int:
        """What a host answered after this instant, as far as the newest answers tell."""
        with self.news:
            return sum(one.host == host and one.at > since for one in self.answered[-400:])

    def licensed_between(self, since: float, until: float) -> tuple[int, Counter[str]]:
        """The fewest products that were licensed at the same time, and the reasons of those that were not at any."""
        with self.news:
            seen = [told[2:] for told in self.products if since <= told[0] and told[1] <= until]
        return min((number for number, _ in seen), default=0), Counter(r for _, rs in seen for r in rs)

    def answered_between(self, since: float, until: float) -> list[Answered]:
        """What hosts answered in this time."""
        with self.news:
            return [one for one in self.answered if since <= one.at <= until]

    def unanswered_between(self, since: float, until: float) -> int:
        """Requests that got no answer in this time, or another than that they are recorded."""
        with self.news:
            return sum(since <= at <= until for at in self.unanswered)

    def _take(self, said: dict[str, Any]) -> None:
        at = float(said["at"])
        match said["kind"]:
            case "lease":
                machine, host, request = (str(said[name]) for name in ("machine", "host", "request"))
                self.leases[machine] = at
                self.answered.append(Answered(at, self.names[host], request))
            case "words":
                self.words[str(said["machine"])] = str(said["text"])
            case "answer" if said["status"] in ANSWERED:
                self.answered.append(Answered(at, self.names[str(said["host"])], str(said["request"])))
            case "answer":
                self.unanswered.append(at)
            case _:
                self.products.append((float(said["since"]), at, said["licensed"], said["others"]))


def lost(site: Site, answered: list[Answered]) -> list[Answered]:
    """What a host answered and no database knows: nobody asks the hosts, their databases are read."""
    shared = {UUID(bytes=row[0]) for row in site.database.execute(_RECORDED, site.database_name)}
    known = dict.fromkeys(SHARED, shared)
    for name in site.hosts.keys() - known.keys():
        with closing(sqlite3.connect(Home(site.hosts[name].home).host_database)) as database:
            known[name] = {UUID(bytes=row[0]) for row in database.execute(_RECORDED)}
    return [one for one in answered if UUID(one.request) not in known[one.host]]
