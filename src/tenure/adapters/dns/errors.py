"""Answers of the DNS that a use case cannot go on with, as errors with a cure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Unavailable
from tenure.core.network import DnsOutcome

if TYPE_CHECKING:
    from tenure.core.network import AddressAnswer, SrvAnswer

_SILENT: Final = (
    "Check that the DNS server is up and that port 53 (UDP and TCP) gets there, or name another one."
)
_PUBLISH: Final = "Publish it, or name the host."
_CODES: Final = {
    DnsOutcome.NO_RECORDS: (Code.DNS_NO_RECORD, "the name has no such record", _PUBLISH),
    DnsOutcome.NO_NAME: (Code.DNS_NO_RECORD, "there is no such name", _PUBLISH),
    DnsOutcome.SERVER_FAILED: (
        Code.DNS_UNAVAILABLE,
        "the DNS server failed",
        "Look at its log: a zone did not load, or the server it forwards to is down.",
    ),
    DnsOutcome.REFUSED: (
        Code.DNS_UNAVAILABLE,
        "the DNS server refused",
        "Ask a server that answers this machine, or allow it there.",
    ),
    DnsOutcome.NO_ANSWER: (Code.DNS_UNAVAILABLE, "no DNS server answered", _SILENT),
    DnsOutcome.MALFORMED: (Code.DNS_UNAVAILABLE, "no answer made sense", _SILENT),
}


def dns_error(answer: SrvAnswer | AddressAnswer) -> Unavailable | None:
    """The error that an answer means to one who needed a record; None where there is one."""
    if answer.outcome is DnsOutcome.FOUND:
        return None
    code, told, cure = _CODES[answer.outcome]
    return Unavailable(code, f"The DNS gave nothing for {answer.name}: {answer.detail or told}.", cure)


def no_suffix() -> Unavailable:
    """This machine has no DNS suffix, so there is no name to ask for."""
    return Unavailable(
        Code.DNS_NO_SUFFIX,
        "This machine has no DNS suffix, so it does not know in which domain to look.",
        "Set its primary DNS suffix or a search list (Linux: `search` in /etc/resolv.conf), or name the domain.",
    )
