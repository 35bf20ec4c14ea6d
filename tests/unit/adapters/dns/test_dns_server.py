"""The address of a DNS server, as it is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.adapters.dns.server import DnsServer, parse_dns_server
from tenure.core.errors import Code, UsageError


@pytest.mark.parametrize(
    ("typed", "server"),
    [
        pytest.param("10.0.0.2", DnsServer("10.0.0.2", 53), id="IPv4"),
        pytest.param(" 10.0.0.2:5353 ", DnsServer("10.0.0.2", 5353), id="IPv4 and a port"),
        pytest.param("fd00::2", DnsServer("fd00::2", 53), id="IPv6"),
        pytest.param("[fd00::2]", DnsServer("fd00::2", 53), id="IPv6 in brackets"),
        pytest.param("[FD00::2]:5353", DnsServer("fd00::2", 5353), id="IPv6 and a port"),
        pytest.param("fe80::1%eth0", DnsServer("fe80::1%eth0", 53), id="link-local, with its zone"),
        pytest.param("10.0.0.2:65535", DnsServer("10.0.0.2", 65535), id="the last port"),
    ],
)
def test_a_server_is_taken(typed: str, server: DnsServer) -> None:
    """Its text says the same again."""
    assert parse_dns_server(typed) == server
    assert parse_dns_server(server.text) == server


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="empty"),
        pytest.param("dns.example.com", id="a name"),
        pytest.param("10.0.0.2:0", id="port 0"),
        pytest.param("10.0.0.2:65536", id="a port too high"),
        pytest.param("10.0.0.2:", id="no port"),
        pytest.param("[10.0.0.2]:53", id="IPv4 in brackets"),
        pytest.param("fe80::1%eth0\x1b[2J", id="a control character"),
        pytest.param("udp://10.0.0.2", id="a URL"),
        pytest.param("1" * 100_000, id="far too long"),
    ],
)
def test_what_is_no_server_is_refused(typed: str) -> None:
    """The error is short, printable, and shows how to write one."""
    with pytest.raises(UsageError) as refused:
        parse_dns_server(typed)
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert refused.value.detail.isprintable()
    assert len(refused.value.detail) < 200


@given(st.text(alphabet="0123456789abcdef:.[]%", max_size=60))
def test_anything_is_a_server_or_refused(typed: str) -> None:
    """What was taken has the same text ever after."""
    try:
        server = parse_dns_server(typed)
    except UsageError:
        return
    assert parse_dns_server(server.text) == server
