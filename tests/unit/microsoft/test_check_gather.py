"""What a check asks, where it knocks, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.dns import OPEN, MemoryDns, MemoryNetwork, srv
from tenure.core.network import ConnectOutcome, DnsOutcome
from tenure.microsoft.check_gather import MAX_ADDRESSES, MAX_RECORDS, gather

if TYPE_CHECKING:
    from tenure.microsoft.check_facts import CheckFacts


def _gather(
    dns: MemoryDns, network: MemoryNetwork, *domains: str, suffixes: tuple[str, ...] = ()
) -> CheckFacts:
    return gather(domains, suffixes=suffixes, resolver=dns, probe=network, tell=lambda _: None)


def test_every_target_and_port_is_asked_once() -> None:
    """Two domains that share a host share its facts."""
    dns = MemoryDns(
        records={
            "_vlmcs._tcp.a.test": [srv("kms.a.test")],
            "_vlmcs._tcp.b.test": [srv("kms.a.test"), srv("kms.a.test", priority=1)],
        },
        hosts={"kms.a.test": ["10.0.0.1"]},
    )
    network = MemoryNetwork({("10.0.0.1", 1688): OPEN})
    facts = _gather(dns, network, "a.test", "b.test", "a.test")
    assert [domain.domain for domain in facts.domains] == ["a.test", "b.test"]
    assert dns.asked.count("kms.a.test") == 1
    assert network.tried == [("10.0.0.1", 1688)]
    assert facts.connection("10.0.0.1", 1688) == OPEN


def test_another_port_is_tried_beside_1688() -> None:
    """Whether 1688 answers tells what a strange port means."""
    dns = MemoryDns({"_vlmcs._tcp.a.test": [srv("kms.a.test", 1700)]}, {"kms.a.test": ["10.0.0.1"]})
    network = MemoryNetwork()
    _gather(dns, network, "a.test")
    assert sorted(network.tried) == [("10.0.0.1", 1688), ("10.0.0.1", 1700)]


@pytest.mark.parametrize(
    ("address", "port"),
    [
        pytest.param("169.254.1.1", 1688, id="link-local"),
        pytest.param("0.0.0.0", 1688, id="nobody: Linux would take it for this machine"),  # noqa: S104 - no bind
        pytest.param("224.0.0.1", 1688, id="a group"),
    ],
)
def test_nobody_knocks_where_it_means_nothing(address: str, port: int) -> None:
    """Such an address is a fault already."""
    dns = MemoryDns({"_vlmcs._tcp.a.test": [srv("kms.a.test", port)]}, {"kms.a.test": [address]})
    network = MemoryNetwork()
    facts = _gather(dns, network, "a.test")
    assert network.tried == []
    assert facts.connection(address, port).outcome is ConnectOutcome.NOT_TRIED


def test_port_0_is_never_tried() -> None:
    """The record's own port is none, so only 1688 is looked at."""
    dns = MemoryDns({"_vlmcs._tcp.a.test": [srv("kms.a.test", 0)]}, {"kms.a.test": ["10.0.0.1"]})
    network = MemoryNetwork()
    _gather(dns, network, "a.test")
    assert network.tried == [("10.0.0.1", 1688)]


def test_a_tenure_host_is_looked_up_and_not_knocked_at() -> None:
    """Its addresses are evidence; its port is no business of this check."""
    dns = MemoryDns(
        {"_vlmcs._tcp.a.test": [srv("kms.a.test")], "_tenure._tcp.a.test": [srv("t.a.test")]},
        {"kms.a.test": ["10.0.0.1"], "t.a.test": ["10.0.0.2"]},
    )
    network = MemoryNetwork()
    facts = _gather(dns, network, "a.test")
    assert facts.addresses("t.a.test") == ("10.0.0.2",)
    assert network.tried == [("10.0.0.1", 1688)]


def test_a_hostile_zone_makes_us_knock_at_few_doors() -> None:
    """However many records and addresses a zone has, the number of connects is bounded."""
    names = [f"h{number}.a.test" for number in range(1000)]
    many = [f"10.0.{number}.1" for number in range(250)]
    dns = MemoryDns({"_vlmcs._tcp.a.test": [srv(name) for name in names]}, dict.fromkeys(names, many))
    network = MemoryNetwork()
    facts = _gather(dns, network, "a.test")
    assert len(facts.domains[0].vlmcs.records) == MAX_RECORDS
    assert facts.domains[0].left_out == 1000 - MAX_RECORDS
    assert len(network.tried) == MAX_ADDRESSES


def test_a_silent_dns_is_asked_once_a_domain() -> None:
    """Every further question would take its whole time."""
    dns = MemoryDns(failing={"_vlmcs._tcp.sub.a.test": DnsOutcome.NO_ANSWER})
    facts = _gather(dns, MemoryNetwork(), "sub.a.test")
    assert dns.asked == ["_vlmcs._tcp.sub.a.test"]
    assert facts.domains[0].tenure.outcome is DnsOutcome.NO_ANSWER


def test_where_there_is_no_record_the_surroundings_are_asked() -> None:
    """Is the domain there, and has the one above a record?"""
    dns = MemoryDns({"_vlmcs._tcp.a.test": [srv("kms.a.test")]}, names={"sub.a.test"})
    (domain,) = _gather(dns, MemoryNetwork(), "sub.a.test").domains
    assert domain.exists is True
    assert domain.above is not None
    assert domain.above.records == (srv("kms.a.test"),)


def test_the_suffixes_stand_in_for_domains() -> None:
    """And the facts say that nobody named them."""
    facts = _gather(MemoryDns(), MemoryNetwork(), suffixes=("a.test", "b.test"))
    assert [domain.domain for domain in facts.domains] == ["a.test", "b.test"]
    assert not facts.named
