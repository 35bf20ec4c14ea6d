"""Finding hosts by DNS: a domain's SRV records name them, `_tenure._tcp.<domain>`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from tenure.client.host_address import parse_host
from tenure.client.srv_order import in_turn
from tenure.client.state import FoundHost
from tenure.core.dns_errors import dns_error
from tenure.core.errors import Code, Unavailable, UsageError
from tenure.core.network import DnsOutcome
from tenure.wire.srv_label import parse_label, service_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenure.client.host_address import HostAddress
    from tenure.core.network import SrvAnswer, SrvRecord

MAX_DOMAINS: Final = 16
"""Domains that are asked; a search list of Windows or glibc has fewer."""
MAX_RECORDS: Final = 64
"""Records of a name that are used, the best priorities first: nobody runs so many hosts in one domain."""
_ROOT: Final = "."
_NO_NAME: Final = re.compile(r"[:/\[\]]")
"""What would make a name of the DNS, where anything may stand, a URL or a port."""
_NAME_IT: Final = "name the domain (tenure client activate --domain DOMAIN), or set the host: tenure client set-host HOST[:PORT]."
_PUBLISH: Final = f"Have the host publish itself (tenure host publish-dns), {_NAME_IT}"


class Dns(Protocol):
    """The DNS, of this machine or of a server that was named; usable from many threads."""

    def srv(self, name: str) -> SrvAnswer:
        """The SRV records of a whole name.

        Raises:
            Unavailable: code `dns_unavailable`, when this machine knows no server to ask.
        """
        ...

    def own_domains(self) -> Sequence[str]:
        """The domains in which this machine looks: its own first, then its search list."""
        ...


def discover(
    domains: Sequence[str], *, label: str, dns: Dns, draw: Callable[[], float]
) -> tuple[FoundHost, ...]:
    """The hosts of the first domain that names any, in the order in which they are tried (RFC 2782).

    A domain without a usable record is passed over. A DNS that is silent ends the search: what is asked next would
    go to the same servers.

    Raises:
        UsageError, Refused: as `parse_label`.
        Unavailable: `dns_no_suffix` (no domain, nothing was asked), `dns_no_record`, `dns_unavailable`.
    """
    label = parse_label(label)
    if not domains:
        raise _no_domain()
    failures: list[Unavailable] = []
    for domain in domains[:MAX_DOMAINS]:
        answer = dns.srv(service_name(label, domain))
        found = _hosts(answer, domain, draw)
        if found:
            return found
        failures.append(dns_error(answer, publish=_PUBLISH) or _nothing_usable(answer))
        if answer.outcome is DnsOutcome.NO_ANSWER:
            break
    raise _not_found(failures)


def _hosts(answer: SrvAnswer, domain: str, draw: Callable[[], float]) -> tuple[FoundHost, ...]:
    records = sorted(answer.records, key=lambda record: record.priority)[:MAX_RECORDS]
    hosts = {record: host for record in records if (host := _host(record)) is not None}
    found: dict[HostAddress, FoundHost] = {}
    for record in in_turn(hosts, draw):
        host = hosts[record]
        # A host that is named twice has its first turn.
        found.setdefault(host, FoundHost(host=host, domain=domain, priority=record.priority))
    return tuple(found.values())


def _host(record: SrvRecord) -> HostAddress | None:
    """Where a record leads; None where nobody can be asked: the root, port 0, what is no name of a host.

    A record names no scheme, so a host that was found is asked as one that was set without any (design, section 5).
    """
    if _NO_NAME.search(record.target):
        return None
    try:
        return parse_host(f"{record.target}:{record.port}")
    except UsageError:
        return None


def _no_domain() -> Unavailable:
    """There is no name to ask for."""
    return Unavailable(
        Code.DNS_NO_SUFFIX,
        "This machine has no DNS suffix, so it does not know in which domain to look for hosts.",
        f"Set its primary DNS suffix or a search list (Linux: `search` in /etc/resolv.conf), {_NAME_IT}",
        "0x8007007B",
    )


def _nothing_usable(answer: SrvAnswer) -> Unavailable:
    """There are records, and none leads to a host."""
    if all(record.target == _ROOT for record in answer.records):
        return Unavailable(
            Code.DNS_NO_RECORD,
            f"{answer.name} says that there is decidedly no activation host in this domain: its target is the root.",
            f"Somebody published that on purpose (RFC 2782). If it is wrong here, {_NAME_IT}",
            "0x8007251D",
        )
    return Unavailable(
        Code.DNS_NO_RECORD,
        f"{answer.name} names no host that can be asked: {', '.join(r.text for r in answer.records[:3])[:200]}.",
        "Put the record right: its target is the name of a host, its port the one on which that listens.",
        "0x8007251D",
    )


def _not_found(failures: Sequence[Unavailable]) -> Unavailable:
    """The one error that tells why no domain named a host; a DNS that did not answer comes before one without records."""
    if len(failures) == 1:
        return failures[0]
    telling = next((one for one in failures if one.code is Code.DNS_UNAVAILABLE), failures[0])
    detail = " ".join(one.detail for one in failures)
    return Unavailable(telling.code, detail, telling.cure, telling.hresult)
