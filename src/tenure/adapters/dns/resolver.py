"""SRV records and addresses, asked with dnspython."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import dns.exception
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver
import dns.rrset
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.SRV import SRV

from tenure.core.errors import Code, Unavailable
from tenure.core.network import AddressAnswer, DnsOutcome, SrvAnswer, SrvRecord

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tenure.adapters.dns.server import DnsServer

SECONDS: Final = 5.0
"""How long one question may take, with all its repeats; Windows gives up after about as long."""
_TRY: Final = 2.0
"""Seconds until a question is repeated."""
_EDNS_PAYLOAD: Final = 1232
"""Bytes of an answer over UDP that no network cuts up (DNS flag day 2020); a longer one comes over TCP."""


@dataclass(frozen=True, slots=True)
class _Told:
    outcome: DnsOutcome
    rrset: dns.rrset.RRset | None = None
    canonical: dns.name.Name | None = None
    detail: str = ""


class DnsResolver:
    """Asks the servers that this machine is set up with, or one that is named. Usable from many threads."""

    def __init__(
        self, server: DnsServer | None = None, *, seconds: float = SECONDS, file: Path | None = None
    ) -> None:
        """`seconds` is how long one question may take; `file` stands for /etc/resolv.conf.

        Raises:
            Unavailable: code `dns_unavailable`, when no server is named and this machine knows none.
        """
        asking = dns.resolver.Resolver(configure=False)
        if server is None and not _configure(asking, file):
            raise Unavailable(
                Code.DNS_UNAVAILABLE,
                "This machine is set up with no DNS server.",
                "Name one with --dns-server ADDRESS, or set the machine's own.",
            )
        if server is not None:
            asking.nameservers = [server.address]
            asking.port = server.port
        asking.use_edns(0, payload=_EDNS_PAYLOAD)
        asking.timeout = min(_TRY, seconds)
        asking.lifetime = seconds
        self._asking = asking

    def srv(self, name: str) -> SrvAnswer:
        """The SRV records of a whole name, such as `_vlmcs._tcp.example.com`; no suffix is added to it."""
        began = time.perf_counter()
        told = self._ask(name, dns.rdatatype.SRV)
        took = (time.perf_counter() - began) * 1000
        found = [r for r in told.rrset or () if isinstance(r, SRV)]
        ttl = int(told.rrset.ttl) if told.rrset is not None else 0
        records = [SrvRecord(r.priority, r.weight, r.port, printable_name(r.target), ttl) for r in found]
        records.sort(key=lambda r: (r.priority, -r.weight, r.target, r.port))
        return SrvAnswer(name, told.outcome, tuple(records), told.detail, took)

    def addresses(self, name: str) -> AddressAnswer:
        """The IPv4 and IPv6 addresses of a whole name; found if there is one of either."""
        four = self._ask(name, dns.rdatatype.A)
        # What does not exist has no IPv6 address either, and a server that is silent is asked once.
        ends = {DnsOutcome.NO_NAME, DnsOutcome.NO_ANSWER, DnsOutcome.MALFORMED}
        six = four if four.outcome in ends else self._ask(name, dns.rdatatype.AAAA)
        addresses = [r.address for r in four.rrset or () if isinstance(r, A)]
        addresses.sort(key=lambda a: tuple(map(int, a.split("."))))
        addresses += sorted(r.address for r in six.rrset or () if isinstance(r, AAAA))
        failed = next((told for told in (four, six) if not told.outcome.is_answer), None)
        told = four if four.outcome is DnsOutcome.FOUND else six
        if not addresses and failed is not None:
            told = failed
        asked = dns.name.from_text(name) if told.canonical is not None else None
        alias = None if told.canonical in {None, asked} else printable_name(told.canonical or dns.name.root)
        return AddressAnswer(name, told.outcome, tuple(addresses), alias, told.detail)

    def exists(self, name: str) -> bool | None:
        """Whether the DNS knows a name, whatever it holds; None where it did not answer."""
        outcome = self._ask(name, dns.rdatatype.SOA).outcome
        return outcome is not DnsOutcome.NO_NAME if outcome.is_answer else None

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> _Told:
        try:
            answer = self._asking.resolve(
                dns.name.from_text(name), kind, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN as error:
            return _Told(DnsOutcome.NO_NAME, canonical=error.canonical_name)
        except (dns.resolver.NoNameservers, dns.resolver.LifetimeTimeout) as error:
            return _failure(error)
        except (dns.exception.DNSException, UnicodeError) as error:
            return _Told(DnsOutcome.MALFORMED, detail=str(error)[:200])
        if answer.rrset is None:
            return _Told(DnsOutcome.NO_RECORDS, canonical=answer.canonical_name)
        return _Told(DnsOutcome.FOUND, answer.rrset, answer.canonical_name)


def machine_suffixes(file: Path | None = None) -> tuple[str, ...]:
    """The DNS suffixes in which this machine looks, the first one first; none where it has none.

    `file` stands for /etc/resolv.conf; on Windows the registry is read instead.
    """
    known = _known(file)
    return _texts(known.search or [known.domain])


def machine_domains(file: Path | None = None) -> tuple[str, ...]:
    """This machine's own domain, by its host name or what the system is set to, then its search list.

    `file` as for `machine_suffixes`.
    """
    known = _known(file)
    return _texts([known.domain, *known.search])


def _known(file: Path | None) -> dns.resolver.Resolver:
    known = dns.resolver.Resolver(configure=False)
    _configure(known, file)
    return known


def _texts(names: Iterable[dns.name.Name]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(printable_name(name) for name in names if name != dns.name.root and len(name)))


def _configure(asking: dns.resolver.Resolver, file: Path | None) -> bool:
    """Servers and suffixes are this machine's own; whether there is a server. What cannot be read is left out."""
    try:
        if sys.platform == "win32":
            asking.read_registry()
        else:
            asking.read_resolv_conf(str(file or "/etc/resolv.conf"))
    except (dns.exception.DNSException, ValueError):
        # No server, a server that is no address, a suffix that is no name, or no text at all.
        return False
    return True


def printable_name(name: dns.name.Name) -> str:
    """Lower case, no final dot; what is no letter of a host name comes escaped, so it is safe to print."""
    return name.canonicalize().to_text(omit_final_dot=True)


def _failure(error: dns.exception.DNSException) -> _Told:
    """The most telling reason among those of all servers and tries."""
    reasons = [(reason, response) for _, _, _, reason, response in error.kwargs.get("errors", ())]
    codes = [reason for reason, response in reasons if response is not None and isinstance(reason, str)]
    if "SERVFAIL" in codes:
        return _Told(DnsOutcome.SERVER_FAILED, detail="the DNS server answered SERVFAIL")
    if "REFUSED" in codes:
        return _Told(DnsOutcome.REFUSED, detail="the DNS server answered REFUSED")
    if codes:
        return _Told(DnsOutcome.SERVER_FAILED, detail=f"the DNS server answered {codes[0]}")
    if any(isinstance(reason, dns.message.ChainTooLong) for reason, _ in reasons):
        return _Told(DnsOutcome.MALFORMED, detail="the aliases (CNAME) lead in a circle")
    broken = next((r for r, _ in reasons if isinstance(r, dns.exception.FormError | EOFError)), None)
    if broken is not None:
        return _Told(DnsOutcome.MALFORMED, detail="what came back was no DNS answer to the question")
    system = next((r.strerror for r, _ in reasons if isinstance(r, OSError) and r.strerror), None)
    return _Told(DnsOutcome.NO_ANSWER, detail=system or "no DNS server answered in time")
