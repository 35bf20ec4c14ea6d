"""Gathers a check's facts over two ports: one asks the DNS, one connects. What they mean is not judged here.

1. `_vlmcs._tcp` and `_tenure._tcp` of each domain.
2. Where there is no record: is the domain there, and has the one above a record?
3. The addresses of every target.
4. A connect that sends nothing to every address of a `_vlmcs._tcp` target: on the record's port and, where that is
   another one, on 1688.

The zone is somebody else's text, and every record in it makes us knock somewhere: the numbers are bounded.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from tenure.microsoft.check_domain import TENURE_SERVICE, parent, service_name
from tenure.microsoft.check_facts import CheckFacts, DomainFacts
from tenure.microsoft.check_record import KMS_PORT, is_connectable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tenure.core.network import AddressAnswer, Connection, SrvAnswer
    from tenure.microsoft.check_facts import Endpoint

MAX_RECORDS: Final = 32
"""Records of a domain that are looked at; a host key is good for six hosts (kms-facts, section 3)."""
MAX_ADDRESSES: Final = 8
"""Addresses of a target that are looked at."""
_AT_ONCE: Final = 16
"""Questions or connects at the same time."""

T = TypeVar("T")
R = TypeVar("R")


class Resolver(Protocol):
    """Asks the DNS; usable from many threads."""

    def srv(self, name: str) -> SrvAnswer:
        """The SRV records of a whole name."""

    def addresses(self, name: str) -> AddressAnswer:
        """The IP addresses of a whole name."""

    def exists(self, name: str) -> bool | None:
        """Whether the DNS knows a name; None where it did not answer."""


class Probe(Protocol):
    """Connects and sends nothing; usable from many threads."""

    def connect(self, address: str, port: int) -> Connection:
        """How the connect ended."""


def gather(
    domains: Sequence[str],
    *,
    suffixes: tuple[str, ...],
    resolver: Resolver,
    probe: Probe,
    tell: Callable[[str], None],
) -> CheckFacts:
    """What there is to see of the domains; without any, of this machine's suffixes.

    `tell` hears what is being done, for people who wait.
    """
    looked_at = tuple(dict.fromkeys(domains or suffixes))
    tell(f"Asking the DNS about {len(looked_at)} domain(s)")
    with _many() as each:
        found = each(lambda domain: _domain(domain, resolver), looked_at)
        targets = _targets(found)
        tell(f"Looking up {len(targets)} target(s)")
        addresses = each(lambda target: _first(resolver.addresses(target)), targets)
        known = dict(zip(targets, addresses, strict=True))
        endpoints = _endpoints(found, known)
        tell(f"Connecting to {len(endpoints)} port(s); nothing is sent")
        connections = each(lambda endpoint: probe.connect(*endpoint), endpoints)
    return CheckFacts(
        domains=tuple(found),
        targets=known,
        connections=dict(zip(endpoints, connections, strict=True)),
        suffixes=suffixes,
        named=bool(domains),
    )


def _domain(domain: str, resolver: Resolver) -> DomainFacts:
    vlmcs = resolver.srv(service_name(domain))
    left_out = len(vlmcs.records) - MAX_RECORDS
    # A DNS that is silent is not asked again: every question would take its whole time.
    tenure_name = f"{TENURE_SERVICE}.{domain}"
    answered = vlmcs.outcome.is_answer
    tenure = resolver.srv(tenure_name) if answered else replace(vlmcs, name=tenure_name, records=())
    facts = DomainFacts(
        domain,
        vlmcs=replace(vlmcs, records=vlmcs.records[:MAX_RECORDS]),
        tenure=replace(tenure, records=tenure.records[:MAX_RECORDS]),
        left_out=max(left_out, 0),
    )
    if vlmcs.records or not answered:
        return facts
    above = parent(domain)
    return replace(
        facts,
        exists=resolver.exists(domain),
        above=resolver.srv(service_name(above)) if above is not None else None,
    )


def _first(answer: AddressAnswer) -> AddressAnswer:
    return replace(answer, addresses=answer.addresses[:MAX_ADDRESSES])


def _targets(found: Iterable[DomainFacts]) -> list[str]:
    """Every name that a record points at, once. A domain's Tenure hosts matter only beside a record of its own."""
    names = [
        record.target
        for domain in found
        if domain.vlmcs.records
        for record in (*domain.vlmcs.records, *domain.tenure.records)
    ]
    return [name for name in dict.fromkeys(names) if name != "."]


def _endpoints(found: Iterable[DomainFacts], known: dict[str, AddressAnswer]) -> list[Endpoint]:
    return list(
        dict.fromkeys(
            (address, port)
            for domain in found
            for record in domain.vlmcs.records
            if record.target in known
            for address in known[record.target].addresses
            if is_connectable(address)
            for port in (record.port, KMS_PORT)
            if port != 0
        )
    )


class _Each(Protocol):
    def __call__(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]: ...


@contextmanager
def _many() -> Iterator[_Each]:
    """A map over threads; what waits is dropped when the administrator stops it."""
    threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="check")

    def each(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        return list(threads.map(work, items))

    try:
        yield each
    finally:
        threads.shutdown(cancel_futures=True)
