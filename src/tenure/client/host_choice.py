"""Which hosts a machine asks, in which order, and which one it remembers.

Hosts that an administrator set are asked in their order, and no others. Else the DNS is asked, each time, and the host
that answered last (the found host) goes by these rules (ADR 0009):

    the DNS                                    the machine asks
    names it among others of its priority      it, then the others
    names others, of no better priority        it, then the others: a record may vanish before its host does
    names others of a better priority, or in   those, then it, then the rest
    a domain that comes earlier
    names nobody, or is silent                 it alone
    whatever, host caching being off           what the DNS names, by its order alone

A found host that failed (no answer, 5xx, what cannot be trusted) while the DNS named others is forgotten; a refusal
is an answer. One from a domain in which the machine looks no more does not count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenure.client.discovery import discover
from tenure.core.errors import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenure.client.discovery import Dns
    from tenure.client.host_address import HostAddress
    from tenure.client.state import FoundHost, Machine
    from tenure.core.errors import TenureError


@dataclass(frozen=True, slots=True)
class Choice:
    """The hosts to ask, in this order."""

    hosts: tuple[HostAddress, ...]
    found: tuple[FoundHost, ...] = ()
    """The same where DNS is how they are known; empty: an administrator set them."""
    failure: Unavailable | None = None
    """Why the DNS named nobody, so that only the host that answered last is left."""

    def found_as(self, host: HostAddress) -> FoundHost | None:
        """How the host was found; None: it was set."""
        return next((one for one in self.found if one.host == host), None)


def hosts_to_ask(machine: Machine, dns: Dns, draw: Callable[[], float], *, domain: str = "") -> Choice:
    """The hosts to ask now; with a `domain`, those that the DNS names there, whatever is set.

    Raises:
        As `discover`, when no host is set and none answered before.
    """
    if machine.hosts and not domain:
        return Choice(machine.hosts)
    domains = _domains(machine, dns, domain)
    last = machine.found_host if machine.host_caching else None
    if last is not None and last.domain not in domains:
        last = None
    try:
        found = discover(domains, label=machine.srv_label, dns=dns, draw=draw)
    except Unavailable as failure:
        if last is None:
            raise
        return Choice((last.host,), (last,), failure)
    if last is not None:
        found = _preferring(last, found, domains)
    return Choice(tuple(one.host for one in found), found)


def answered(machine: Machine, choice: Choice, host: HostAddress) -> Machine:
    """The machine that remembers the host which answered, if it was found and host caching is on."""
    found = choice.found_as(host)
    if found is None or not machine.host_caching:
        return machine
    return replace(machine, found_host=found)


def failed(machine: Machine, choice: Choice, host: HostAddress, error: TenureError) -> Machine:
    """The machine that forgets its found host, if that is the one which failed and the DNS named others."""
    last = machine.found_host
    if last is None or last.host != host or choice.failure is not None or isinstance(error, Refused):
        return machine
    return replace(machine, found_host=None)


def _domains(machine: Machine, dns: Dns, domain: str) -> Sequence[str]:
    """Where to look: the domain that was named, else the one that is set, else the machine's own."""
    chosen = domain or machine.lookup_domain
    return (chosen,) if chosen else dns.own_domains()


def _preferring(last: FoundHost, found: Sequence[FoundHost], domains: Sequence[str]) -> tuple[FoundHost, ...]:
    """What was found, the host that answered last before all that is no better than it."""
    # What its record says now counts; what it said once, where it has none any more.
    last = next((one for one in found if one.host == last.host), last)

    def rank(one: FoundHost) -> tuple[int, int]:
        return domains.index(one.domain), one.priority

    others = [one for one in found if one.host != last.host]
    better = [one for one in others if rank(one) < rank(last)]
    return (*better, last, *(one for one in others if one not in better))
