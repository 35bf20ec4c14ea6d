"""What a network told: answers of the DNS and outcomes of a connect, as plain facts.

Here stands what was found, not how it was asked (`adapters.dns`, `adapters.tcp_probe`) nor what it means
(`microsoft.check_rules`, a client's discovery). A refusal of the network is a fact like any other, so nothing here
raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DnsOutcome(StrEnum):
    """How a question to the DNS ended. The first three are answers, the rest leave us not knowing."""

    FOUND = "found"
    NO_RECORDS = "no_records"
    """The name exists and has no record of this type (RFC 2308: NODATA)."""
    NO_NAME = "no_name"
    """The name does not exist (RFC 8020: NXDOMAIN)."""
    SERVER_FAILED = "server_failed"
    """SERVFAIL, or another code that says the server could not answer."""
    REFUSED = "refused"
    """The server does not answer this question to us."""
    NO_ANSWER = "no_answer"
    """Nothing came in time, or the server could not be reached."""
    MALFORMED = "malformed"
    """What came was no DNS answer to this question, or the question could not be put."""

    @property
    def is_answer(self) -> bool:
        """Whether the DNS told what it holds, be it nothing."""
        return self in {DnsOutcome.FOUND, DnsOutcome.NO_RECORDS, DnsOutcome.NO_NAME}


@dataclass(frozen=True, slots=True)
class SrvRecord:
    """One SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    target: str
    """Lower case, without the final dot; `.` alone says that there is no such service."""
    ttl: int
    """Seconds."""

    @property
    def text(self) -> str:
        """`target:port`."""
        return f"{self.target}:{self.port}"


@dataclass(frozen=True, slots=True)
class SrvAnswer:
    """What the DNS holds under a service's name."""

    name: str
    outcome: DnsOutcome
    records: tuple[SrvRecord, ...] = ()
    """By priority, then weight (the largest first), then name."""
    detail: str = ""
    """Why there is no answer, in a few words; empty for an answer."""
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AddressAnswer:
    """The IP addresses of a name."""

    name: str
    outcome: DnsOutcome
    addresses: tuple[str, ...] = ()
    """IPv4 before IPv6, each family in order."""
    alias_of: str | None = None
    """Where a CNAME led, if the name is one."""
    detail: str = ""


class ConnectOutcome(StrEnum):
    """How a TCP connect ended."""

    OPEN = "open"
    REFUSED = "refused"
    """The machine is there and said no."""
    TIMED_OUT = "timed_out"
    """Nothing came: filtered, or no machine."""
    UNREACHABLE = "unreachable"
    """This machine or a router knows no way there."""
    NOT_TRIED = "not_tried"
    """An address or a port to which nobody connects."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A TCP connect that sent nothing."""

    outcome: ConnectOutcome
    milliseconds: float = 0.0
    """Until the handshake was done or had failed."""
    detail: str = ""
    """The system's own words for a failure."""


NOT_TRIED = Connection(ConnectOutcome.NOT_TRIED)
