"""What a domain's facts mean: one rule a kind of fault, each a function of what was seen and of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.core.network import DnsOutcome
from tenure.microsoft.check_domain import parent
from tenure.microsoft.check_findings import Fault, Finding, Level
from tenure.microsoft.check_record import record_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenure.core.network import SrvRecord
    from tenure.microsoft.check_facts import CheckFacts, DomainFacts

_FAILURES: Final = {
    DnsOutcome.SERVER_FAILED: Fault.DNS_SERVER_FAILED,
    DnsOutcome.REFUSED: Fault.DNS_REFUSED,
    DnsOutcome.NO_ANSWER: Fault.DNS_NO_ANSWER,
    DnsOutcome.MALFORMED: Fault.DNS_NO_ANSWER,
}
_WORST_FIRST: Final = list(Level)
_SHOWN: Final = 6
"""Names in one sentence; more are counted."""


def judge(facts: CheckFacts) -> tuple[Finding, ...]:
    """Everything that was found: this machine first, then domain by domain, the worst first; nothing twice."""
    found = list(_this_machine(facts))
    for domain in facts.domains:
        here = [finding for rule in _RULES for finding in rule(domain, facts)]
        for record in domain.vlmcs.records:
            here += record_findings(record, domain, facts)
        found += sorted(here, key=lambda finding: _WORST_FIRST.index(finding.level))
    return tuple(dict.fromkeys(found))


def is_well(findings: tuple[Finding, ...]) -> bool:
    """Whether nothing is wrong: notes may stand."""
    return all(finding.level is Level.NOTE for finding in findings)


def is_answered(facts: CheckFacts) -> bool:
    """Whether the DNS said of every domain what it holds."""
    return all(domain.vlmcs.outcome.is_answer for domain in facts.domains)


def _this_machine(facts: CheckFacts) -> Iterator[Finding]:
    if not facts.named and not facts.suffixes:
        yield Finding(
            Fault.SUFFIX_MISSING,
            "",
            "This machine has no DNS suffix, and no domain was named on the command line.",
        )


def _unanswered(domain: DomainFacts, _facts: CheckFacts) -> Iterator[Finding]:
    fault = _FAILURES.get(domain.vlmcs.outcome)
    if fault is not None:
        yield Finding(fault, domain.domain, f"{domain.vlmcs.name}: {domain.vlmcs.detail}.")


def _no_record(domain: DomainFacts, _facts: CheckFacts) -> Iterator[Finding]:
    if domain.vlmcs.outcome not in {DnsOutcome.NO_NAME, DnsOutcome.NO_RECORDS}:
        return
    if domain.exists is False:
        if "." not in domain.domain:
            yield Finding(
                Fault.SUFFIX_MISSING,
                domain.domain,
                f"{domain.domain} is one word, and the DNS knows no such domain: the rest of its name is missing.",
            )
            return
        yield Finding(Fault.DOMAIN_UNKNOWN, domain.domain, f"The DNS knows no name {domain.domain}.")
        return
    detail = f"There is no SRV record {domain.vlmcs.name}."
    if domain.above is not None and domain.above.records:
        detail += (
            f" The domain above has one ({_names(domain.above.records)}), but a client looks only in its own "
            f"suffixes: run slmgr /skms-domain {parent(domain.domain)} on it, or publish here."
        )
    yield Finding(Fault.NO_RECORD, domain.domain, detail)


def _not_searched(domain: DomainFacts, facts: CheckFacts) -> Iterator[Finding]:
    if not facts.named or domain.domain in facts.suffixes or not domain.vlmcs.records:
        return
    looks = f"looks in {', '.join(facts.suffixes[:_SHOWN])}" if facts.suffixes else "has no DNS suffix at all"
    yield Finding(
        Fault.SUFFIX_NOT_SEARCHED,
        domain.domain,
        f"This machine {looks}; that the record is there does not mean that a machine set up like this finds it.",
    )


def _priorities(domain: DomainFacts, _facts: CheckFacts) -> Iterator[Finding]:
    records = domain.vlmcs.records
    orders = sorted({(record.priority, record.weight) for record in records})
    if len({record.target for record in records}) > 1 and len(orders) > 1:
        told = ", ".join(f"{priority}/{weight}" for priority, weight in orders[:_SHOWN])
        yield Finding(
            Fault.PRIORITIES_USELESS, domain.domain, f"The records have different priorities/weights: {told}."
        )


def _listed_twice(domain: DomainFacts, facts: CheckFacts) -> Iterator[Finding]:
    """Records with one target, or with targets that share an address. Each is told against the first."""
    owner: dict[str, SrvRecord] = {}
    for record in domain.vlmcs.records:
        marks = [f"name {record.target}", *(f"address {a}" for a in facts.addresses(record.target))]
        shared = next((mark for mark in marks if mark in owner), None)
        for mark in marks:
            owner.setdefault(mark, record)
        if shared is not None:
            first = owner[shared]
            yield Finding(
                Fault.HOST_LISTED_TWICE,
                domain.domain,
                f"{_order(first)} and {_order(record)} have the {shared} in common.",
                record.text,
            )


def _count_split(domain: DomainFacts, facts: CheckFacts) -> Iterator[Finding]:
    hosts: dict[tuple[str, ...], SrvRecord] = {}
    for record in domain.vlmcs.records:
        if facts.is_open(record.target, record.port):
            hosts.setdefault(facts.addresses(record.target), record)
    if len(hosts) > 1:
        yield Finding(
            Fault.COUNT_SPLIT, domain.domain, f"{len(hosts)} hosts answer: {_names(tuple(hosts.values()))}."
        )


def _too_many(domain: DomainFacts, _facts: CheckFacts) -> Iterator[Finding]:
    if domain.left_out:
        looked = len(domain.vlmcs.records)
        yield Finding(
            Fault.TOO_MANY_RECORDS,
            domain.domain,
            f"{looked + domain.left_out} records; the first {looked} were looked at.",
        )


def _order(record: SrvRecord) -> str:
    return f"{record.text} (priority {record.priority}, weight {record.weight})"


def _names(records: tuple[SrvRecord, ...]) -> str:
    more = f" and {len(records) - _SHOWN} more" if len(records) > _SHOWN else ""
    return ", ".join(record.text for record in records[:_SHOWN]) + more


_RULES: Final[tuple[Callable[[DomainFacts, CheckFacts], Iterator[Finding]], ...]] = (
    _unanswered,
    _no_record,
    _not_searched,
    _too_many,
    _listed_twice,
    _priorities,
    _count_split,
)
