"""What a check saw, before anybody judges it (`check_rules` does)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenure.core.network import (
    NOT_TRIED,
    AddressAnswer,
    Connection,
    ConnectOutcome,
    SrvAnswer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Endpoint = tuple[str, int]
"""An IP address and a TCP port."""


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """One domain's DNS."""

    domain: str
    vlmcs: SrvAnswer
    """At most `check_gather.MAX_RECORDS` records."""
    tenure: SrvAnswer
    """The domain's Tenure hosts."""
    left_out: int = 0
    """Records that were not looked at, because there are too many."""
    exists: bool | None = None
    """Whether the domain itself is there; asked only where it has no record."""
    above: SrvAnswer | None = None
    """What the parent domain has; asked only where the domain has no record."""


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """Everything that one run saw."""

    domains: tuple[DomainFacts, ...]
    targets: Mapping[str, AddressAnswer] = field(default_factory=dict)
    """Of every target that a record names."""
    connections: Mapping[Endpoint, Connection] = field(default_factory=dict)
    suffixes: tuple[str, ...] = ()
    """The DNS suffixes in which this machine looks."""
    named: bool = True
    """Whether the administrator named the domains; else they are this machine's suffixes."""

    def addresses(self, target: str) -> tuple[str, ...]:
        """The addresses of a record's target."""
        answer = self.targets.get(target)
        return answer.addresses if answer is not None else ()

    def connection(self, address: str, port: int) -> Connection:
        """How the connect to an address ended; `NOT_TRIED` where there was none."""
        return self.connections.get((address, port), NOT_TRIED)

    def is_open(self, target: str, port: int) -> bool:
        """Whether any address of a target answers on a port."""
        return any(
            self.connection(address, port).outcome is ConnectOutcome.OPEN
            for address in self.addresses(target)
        )
