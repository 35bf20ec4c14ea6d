"""Finding hosts by DNS: which domain, which records, and what is told when there are none."""

from __future__ import annotations

import pytest

from simulators.dns import MemoryDns, srv
from tenure.client.discovery import MAX_DOMAINS, MAX_RECORDS, discover
from tenure.core.errors import Code, Refused, Unavailable
from tenure.core.network import DnsOutcome

A = "_tenure._tcp.a.test"
B = "_tenure._tcp.b.test"


def found(dns: MemoryDns, *domains: str, label: str = "_tenure") -> list[str]:
    """What is found in these domains; every lot falls on the first."""
    return [one.host.text for one in discover(domains, label=label, dns=dns, draw=lambda: 0.0)]


def refusal(dns: MemoryDns, *domains: str) -> Unavailable:
    """Why nothing is found."""
    with pytest.raises(Unavailable) as caught:
        found(dns, *domains)
    return caught.value


def test_a_record_becomes_a_host() -> None:
    """Its target and port, where it stands, and its priority; over TLS if the machine demands it."""
    dns = MemoryDns({A: [srv("kms.a.test", 1700, priority=5)]})
    (one,) = discover(["a.test"], label="_tenure", dns=dns, draw=lambda: 0.0)
    assert (one.host.text, one.domain, one.priority) == ("kms.a.test:1700", "a.test", 5)
    assert one.host.base_url(tls_required=False) == "http://kms.a.test:1700"
    assert one.host.base_url(tls_required=True) == "https://kms.a.test:1700"


def test_hosts_come_by_priority() -> None:
    """Whatever the order in which the DNS gives them."""
    dns = MemoryDns({A: [srv("c.test", priority=9), srv("a.test", priority=0), srv("b.test", priority=1)]})
    assert found(dns, "a.test") == ["a.test:1688", "b.test:1688", "c.test:1688"]


def test_the_first_domain_with_records_wins() -> None:
    """Those after it are not asked."""
    dns = MemoryDns({A: [srv("kms.a.test")], B: [srv("kms.b.test")]})
    assert found(dns, "none.test", "a.test", "b.test") == ["kms.a.test:1688"]
    assert dns.asked == ["_tenure._tcp.none.test", A]


@pytest.mark.parametrize(
    "outcome",
    [DnsOutcome.SERVER_FAILED, DnsOutcome.REFUSED, DnsOutcome.MALFORMED, DnsOutcome.NO_RECORDS],
    ids=str,
)
def test_a_domain_that_fails_is_passed_over(outcome: DnsOutcome) -> None:
    """Its server may be broken while another domain's is well."""
    dns = MemoryDns({B: [srv("kms.b.test")]}, failing={A: outcome})
    assert found(dns, "a.test", "b.test") == ["kms.b.test:1688"]


def test_a_silent_dns_is_not_asked_again() -> None:
    """The next question would go to the same servers, and wait as long."""
    dns = MemoryDns({B: [srv("kms.b.test")]}, failing={A: DnsOutcome.NO_ANSWER})
    assert refusal(dns, "a.test", "b.test").code is Code.DNS_UNAVAILABLE
    assert dns.asked == [A]


def test_without_a_domain_nothing_is_asked() -> None:
    """0x8007007B, as Windows says it."""
    dns = MemoryDns()
    error = refusal(dns)
    assert (error.code, error.hresult, dns.asked) == (Code.DNS_NO_SUFFIX, "0x8007007B", [])
    assert "`search` in /etc/resolv.conf" in error.cure


@pytest.mark.parametrize(
    ("outcome", "code", "hresult"),
    [
        pytest.param(DnsOutcome.NO_NAME, Code.DNS_NO_RECORD, "0x8007232B", id="NXDOMAIN"),
        pytest.param(DnsOutcome.NO_RECORDS, Code.DNS_NO_RECORD, "0x8007251D", id="NODATA"),
        pytest.param(DnsOutcome.SERVER_FAILED, Code.DNS_UNAVAILABLE, "0x8007232A", id="SERVFAIL"),
        pytest.param(DnsOutcome.REFUSED, Code.DNS_UNAVAILABLE, "0x8007232D", id="REFUSED"),
        pytest.param(DnsOutcome.NO_ANSWER, Code.DNS_UNAVAILABLE, "0x8007232A", id="silence"),
        pytest.param(DnsOutcome.MALFORMED, Code.DNS_UNAVAILABLE, "0x8007251E", id="nonsense"),
    ],
)
def test_why_nothing_was_found_is_told(outcome: DnsOutcome, code: Code, hresult: str) -> None:
    """The name that was asked, the reason, Microsoft's number, and what to do."""
    error = refusal(MemoryDns(failing={A: outcome}), "a.test")
    assert (error.code, error.hresult) == (code, hresult)
    assert A in error.detail
    assert error.cure
    assert ("publish-dns" in error.cure) is (code is Code.DNS_NO_RECORD)


def test_of_several_domains_all_are_named_and_the_one_that_failed_tells() -> None:
    """Who got no answer does not know that there is no record."""
    error = refusal(MemoryDns(failing={B: DnsOutcome.SERVER_FAILED}), "a.test", "b.test")
    assert (error.code, error.hresult) == (Code.DNS_UNAVAILABLE, "0x8007232A")
    assert A in error.detail
    assert B in error.detail


def test_the_root_says_that_there_is_decidedly_no_host() -> None:
    """RFC 2782; it is told apart from a record that was forgotten, and the next domain is asked."""
    dns = MemoryDns({A: [srv(".", 0)]})
    error = refusal(dns, "a.test")
    assert error.code is Code.DNS_NO_RECORD
    assert "decidedly" in error.detail
    dns.records[B] = [srv("kms.b.test")]
    assert found(dns, "a.test", "b.test") == ["kms.b.test:1688"]


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(srv("kms.a.test", 0), id="port 0"),
        pytest.param(srv("\\027[2J.a.test"), id="no name of a host"),
        pytest.param(srv("https://kms.a.test"), id="a URL"),
        pytest.param(srv("kms.a.test:99"), id="a port in the name"),
        pytest.param(srv("."), id="the root"),
    ],
)
def test_a_record_that_leads_nowhere_is_left_out(record: object) -> None:
    """Alone it is told as such; beside others it does not matter."""
    bad = srv("\\027.a.test")
    error = refusal(MemoryDns({A: [bad, record]}), "a.test")  # type: ignore[list-item]  # records, as pytest gives them
    assert "names no host that can be asked" in error.detail
    assert found(MemoryDns({A: [record, srv("kms.a.test")]}), "a.test") == ["kms.a.test:1688"]  # type: ignore[list-item]  # as above


def test_a_host_that_is_named_twice_is_asked_once() -> None:
    """At its first turn."""
    dns = MemoryDns({A: [srv("a.test", priority=1), srv("b.test", priority=2), srv("a.test", priority=3)]})
    assert found(dns, "a.test") == ["a.test:1688", "b.test:1688"]


def test_records_and_domains_are_bounded() -> None:
    """The best priorities are kept; a search list without end is cut."""
    many = [srv(f"h{number}.test", priority=1_000 - number) for number in range(200)]
    assert len(found(MemoryDns({A: many}), "a.test")) == MAX_RECORDS
    assert found(MemoryDns({A: many}), "a.test")[0] == "h199.test:1688"
    dns = MemoryDns()
    refusal(dns, *(f"d{number}.test" for number in range(100)))
    assert len(dns.asked) == MAX_DOMAINS


def test_microsofts_records_are_never_asked_for() -> None:
    """Whatever stands in the machine's file (ADR 0001)."""
    dns = MemoryDns({"_vlmcs._tcp.a.test": [srv("kms.a.test")]})
    with pytest.raises(Refused) as caught:
        found(dns, "a.test", label="_vlmcs")
    assert (caught.value.code, dns.asked) == (Code.FOREIGN_SERVICE, [])


def test_another_label_is_looked_up() -> None:
    """The label is a setting."""
    assert found(MemoryDns({"_own._tcp.a.test": [srv("kms.a.test")]}), "a.test", label="_own") == [
        "kms.a.test:1688"
    ]
