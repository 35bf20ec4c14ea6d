"""What a DNS server's refusals mean to an administrator: cause and cure of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import dns.rcode
import dns.tsig

from tenure.core.errors import Code, Refused, Unavailable, Untrusted

if TYPE_CHECKING:
    from tenure.adapters.dns.server import DnsServer
    from tenure.core.errors import TenureError

_BY_HAND: Final = "Or enter the record by hand: --print shows it."
_CHANGED: Final = ("the zone changed in the meantime", "Run it again.")
_UPDATE: Final = {
    dns.rcode.REFUSED: (
        "it refuses: the zone takes no dynamic updates, or none of these names from this key",
        "Allow it in the zone (BIND: update-policy; --print shows the line) and reload the server. "
        + _BY_HAND,
    ),
    dns.rcode.NOTAUTH: (
        "it is not the primary server of the zone",
        "Name the primary (`dig SOA ZONE` shows it) with --server.",
    ),
    dns.rcode.NOTZONE: ("a name lies outside of the zone", "Name the zone in which the target lies."),
    dns.rcode.FORMERR: ("it does not understand updates", f"Name another server. {_BY_HAND}"),
    dns.rcode.NOTIMP: ("it knows no updates", f"Name another server. {_BY_HAND}"),
    dns.rcode.NXRRSET: _CHANGED,
    dns.rcode.YXRRSET: _CHANGED,
    dns.rcode.NXDOMAIN: _CHANGED,
    dns.rcode.YXDOMAIN: _CHANGED,
}
"""Response codes of updates (RFC 2136, section 2.2) but for SERVFAIL, which is the server's own trouble."""

_PEER: Final[dict[type[Exception], tuple[str, str]]] = {
    dns.tsig.PeerBadKey: (
        "does not know a key of this name and algorithm",
        "Give the server the very key statement of the file that --tsig-key names, and reload it (BIND: rndc reconfig).",
    ),
    dns.tsig.PeerBadSignature: (
        "has another secret under this name",
        "Copy the key file again: both sides need the same one.",
    ),
    dns.tsig.PeerBadTime: (
        "has a clock that is over five minutes from this machine's",
        "Set both clocks by NTP.",
    ),
    dns.tsig.BadTime: (
        "has a clock that is over five minutes from this machine's",
        "Set both clocks by NTP.",
    ),
}
"""What keeps a signature from being accepted (RFC 8945, section 5.2)."""


def refused_update(zone: str, code: dns.rcode.Rcode, server: DnsServer, key: str) -> TenureError:
    """The server answered an update with a code that is not NOERROR."""
    name = dns.rcode.to_text(code)
    if code not in _UPDATE:
        return Unavailable(
            Code.DNS_UPDATE_FAILED,
            f"The DNS server {server.text} could not update {zone} ({name}).",
            "Look at its log: the zone may be frozen (BIND: rndc thaw), or its journal cannot be written.",
        )
    why, cure = _UPDATE[code]
    detail = f"The DNS server {server.text} does not update {zone} with the key {key!r} ({name}): {why}."
    return Refused(Code.DNS_UPDATE_FAILED, detail, cure)


def refused_query(name: str, code: dns.rcode.Rcode, server: DnsServer) -> TenureError:
    """The server does not even say what it holds."""
    kind = Refused if code in {dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.NOTIMP} else Unavailable
    return kind(
        Code.DNS_UPDATE_FAILED,
        f"The DNS server {server.text} does not answer for {name} ({dns.rcode.to_text(code)}).",
        "Check the spelling of --zone, and name the zone's primary server with --server; then look at its log.",
    )


def not_authoritative(name: str, server: DnsServer) -> Refused:
    """The server only passes on what others say of the name."""
    return Refused(
        Code.DNS_UPDATE_FAILED,
        f"The DNS server {server.text} holds no zone with {name}.",
        "Check the spelling of --zone, and name the zone's primary server (`dig SOA ZONE` shows it) with --server.",
    )


def is_alias(name: str, server: DnsServer) -> Refused:
    """An update adds nothing to a CNAME, and the server would not even say so (RFC 2136, section 3.4.2.2)."""
    return Refused(
        Code.DNS_UPDATE_FAILED,
        f"At the DNS server {server.text} {name} is an alias (CNAME), beside which no record can stand.",
        "Take the alias out of the zone, or publish where it leads.",
    )


def rejected_key(error: Exception, server: DnsServer, key: str) -> Refused:
    """The server does not accept what the key signed."""
    why, cure = _PEER.get(
        type(error), ("does not accept its signatures", "Make a new key with tsig-keygen, for both sides.")
    )
    return Refused(
        Code.DNS_KEY_REJECTED, f"The key {key!r} was rejected: the DNS server {server.text} {why}.", cure
    )


def not_signed(server: DnsServer) -> Untrusted:
    """Whoever answered does not have the key."""
    return Untrusted(
        Code.SIGNATURE_INVALID,
        f"An answer in the name of the DNS server {server.text} is not signed by the key, so it is not believed.",
        "A server that knows no TSIG keys (Microsoft's) never signs: enter the records by hand, --print shows them. "
        "Else look for a device between that answers in the server's place.",
    )


def no_answer(error: Exception, server: DnsServer) -> Unavailable:
    """Nobody answered over UDP, nor over TCP."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else "no answer in time"
    return Unavailable(
        Code.DNS_UNAVAILABLE,
        f"The DNS server {server.text} gave no answer: {why}.",
        "Check the address, that the server is up, and that port 53 (UDP and TCP) gets there.",
    )


def nonsense(server: DnsServer) -> Unavailable:
    """What came back was no answer."""
    return Unavailable(
        Code.DNS_UNAVAILABLE,
        f"What {server.text} sent back was no DNS answer to the question.",
        "Is a DNS server listening at this address and port?",
    )
