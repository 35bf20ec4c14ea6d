"""Which hosts are asked, in which order, and which one is remembered (ADR 0009)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from simulators.dns import MemoryDns, srv
from tenure.client.host_address import parse_host
from tenure.client.host_choice import Choice, answered, failed, hosts_to_ask
from tenure.client.state import FoundHost, Machine
from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted
from tenure.core.network import DnsOutcome

A = "_tenure._tcp.a.test"
B = "_tenure._tcp.b.test"
LAST = FoundHost(host=parse_host("last.test"), domain="b.test", priority=10)
MACHINE = Machine(machine_id=UUID(int=1, version=4), found_host=LAST)
NO_ANSWER = Unavailable(Code.HOST_UNREACHABLE, "Nobody is there.")


def chosen(machine: Machine, dns: MemoryDns, *, domain: str = "") -> list[str]:
    """The names of the hosts to ask; every lot falls on the first record."""
    return [host.name for host in hosts_to_ask(machine, dns, lambda: 0.0, domain=domain).hosts]


def dns_of(**records: object) -> MemoryDns:
    """A DNS in which the machine looks in a.test, then in b.test."""
    return MemoryDns(domains=("a.test", "b.test"), **records)  # type: ignore[arg-type]  # as the test gives them


def test_hosts_that_are_set_are_asked_and_the_dns_is_not() -> None:
    """In their order, and no others."""
    dns = dns_of(records={A: [srv("kms.a.test")]})
    machine = replace(MACHINE, hosts=(parse_host("z.test"), parse_host("y.test")))
    assert chosen(machine, dns) == ["z.test", "y.test"]
    assert dns.asked == []


@pytest.mark.parametrize(
    ("named", "set_domain", "asked"),
    [
        pytest.param("", "", ["a.test", "b.test"], id="the machine's own, then its search list"),
        pytest.param("", "c.test", ["c.test"], id="the one that is set, alone"),
        pytest.param("d.test", "c.test", ["d.test"], id="the one that is named, alone"),
    ],
)
def test_where_is_looked(named: str, set_domain: str, asked: list[str]) -> None:
    """What is named before what is set before the machine's own."""
    dns = dns_of()
    machine = replace(MACHINE, lookup_domain=set_domain, found_host=None)
    with pytest.raises(Unavailable):
        chosen(machine, dns, domain=named)
    assert dns.asked == [f"_tenure._tcp.{domain}" for domain in asked]


def test_a_domain_that_is_named_counts_whatever_hosts_are_set() -> None:
    """For this once."""
    dns = dns_of(records={A: [srv("kms.a.test")]})
    machine = replace(MACHINE, hosts=(parse_host("z.test"),))
    assert chosen(machine, dns, domain="a.test") == ["kms.a.test"]


@pytest.mark.parametrize(
    ("records", "hosts"),
    [
        pytest.param(
            {B: [srv("one.test", priority=10), srv("last.test", priority=10)]},
            ["last.test", "one.test"],
            id="among equals it is first",
        ),
        pytest.param(
            {B: [srv("one.test", priority=10, weight=65_535), srv("last.test", priority=10)]},
            ["last.test", "one.test"],
            id="whatever the weights",
        ),
        pytest.param(
            {B: [srv("last.test", priority=10), srv("better.test", priority=9)]},
            ["better.test", "last.test"],
            id="a better priority goes first",
        ),
        pytest.param(
            {B: [srv("better.test", priority=5), srv("equal.test", priority=10)]},
            ["better.test", "last.test", "equal.test"],
            id="its record is gone: what it said still counts",
        ),
        pytest.param(
            {B: [srv("last.test", priority=20), srv("one.test", priority=15)]},
            ["one.test", "last.test"],
            id="its record changed: what it says now counts",
        ),
        pytest.param(
            {A: [srv("nearer.test", priority=99)], B: [srv("last.test", priority=10)]},
            ["nearer.test", "last.test"],
            id="an earlier domain goes first, whatever the priority",
        ),
        pytest.param({}, ["last.test"], id="no record at all: it alone"),
    ],
)
def test_the_host_that_answered_last_is_asked_first_but_for_better_ones(
    records: dict[str, list[object]], hosts: list[str]
) -> None:
    """The rules at the head of the module, each as a case."""
    assert chosen(MACHINE, dns_of(records=records)) == hosts


@pytest.mark.parametrize("outcome", [outcome for outcome in DnsOutcome if outcome is not DnsOutcome.FOUND])
def test_whatever_the_dns_does_the_last_host_is_asked(outcome: DnsOutcome) -> None:
    """And why no other was found is kept for the error."""
    choice = hosts_to_ask(MACHINE, dns_of(failing={A: outcome, B: outcome}), lambda: 0.0)
    assert choice.hosts == (LAST.host,)
    assert choice.failure is not None


@pytest.mark.parametrize(
    "machine",
    [
        pytest.param(replace(MACHINE, host_caching=False), id="host caching is off"),
        pytest.param(replace(MACHINE, lookup_domain="a.test"), id="it is of a domain that is not looked in"),
    ],
)
def test_a_last_host_that_does_not_count(machine: Machine) -> None:
    """The records alone say whom to ask; without any there is nobody."""
    dns = dns_of(records={A: [srv("one.test", priority=0), srv("last.test", priority=5)]})
    assert chosen(machine, dns) == ["one.test", "last.test"]
    with pytest.raises(Unavailable):
        chosen(machine, dns_of())


def test_the_host_that_answered_is_remembered() -> None:
    """With where it was found; one that is set is not, nor any while host caching is off."""
    found = FoundHost(host=parse_host("one.test"), domain="a.test", priority=3)
    choice = Choice((found.host,), (found,))
    assert answered(MACHINE, choice, found.host).found_host == found
    assert answered(MACHINE, Choice((found.host,)), found.host) == MACHINE
    off = replace(MACHINE, host_caching=False, found_host=None)
    assert answered(off, choice, found.host) == off


@pytest.mark.parametrize(
    ("error", "forgotten"),
    [
        pytest.param(NO_ANSWER, True, id="no answer"),
        pytest.param(Unavailable(Code.HOST_NOT_ACTIVATED, "No."), True, id="503"),
        pytest.param(Untrusted(Code.LEASE_INVALID, "No."), True, id="a forged lease"),
        pytest.param(Refused(Code.CLOCK_SKEW, "No."), False, id="a refusal is an answer"),
    ],
)
def test_a_host_that_failed_is_forgotten(error: TenureError, *, forgotten: bool) -> None:
    """So that the next round goes by the records alone."""
    other = FoundHost(host=parse_host("one.test"), domain="b.test", priority=10)
    choice = Choice((LAST.host, other.host), (LAST, other))
    assert (failed(MACHINE, choice, LAST.host, error).found_host is None) is forgotten
    assert failed(MACHINE, choice, other.host, error) == MACHINE


def test_a_host_that_failed_is_kept_while_the_dns_names_no_other() -> None:
    """It is the only one that is known: a restart of the host must not leave the machine with nobody."""
    choice = Choice((LAST.host,), (LAST,), NO_ANSWER)
    assert failed(MACHINE, choice, LAST.host, NO_ANSWER) == MACHINE
