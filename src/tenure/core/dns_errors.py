"""Answers of the DNS that a use case cannot go on with, as errors with a cure.

The HRESULTs are what Windows shows for the same answer: 0x80070000 plus the error code of its DNS client (winerror.h;
kms-facts, section 9).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Unavailable
from tenure.core.network import DnsOutcome

if TYPE_CHECKING:
    from tenure.core.network import AddressAnswer, SrvAnswer

PUBLISH: Final = "Publish it, or name the host."
_SILENT: Final = (
    "Check that the DNS server is up and that port 53 (UDP and TCP) gets there, or name another one."
)
_CODES: Final = {
    DnsOutcome.NO_RECORDS: (Code.DNS_NO_RECORD, "0x8007251D", "the name has no such record", ""),
    DnsOutcome.NO_NAME: (Code.DNS_NO_RECORD, "0x8007232B", "there is no such name", ""),
    DnsOutcome.SERVER_FAILED: (
        Code.DNS_UNAVAILABLE,
        "0x8007232A",
        "the DNS server failed",
        "Look at its log: a zone did not load, or the server it forwards to is down.",
    ),
    DnsOutcome.REFUSED: (
        Code.DNS_UNAVAILABLE,
        "0x8007232D",
        "the DNS server refused",
        "Ask a server that answers this machine, or allow it there.",
    ),
    DnsOutcome.NO_ANSWER: (Code.DNS_UNAVAILABLE, "0x8007232A", "no DNS server answered", _SILENT),
    DnsOutcome.MALFORMED: (
        Code.DNS_UNAVAILABLE,
        "0x8007251E",
        "no answer made sense",
        "Look at what the server answers (dig, nslookup): a loop of aliases, a broken proxy, no name at all.",
    ),
}


def dns_error(answer: SrvAnswer | AddressAnswer, *, publish: str = PUBLISH) -> Unavailable | None:
    """The error that an answer means to one who needed a record; None where there is one.

    `publish` is the cure where the DNS answered and holds nothing.
    """
    if answer.outcome is DnsOutcome.FOUND:
        return None
    code, hresult, told, cure = _CODES[answer.outcome]
    detail = f"The DNS gave nothing for {answer.name}: {answer.detail or told}."
    return Unavailable(code, detail, cure or publish, hresult)
