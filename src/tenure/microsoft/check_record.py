"""What one SRV record means: its target, the target's addresses, and the port."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from tenure.core.network import ConnectOutcome, DnsOutcome
from tenure.microsoft.check_findings import Fault, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.core.network import AddressAnswer, Connection, SrvRecord
    from tenure.microsoft.check_facts import CheckFacts, DomainFacts

KMS_PORT: Final = 1688
"""The port on which a KMS host listens unless it was told otherwise (kms-facts, section 1)."""
_IN_WORDS: Final = {
    ConnectOutcome.OPEN: "answers",
    ConnectOutcome.REFUSED: "refuses",
    ConnectOutcome.TIMED_OUT: "does not answer",
    ConnectOutcome.UNREACHABLE: "cannot be reached",
    ConnectOutcome.NOT_TRIED: "was not tried",
}


def record_findings(record: SrvRecord, domain: DomainFacts, facts: CheckFacts) -> Iterator[Finding]:
    """What is wrong with one record of a domain."""

    def say(fault: Fault, detail: str) -> Finding:
        return Finding(fault, domain.domain, detail, record.text)

    answer = facts.targets.get(record.target)
    fault = _target_fault(record, domain, answer)
    if fault is not None:
        yield say(fault, _target_told(record, answer))
        return
    if answer is not None and answer.alias_of is not None:
        yield say(Fault.TARGET_IS_ALIAS, f"{record.target} is an alias of {answer.alias_of}.")
    if _is_tenure(record, domain, facts):
        yield say(Fault.TENURE_HOST, f"{domain.tenure.name} names the same host and port as this record.")
    for address in facts.addresses(record.target):
        kind = address_fault(address)
        if kind is not None:
            yield say(kind, f"{record.target} has the address {address}.")
    for fault, detail in _port_faults(record, facts):
        yield say(fault, detail)


def is_connectable(address: str) -> bool:
    """Whether a connect to an address can mean anything: not to a group, to nobody, or to a link without its name."""
    ip = ipaddress.ip_address(address)
    return not (ip.is_unspecified or ip.is_multicast or ip.is_link_local or _is_reserved(ip))


def address_fault(address: str) -> Fault | None:
    """What is wrong with an address for a host of an internal network, if anything."""
    ip = ipaddress.ip_address(address)
    if ip.is_loopback or not is_connectable(address):
        return Fault.UNUSABLE_ADDRESS
    if not ip.is_global:
        return None
    return Fault.PUBLIC_ADDRESS if ip.version == 4 else Fault.GLOBAL_IPV6_ADDRESS  # noqa: PLR2004 - IPv4


def _is_reserved(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    # Of IPv6, Python counts most of the space that is not given out yet; only IPv4's 240.0.0.0/4 is surely nobody's.
    return isinstance(ip, ipaddress.IPv4Address) and ip.is_reserved


def _target_fault(record: SrvRecord, domain: DomainFacts, answer: AddressAnswer | None) -> Fault | None:
    if record.target == ".":
        return Fault.SERVICE_DENIED
    if answer is None or answer.outcome is DnsOutcome.FOUND:
        return None
    if _is_ip(record.target):
        return Fault.TARGET_IS_ADDRESS
    if record.target.endswith(f".{domain.domain}.{domain.domain}"):
        return Fault.TARGET_SUFFIX_DOUBLED
    if "." not in record.target:
        return Fault.TARGET_WITHOUT_SUFFIX
    return Fault.TARGET_MISSING if answer.outcome.is_answer else Fault.TARGET_UNRESOLVED


def _target_told(record: SrvRecord, answer: AddressAnswer | None) -> str:
    if answer is None or record.target == ".":
        return "The record's target is '.'."
    alias = f" (an alias of {answer.alias_of})" if answer.alias_of is not None else ""
    match answer.outcome:
        case DnsOutcome.NO_NAME:
            return f"The DNS knows no name {record.target}{alias}."
        case DnsOutcome.NO_RECORDS:
            return f"{record.target}{alias} has neither an A nor an AAAA record."
        case _:
            return f"{record.target}{alias}: {answer.detail}."


def _is_tenure(record: SrvRecord, domain: DomainFacts, facts: CheckFacts) -> bool:
    """Whether the DNS itself says that a Tenure host is there.

    The DNS is the only evidence: asking the port would mean sending something to what may be a genuine KMS host.
    """
    own = set(facts.addresses(record.target))
    return any(
        record.port == tenure.port
        and (record.target == tenure.target or not own.isdisjoint(facts.addresses(tenure.target)))
        for tenure in domain.tenure.records
    )


def _port_faults(record: SrvRecord, facts: CheckFacts) -> Iterator[tuple[Fault, str]]:
    usable = [a for a in facts.addresses(record.target) if is_connectable(a)]
    if not usable:
        return
    if record.port == 0:
        yield Fault.PORT_WRONG, "The record says port 0, which is none."
        return
    seen = {address: facts.connection(address, record.port) for address in usable}
    usual_is_open = record.port != KMS_PORT and facts.is_open(record.target, KMS_PORT)
    outcomes = {connection.outcome for connection in seen.values()}
    if ConnectOutcome.OPEN in outcomes:
        yield from _dead_addresses(seen, record.port)
        if usual_is_open:
            yield (
                Fault.PORT_DOUBTFUL,
                f"Something listens on {record.port} and on {KMS_PORT} of {record.target}.",
            )
        elif record.port != KMS_PORT:
            yield Fault.PORT_UNUSUAL, f"{record.target} answers on {record.port}."
        return
    told = "; ".join(f"{_told(address, record.port, connection)}" for address, connection in seen.items())
    if usual_is_open:
        yield Fault.PORT_WRONG, f"{told}. But {KMS_PORT} of that host answers."
    elif ConnectOutcome.REFUSED in outcomes:
        yield Fault.PORT_REFUSED, f"{told}."
    elif ConnectOutcome.TIMED_OUT in outcomes:
        yield Fault.PORT_FILTERED, f"{told}."
    elif ConnectOutcome.UNREACHABLE in outcomes:
        yield Fault.HOST_UNREACHABLE, f"{told}."


def _dead_addresses(seen: dict[str, Connection], port: int) -> Iterator[tuple[Fault, str]]:
    for address, connection in seen.items():
        if connection.outcome is ConnectOutcome.UNREACHABLE:
            yield Fault.ADDRESS_NOT_TESTABLE, f"{_told(address, port, connection)}; another address answers."
        elif connection.outcome in {ConnectOutcome.REFUSED, ConnectOutcome.TIMED_OUT}:
            yield Fault.ADDRESS_DEAD, f"{_told(address, port, connection)}; another address answers."


def _told(address: str, port: int, connection: Connection) -> str:
    why = f" ({connection.detail})" if connection.detail else ""
    return f"{endpoint_text(address, port)} {_IN_WORDS[connection.outcome]}{why}"


def endpoint_text(address: str, port: int) -> str:
    """`address:port`, an IPv6 address in brackets."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _is_ip(target: str) -> bool:
    try:
        ipaddress.ip_address(target)
    except ValueError:
        return False
    return True
