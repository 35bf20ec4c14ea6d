"""Dynamic updates (RFC 2136), signed with a shared key (RFC 8945), and the server's own word on its zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.update
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.SRV import SRV

from tenure.adapters.dns.resolver import printable_name
from tenure.adapters.dns.update_errors import (
    is_alias,
    no_answer,
    nonsense,
    not_authoritative,
    not_signed,
    refused_query,
    refused_update,
    rejected_key,
)
from tenure.core.network import SrvRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.adapters.dns.server import DnsServer
    from tenure.adapters.dns.tsig_key import TsigKey
    from tenure.host.dns_plan import DnsRecord

SECONDS: Final = 5.0
"""How long one question or update may take, with all its repeats."""
_UDP_TRIES: Final = 2
_FORGED: Final = (dns.tsig.BadSignature, dns.tsig.BadKey, dns.tsig.BadAlgorithm, dns.message.UnknownTSIGKey)
_ANSWERS: Final = {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}


class UpdateServer:
    """A DNS server that knows this host's key. Everything asked of it is signed, and so is what it answers."""

    def __init__(self, server: DnsServer, key: TsigKey, *, seconds: float = SECONDS) -> None:
        """Nothing is asked yet."""
        self._server = server
        self._seconds = seconds
        self._key = dns.tsig.Key(key.name, key.secret, key.algorithm)

    @property
    def text(self) -> str:
        """`ADDRESS:PORT`."""
        return self._server.text

    def zone_of(self, name: str) -> str:
        """The zone in which a name stands: its SOA is in the answer, or beside one that says no."""
        asked = dns.name.from_text(name)
        answer = self._query(asked, dns.rdatatype.SOA)
        if any(rrset.rdtype == dns.rdatatype.CNAME for rrset in answer.answer):
            raise is_alias(name, self._server)
        for rrset in (*answer.answer, *answer.authority):
            if rrset.rdtype == dns.rdatatype.SOA and asked.is_subdomain(rrset.name):
                return printable_name(rrset.name)
        raise not_authoritative(name, self._server)

    def update(self, zone: str, *, remove: Sequence[DnsRecord], add: Sequence[DnsRecord]) -> None:
        """The zone holds what is to be added, and not what is to be removed."""
        message = dns.update.UpdateMessage(f"{zone}.")
        for record in remove:
            message.delete(f"{record.name}.", record.type, record.data)
        for record in add:
            message.add(f"{record.name}.", record.ttl, record.type, record.data)
        code = self._ask(message).rcode()
        if code != dns.rcode.NOERROR:
            raise refused_update(zone, code, self._server, printable_name(self._key.name))

    def services(self, name: str) -> tuple[SrvRecord, ...]:
        """All SRV records of a name, by priority, weight and target."""
        rrset = self._rrset(name, dns.rdatatype.SRV)
        if rrset is None:
            return ()
        ttl = int(rrset.ttl)
        found = [
            SrvRecord(r.priority, r.weight, r.port, printable_name(r.target), ttl)
            for r in rrset
            if isinstance(r, SRV)
        ]
        return tuple(sorted(found, key=lambda r: (r.priority, -r.weight, r.target, r.port)))

    def addresses(self, name: str) -> tuple[str, ...]:
        """All IP addresses of a name."""
        found = [
            record.address
            for kind in (dns.rdatatype.A, dns.rdatatype.AAAA)
            for record in self._rrset(name, kind) or ()
            if isinstance(record, A | AAAA)
        ]
        return tuple(sorted(found))

    def _rrset(self, name: str, kind: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
        asked = dns.name.from_text(name)
        answer = self._query(asked, kind)
        return next((r for r in answer.answer if r.name == asked and r.rdtype == kind), None)

    def _query(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message:
        """The answer of a server that speaks for the zone itself (RFC 1035, section 4.1.1: AA)."""
        question = dns.message.make_query(name, kind, flags=dns.flags.Flag(0))
        answer = self._ask(question)
        if answer.rcode() not in _ANSWERS:
            raise refused_query(printable_name(name), answer.rcode(), self._server)
        if not answer.flags & dns.flags.AA:
            raise not_authoritative(printable_name(name), self._server)
        return answer

    def _ask(self, message: dns.message.Message) -> dns.message.Message:
        """The server's answer, which the key signed: a refusal as well as a success (RFC 8945, section 5.3)."""
        message.use_tsig({self._key.name: self._key}, algorithm=self._key.algorithm)
        try:
            answer = self._exchange(message)
        except (dns.tsig.PeerError, dns.tsig.BadTime) as error:
            raise rejected_key(error, self._server, printable_name(self._key.name)) from error
        except _FORGED as error:
            raise not_signed(self._server) from error
        except (dns.exception.Timeout, OSError, EOFError) as error:
            raise no_answer(error, self._server) from error
        except dns.exception.DNSException as error:
            # dnspython 2.9 complains of a missing signature here, older ones below.
            raise (not_signed if "TSIG" in str(error) else nonsense)(self._server) from error
        if not answer.had_tsig:
            raise not_signed(self._server)
        return answer

    def _exchange(self, message: dns.message.Message) -> dns.message.Message:
        """UDP, again, and then TCP: for an answer that does not fit, and for networks that let only TCP through."""
        address, port = self._server.address, self._server.port
        part = self._seconds / (_UDP_TRIES + 1)
        for _ in range(_UDP_TRIES):
            try:
                return dns.query.udp(
                    message, address, part, port, ignore_unexpected=True, raise_on_truncation=True
                )
            except dns.message.Truncated:
                break
            except (dns.exception.Timeout, OSError):
                continue
        return dns.query.tcp(message, address, part, port)
