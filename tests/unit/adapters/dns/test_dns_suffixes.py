"""In which domains this machine looks, and whom it asks."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.dns.machine import MachineDns
from tenure.adapters.dns.resolver import DnsResolver, machine_domains, machine_suffixes
from tenure.adapters.dns.server import DnsServer
from tenure.core.errors import Code, Unavailable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps its suffixes in the registry")
@pytest.mark.parametrize(
    ("text", "suffixes"),
    [
        pytest.param(
            "nameserver 10.0.0.2\nsearch Corp.Test lab.test.\n", ("corp.test", "lab.test"), id="search"
        ),
        pytest.param("nameserver 10.0.0.2\ndomain corp.test\n", ("corp.test",), id="domain"),
        pytest.param("nameserver 10.0.0.2\nsearch a.test a.test\n", ("a.test",), id="one twice"),
        pytest.param("nameserver 10.0.0.2\nsearch .\n", (), id="the root alone"),
        pytest.param("search a.test\n", ("a.test",), id="no server"),
        pytest.param("search a.test\nnameserver nonsense\n", ("a.test",), id="a server that is none"),
    ],
)
def test_the_suffixes_are_those_of_the_file(tmp_path: Path, text: str, suffixes: tuple[str, ...]) -> None:
    """In order, each once, in lower case."""
    file = tmp_path / "resolv.conf"
    file.write_text(text)
    assert machine_suffixes(file) == suffixes


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps its suffixes in the registry")
def test_without_a_list_the_host_names_own_domain_counts(tmp_path: Path) -> None:
    """As in glibc: resolv.conf(5)."""
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver 10.0.0.2\n")
    _, _, domain = socket.gethostname().lower().partition(".")
    assert machine_suffixes(file) == ((domain,) if domain else ())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps its suffixes in the registry")
def test_no_file_is_no_suffix(tmp_path: Path) -> None:
    """A machine that is set up with no DNS has none."""
    assert machine_suffixes(tmp_path / "missing") == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps its servers in the registry")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="no file"),
        pytest.param(b"", id="an empty file"),
        pytest.param(b"search a.test\n", id="no server in it"),
        pytest.param(b"nameserver nonsense\n", id="a server that is none"),
        pytest.param(b"nameserver 10.0.0.2\nsearch a..test\n", id="a suffix that is none"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
    ],
)
def test_a_machine_without_a_dns_server_is_told_to_name_one(tmp_path: Path, content: bytes | None) -> None:
    """Nothing can be asked, and the error says what would help."""
    file = tmp_path / "resolv.conf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Unavailable) as refused:
        DnsResolver(file=file)
    assert refused.value.code is Code.DNS_UNAVAILABLE
    assert "--dns-server" in refused.value.cure


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps its suffixes in the registry")
@pytest.mark.parametrize(
    ("text", "domains"),
    [
        pytest.param("search Corp.Test lab.test.\n", ("corp.test", "lab.test"), id="search"),
        pytest.param("domain corp.test\n", ("corp.test",), id="domain"),
        pytest.param("search .\n", (), id="the root alone"),
    ],
)
def test_a_machine_looks_in_its_own_domain_and_then_in_its_search_list(
    tmp_path: Path, text: str, domains: tuple[str, ...]
) -> None:
    """Its own is that of its host name, unless the file names one."""
    file = tmp_path / "resolv.conf"
    file.write_text(text)
    _, _, of_the_host = socket.gethostname().lower().partition(".")
    own = (of_the_host,) if of_the_host and "domain" not in text else ()
    assert machine_domains(file) == tuple(dict.fromkeys((*own, *domains)))
    assert MachineDns(file=file).own_domains() == machine_domains(file)


def test_an_address_needs_no_dns() -> None:
    """Nobody is asked: the server does not exist."""
    dns = MachineDns(DnsServer("192.0.2.1"))
    assert dns.addresses("10.0.0.5") == ("10.0.0.5",)
    assert dns.addresses("[fd00::5]") == ("fd00::5",)
