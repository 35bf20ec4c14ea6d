"""A DNS and a network in memory, for the rules that only look at what came back."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenure.core.network import AddressAnswer, Connection, ConnectOutcome, DnsOutcome, SrvAnswer, SrvRecord

OPEN = Connection(ConnectOutcome.OPEN, 0.4)
REFUSED = Connection(ConnectOutcome.REFUSED, 0.3, "Connection refused")
TIMED_OUT = Connection(ConnectOutcome.TIMED_OUT, 3000.0, "no answer in 3 s")
UNREACHABLE = Connection(ConnectOutcome.UNREACHABLE, 0.1, "Network is unreachable")


def srv(target: str, port: int = 1688, *, priority: int = 0, weight: int = 0) -> SrvRecord:
    """A record of an hour."""
    return SrvRecord(priority, weight, port, target, 3600)


@dataclass
class MemoryDns:
    """Answers from tables; what stands in none of them does not exist."""

    records: dict[str, list[SrvRecord]] = field(default_factory=dict)
    hosts: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    failing: dict[str, DnsOutcome] = field(default_factory=dict)
    """Names that get no answer, and how."""
    names: set[str] = field(default_factory=set)
    """Names that exist with nothing of interest."""
    domains: tuple[str, ...] = ("corp.test",)
    """Where the machine itself looks."""
    asked: list[str] = field(default_factory=list)

    def own_domains(self) -> tuple[str, ...]:
        """The machine's own domain and its search list."""
        return self.domains

    def srv(self, name: str) -> SrvAnswer:
        """The records under a name."""
        self.asked.append(name)
        if name in self.failing:
            return SrvAnswer(name, self.failing[name], detail="it failed")
        found = tuple(self.records.get(name, ()))
        return SrvAnswer(name, DnsOutcome.FOUND if found else DnsOutcome.NO_NAME, found, milliseconds=1.5)

    def addresses(self, name: str) -> AddressAnswer:
        """The addresses of a name, behind one alias at most."""
        self.asked.append(name)
        if name in self.failing:
            return AddressAnswer(name, self.failing[name], detail="it failed")
        alias = self.aliases.get(name)
        found = self.hosts.get(alias or name)
        if found is None:
            return AddressAnswer(name, DnsOutcome.NO_NAME, alias_of=alias)
        return AddressAnswer(name, DnsOutcome.FOUND if found else DnsOutcome.NO_RECORDS, tuple(found), alias)

    def exists(self, name: str) -> bool | None:
        """Whether a name stands in a table, or one below it does."""
        self.asked.append(name)
        if name in self.failing:
            return None
        known = {*self.records, *self.hosts, *self.names}
        return any(other == name or other.endswith(f".{name}") for other in known)


@dataclass
class MemoryNetwork:
    """Ports as a table; what does not stand in it is filtered."""

    ports: dict[tuple[str, int], Connection] = field(default_factory=dict)
    tried: list[tuple[str, int]] = field(default_factory=list)

    def connect(self, address: str, port: int) -> Connection:
        """How the connect ends."""
        self.tried.append((address, port))
        return self.ports.get((address, port), TIMED_OUT)
