"""What facts mean. Every fault in a real zone: tests/integration/microsoft/test_check.py; here are the boundaries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.dns import OPEN, REFUSED, TIMED_OUT, UNREACHABLE, srv
from tenure.core.network import (
    AddressAnswer,
    Connection,
    ConnectOutcome,
    DnsOutcome,
    SrvAnswer,
    SrvRecord,
)
from tenure.microsoft.check_facts import CheckFacts, DomainFacts
from tenure.microsoft.check_findings import Fault, Level
from tenure.microsoft.check_record import address_fault, is_connectable
from tenure.microsoft.check_rules import is_answered, is_well, judge

DOMAIN = "corp.test"


def _domain(
    *records: SrvRecord, tenure: tuple[SrvRecord, ...] = (), outcome: DnsOutcome | None = None
) -> DomainFacts:
    found = outcome or (DnsOutcome.FOUND if records else DnsOutcome.NO_NAME)
    return DomainFacts(
        DOMAIN,
        SrvAnswer(f"_vlmcs._tcp.{DOMAIN}", found, records, "" if found.is_answer else "why"),
        SrvAnswer(f"_tenure._tcp.{DOMAIN}", DnsOutcome.FOUND if tenure else DnsOutcome.NO_NAME, tenure),
    )


def _facts(
    domain: DomainFacts, hosts: dict[str, list[str]], ports: dict[tuple[str, int], Connection]
) -> CheckFacts:
    targets = {name: AddressAnswer(name, DnsOutcome.FOUND, tuple(found)) for name, found in hosts.items()}
    return CheckFacts((domain,), targets, ports, (DOMAIN,))


def _faults(facts: CheckFacts) -> list[Fault]:
    return [finding.fault for finding in judge(facts)]


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        pytest.param(OPEN, OPEN, None, id="both answer"),
        pytest.param(OPEN, REFUSED, Fault.ADDRESS_DEAD, id="one refuses"),
        pytest.param(OPEN, TIMED_OUT, Fault.ADDRESS_DEAD, id="one is silent"),
        pytest.param(OPEN, UNREACHABLE, Fault.ADDRESS_NOT_TESTABLE, id="no way to one"),
        pytest.param(REFUSED, TIMED_OUT, Fault.PORT_REFUSED, id="a machine that says no tells most"),
        pytest.param(TIMED_OUT, UNREACHABLE, Fault.PORT_FILTERED, id="silence tells more than no way"),
        pytest.param(UNREACHABLE, UNREACHABLE, Fault.HOST_UNREACHABLE, id="no way to either"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned"])
def test_two_addresses_of_one_host(
    first: Connection, second: Connection, fault: Fault | None, *, turned: bool
) -> None:
    """A host is as good as its best address, and the other one is told."""
    ports = dict(
        zip(
            [("10.0.0.1", 1688), ("10.0.0.2", 1688)],
            (second, first) if turned else (first, second),
            strict=True,
        )
    )
    facts = _facts(_domain(srv("kms.corp.test")), {"kms.corp.test": ["10.0.0.1", "10.0.0.2"]}, ports)
    assert _faults(facts) == ([] if fault is None else [fault])


@pytest.mark.parametrize(
    ("on_record", "on_1688", "fault"),
    [
        pytest.param(OPEN, TIMED_OUT, Fault.PORT_UNUSUAL, id="only the record's answers"),
        pytest.param(OPEN, OPEN, Fault.PORT_DOUBTFUL, id="both answer"),
        pytest.param(REFUSED, OPEN, Fault.PORT_WRONG, id="only 1688 answers"),
        pytest.param(TIMED_OUT, OPEN, Fault.PORT_WRONG, id="the record's is filtered, 1688 answers"),
        pytest.param(REFUSED, REFUSED, Fault.PORT_REFUSED, id="neither"),
    ],
)
def test_a_port_other_than_1688(on_record: Connection, on_1688: Connection, fault: Fault) -> None:
    """What 1688 does tells whether the record's port is meant."""
    ports = {("10.0.0.1", 1700): on_record, ("10.0.0.1", 1688): on_1688}
    facts = _facts(_domain(srv("kms.corp.test", 1700)), {"kms.corp.test": ["10.0.0.1"]}, ports)
    assert _faults(facts) == [fault]


@pytest.mark.parametrize(
    ("address", "fault", "connectable"),
    [
        pytest.param("10.0.0.1", None, True, id="RFC 1918"),
        pytest.param("172.31.255.255", None, True, id="the last of 172.16/12"),
        pytest.param("172.32.0.0", Fault.PUBLIC_ADDRESS, True, id="the first after it"),
        pytest.param("100.64.0.1", None, True, id="a carrier's"),
        pytest.param("8.8.8.8", Fault.PUBLIC_ADDRESS, True, id="public"),
        pytest.param("127.0.0.1", Fault.UNUSABLE_ADDRESS, True, id="loopback"),
        pytest.param("169.254.1.1", Fault.UNUSABLE_ADDRESS, False, id="no DHCP"),
        pytest.param("0.0.0.0", Fault.UNUSABLE_ADDRESS, False, id="nobody"),  # noqa: S104 - no bind, an address in a zone
        pytest.param("224.0.0.1", Fault.UNUSABLE_ADDRESS, False, id="a group"),
        pytest.param("255.255.255.255", Fault.UNUSABLE_ADDRESS, False, id="everybody"),
        pytest.param("fd00::1", None, True, id="unique local"),
        pytest.param("fe80::1", Fault.UNUSABLE_ADDRESS, False, id="link-local IPv6"),
        pytest.param("::1", Fault.UNUSABLE_ADDRESS, True, id="loopback IPv6"),
        pytest.param("ff02::1", Fault.UNUSABLE_ADDRESS, False, id="a group of IPv6"),
        pytest.param("2606:4700::1", Fault.GLOBAL_IPV6_ADDRESS, True, id="global IPv6"),
    ],
)
def test_an_address_and_what_it_is_good_for(address: str, fault: Fault | None, *, connectable: bool) -> None:
    """Public, useless, or fine; and whether a connect to it means anything."""
    assert address_fault(address) is fault
    assert is_connectable(address) is connectable


@pytest.mark.parametrize(
    ("records", "useless"),
    [
        pytest.param([srv("a.corp.test"), srv("b.corp.test")], False, id="equal"),
        pytest.param([srv("a.corp.test", weight=7), srv("b.corp.test", weight=7)], False, id="equal weights"),
        pytest.param([srv("a.corp.test"), srv("b.corp.test", priority=1)], True, id="priorities"),
        pytest.param([srv("a.corp.test"), srv("b.corp.test", weight=1)], True, id="weights"),
        pytest.param([srv("a.corp.test", priority=5, weight=9)], False, id="nothing to choose"),
    ],
)
def test_priorities_that_host_caching_makes_useless(records: list[SrvRecord], *, useless: bool) -> None:
    """Only differences between hosts are an order."""
    hosts = {"a.corp.test": ["10.0.0.1"], "b.corp.test": ["10.0.0.2"]}
    ports = {("10.0.0.1", 1688): OPEN, ("10.0.0.2", 1688): OPEN}
    assert (Fault.PRIORITIES_USELESS in _faults(_facts(_domain(*records), hosts, ports))) is useless


@pytest.mark.parametrize(
    ("tenure", "is_tenure"),
    [
        pytest.param(srv("kms.corp.test", 1688), True, id="the same name and port"),
        pytest.param(srv("other.corp.test", 1688), True, id="another name, the same address and port"),
        pytest.param(srv("kms.corp.test", 1700), False, id="another port of the same host"),
        pytest.param(srv("far.corp.test", 1688), False, id="another host"),
    ],
)
def test_a_tenure_host_is_known_by_the_dns_alone(tenure: SrvRecord, *, is_tenure: bool) -> None:
    """What the domain publishes as `_tenure._tcp` is the evidence."""
    hosts = {
        "kms.corp.test": ["10.0.0.1"],
        "other.corp.test": ["10.0.0.9", "10.0.0.1"],
        "far.corp.test": ["10.0.0.3"],
    }
    domain = _domain(srv("kms.corp.test"), tenure=(tenure,))
    found = _faults(_facts(domain, hosts, {("10.0.0.1", 1688): OPEN}))
    assert found == ([Fault.TENURE_HOST] if is_tenure else [])


def test_three_records_of_one_host_are_told_against_the_first() -> None:
    """Each one too many is one finding."""
    records = [srv("a.corp.test"), srv("b.corp.test"), srv("c.corp.test")]
    hosts = {record.target: ["10.0.0.1"] for record in records}
    found = judge(_facts(_domain(*records), hosts, {("10.0.0.1", 1688): OPEN}))
    assert [(f.fault, f.record) for f in found] == [
        (Fault.HOST_LISTED_TWICE, "b.corp.test:1688"),
        (Fault.HOST_LISTED_TWICE, "c.corp.test:1688"),
    ]


def test_one_record_twice_is_told_once() -> None:
    """Two records that differ in priority alone share their faults."""
    records = [srv("kms.corp.test"), srv("kms.corp.test", priority=1)]
    ports = {("10.0.0.1", 1688): REFUSED}
    found = _faults(_facts(_domain(*records), {"kms.corp.test": ["10.0.0.1"]}, ports))
    assert found == [Fault.PORT_REFUSED, Fault.HOST_LISTED_TWICE]


def test_the_worst_comes_first() -> None:
    """Errors, warnings, notes."""
    records = [srv("a.corp.test"), srv("b.corp.test", priority=1), srv("gone.corp.test")]
    hosts = {"a.corp.test": ["10.0.0.1"], "b.corp.test": ["8.8.8.8"]}
    ports = {("10.0.0.1", 1688): OPEN, ("8.8.8.8", 1688): OPEN}
    facts = _facts(_domain(*records), hosts, ports)
    missing = AddressAnswer("gone.corp.test", DnsOutcome.NO_NAME)
    found = judge(CheckFacts(facts.domains, {**facts.targets, missing.name: missing}, ports, (DOMAIN,)))
    assert [f.level for f in found] == [Level.ERROR, Level.WARNING, Level.WARNING, Level.NOTE]


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        pytest.param("contoso", Fault.SUFFIX_MISSING, id="one word"),
        pytest.param("contoso.lan", Fault.DOMAIN_UNKNOWN, id="a whole name"),
    ],
)
def test_a_domain_that_is_not_there(word: str, fault: Fault) -> None:
    """One word that the DNS does not know is a name without its suffix."""
    answer = SrvAnswer(f"_vlmcs._tcp.{word}", DnsOutcome.NO_NAME)
    facts = CheckFacts((DomainFacts(word, answer, answer, exists=False),))
    assert _faults(facts) == [fault]


def test_one_word_with_a_record_is_a_domain() -> None:
    """A single-label domain is old-fashioned and works."""
    answer = SrvAnswer("_vlmcs._tcp.contoso", DnsOutcome.FOUND, (srv("kms.contoso"),))
    none = SrvAnswer("_tenure._tcp.contoso", DnsOutcome.NO_NAME)
    target = AddressAnswer("kms.contoso", DnsOutcome.FOUND, ("10.0.0.1",))
    facts = CheckFacts(
        (DomainFacts("contoso", answer, none),),
        {target.name: target},
        {("10.0.0.1", 1688): OPEN},
        ("contoso",),
    )
    assert judge(facts) == ()


@pytest.mark.parametrize("outcome", [o for o in DnsOutcome if not o.is_answer], ids=str)
def test_silence_is_never_taken_for_no_record(outcome: DnsOutcome) -> None:
    """What the DNS did not say is not judged, and the check is not whole."""
    facts = CheckFacts((_domain(outcome=outcome),))
    (finding,) = judge(facts)
    assert finding.fault.value.startswith("dns_")
    assert not is_answered(facts)
    assert not is_well((finding,))


_NAMES = st.sampled_from([".", "a.corp.test", "b.corp.test", "kms", "10.0.0.1", "x.corp.test.corp.test"])
_ADDRESSES = st.one_of(st.ip_addresses().map(str), st.sampled_from(["10.0.0.1", "127.0.0.1", "fe80::1"]))
_PORTS = st.sampled_from([0, 443, 1688, 65535])
_RECORDS = st.lists(
    st.builds(SrvRecord, st.integers(0, 9), st.integers(0, 9), _PORTS, _NAMES, st.integers(0, 2**31 - 1)),
    max_size=5,
).map(tuple)
_ANSWERS = st.builds(
    AddressAnswer,
    st.just("a.corp.test"),
    st.sampled_from(DnsOutcome),
    st.lists(_ADDRESSES, max_size=3).map(tuple),
    st.one_of(st.none(), _NAMES),
    st.text(max_size=5),
)
_CONNECTIONS = st.builds(Connection, st.sampled_from(ConnectOutcome), st.floats(0, 5000), st.text(max_size=5))
_FACTS = st.builds(
    CheckFacts,
    st.builds(
        DomainFacts,
        st.just(DOMAIN),
        st.builds(SrvAnswer, st.just("v"), st.sampled_from(DnsOutcome), _RECORDS),
        st.builds(SrvAnswer, st.just("t"), st.sampled_from(DnsOutcome), _RECORDS),
        st.integers(0, 9),
        st.sampled_from([True, False, None]),
        st.none(),
    ).map(lambda one: (one,)),
    st.dictionaries(_NAMES, _ANSWERS),
    st.dictionaries(st.tuples(_ADDRESSES, _PORTS), _CONNECTIONS),
    st.just(()),
    st.booleans(),
)


@given(_FACTS)
def test_any_facts_have_a_meaning(facts: CheckFacts) -> None:
    """No mixture of facts breaks the rules, and nothing is told twice."""
    found = judge(facts)
    assert len(set(found)) == len(found)
    assert all(finding.cure and finding.detail for finding in found)
    assert is_well(found) == all(finding.level is Level.NOTE for finding in found)
