"""Wires `tenure microsoft check`: the DNS and the probe to the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.adapters.dns.resolver import DnsResolver, machine_suffixes
from tenure.adapters.dns.server import parse_dns_server
from tenure.adapters.tcp_probe import TcpProbe
from tenure.core.errors import Code, UsageError
from tenure.microsoft.check_domain import parse_domain
from tenure.microsoft.check_gather import gather
from tenure.microsoft.check_rules import is_answered, is_well, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenure.microsoft.check_facts import CheckFacts
    from tenure.microsoft.check_findings import Finding
    from tenure.microsoft.check_gather import Probe

MAX_DOMAINS: Final = 1000


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was seen and what it means."""

    dns_server: str | None
    """The server that was named; None for this machine's own."""
    facts: CheckFacts
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return is_well(self.findings)

    @property
    def answered(self) -> bool:
        """Whether the DNS said of every domain what it holds."""
        return is_answered(self.facts)


def check(
    typed: Sequence[str],
    *,
    dns_server: str | None,
    seconds: float,
    tell: Callable[[str], None],
    probe: Probe | None = None,
    suffixes: tuple[str, ...] | None = None,
) -> CheckReport:
    """What is wrong on the way from the domains to their KMS hosts.

    `seconds` is how long one connect, and one question to the DNS, may take. `probe` and `suffixes` stand for the
    network's and this machine's own.

    Raises:
        UsageError: code `invalid_argument`: a domain or the server is none, or there are too many.
        Unavailable: code `dns_unavailable`: no server was named and this machine knows none.
    """
    if len(typed) > MAX_DOMAINS:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{len(typed)} domains are too many for one run.",
            f"Name at most {MAX_DOMAINS}.",
        )
    domains = [parse_domain(text) for text in typed]
    server = parse_dns_server(dns_server) if dns_server is not None else None
    facts = gather(
        domains,
        suffixes=machine_suffixes() if suffixes is None else suffixes,
        resolver=DnsResolver(server, seconds=seconds),
        probe=probe or TcpProbe(seconds=seconds),
        tell=tell,
    )
    return CheckReport(server.text if server is not None else None, facts, judge(facts))
