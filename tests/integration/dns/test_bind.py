"""The BIND of the tests: what it is started with is what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dns.query
import dns.rcode
import dns.update
import pytest

from simulators.bind import BIND_MISSING, NAMED, Bind, TsigKey, bind
from tenure.adapters.dns.resolver import DnsResolver
from tenure.adapters.dns.server import DnsServer

if TYPE_CHECKING:
    from pathlib import Path


def _records(server: Bind, name: str) -> list[str]:
    return [r.text for r in DnsResolver(DnsServer(server.address, server.port)).srv(name).records]


@pytest.mark.real
def test_the_key_may_update_its_zone(server: Bind, tsig_key: TsigKey) -> None:
    """A record that is added is there at once, and gone once it is deleted."""
    added = tsig_key.update("example.test")
    added.add("_new._tcp", 60, "SRV", "0 0 1688 new.example.test.")
    assert dns.query.tcp(added, server.address, port=server.port).rcode() == dns.rcode.NOERROR
    assert _records(server, "_new._tcp.example.test") == ["new.example.test:1688"]
    deleted = tsig_key.update("example.test")
    deleted.delete("_new._tcp")
    assert dns.query.tcp(deleted, server.address, port=server.port).rcode() == dns.rcode.NOERROR
    assert _records(server, "_new._tcp.example.test") == []


@pytest.mark.real
def test_nobody_else_may(server: Bind, tsig_key: TsigKey) -> None:
    """Without the key, or in another zone, an update is refused."""
    bare = dns.update.UpdateMessage("example.test")
    bare.add("_new._tcp", 60, "SRV", "0 0 1688 new.example.test.")
    assert dns.query.tcp(bare, server.address, port=server.port).rcode() == dns.rcode.REFUSED
    elsewhere = tsig_key.update("fixed.test")
    elsewhere.add("_new._tcp", 60, "SRV", "0 0 1688 new.example.test.")
    assert dns.query.tcp(elsewhere, server.address, port=server.port).rcode() == dns.rcode.REFUSED


@pytest.mark.real
def test_it_ends_with_its_block(tmp_path: Path) -> None:
    """The process is gone, and its log was kept until then."""
    if NAMED is None:
        pytest.skip(BIND_MISSING)
    with bind(tmp_path, {"short.test": "_x._tcp SRV 0 0 1 a.short.test."}) as running:
        assert _records(running, "_x._tcp.short.test") == ["a.short.test:1"]
        assert running.process.poll() is None
    assert running.process.returncode == 0
    assert any("zone short.test/IN: loaded" in line for line in running.log)
