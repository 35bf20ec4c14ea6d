"""A machine finds its hosts by a real BIND 9, whose records come and go."""

from __future__ import annotations

import json
import random
import re
import socket
import time
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dns.query
import dns.rcode
import pytest

from simulators.agents import agent
from simulators.command_line import Cli, listening
from simulators.world import GrantingHost
from tenure.adapters.dns.machine import MachineDns
from tenure.adapters.dns.server import parse_dns_server
from tenure.client.discovery import discover
from tenure.client.host_address import parse_host
from tenure.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulators.bind import Bind, TsigKey

    Captured = pytest.CaptureFixture[str]

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "find-a-host.md"
ZONE = "example.test"
TARGET = f"local.{ZONE}."
DOMAINS = count(1)


@dataclass
class Site:
    """A machine with a key and no host set, a domain of its own in the BIND, and two hosts that listen."""

    cli: Cli
    server: Bind
    key: TsigKey
    domain: str
    first: GrantingHost
    second: GrantingHost
    ports: tuple[int, int]

    def publish(self, *records: tuple[int, int, int], target: str = TARGET) -> None:
        """The domain's records are these: priority, weight, port."""
        update = self.key.update(ZONE)
        name = f"_tenure._tcp.{self.domain}."
        update.delete(name)
        for priority, weight, port in records:
            update.add(name, 60, "SRV", f"{priority} {weight} {port} {target}")
        assert dns.query.tcp(update, self.server.address, port=self.server.port).rcode() == dns.rcode.NOERROR

    def run(self, command: str, *more: str) -> int:
        """The exit code of a client command that asks this BIND for this domain."""
        return self.cli(
            "client", command, "--domain", self.domain, "--dns-server", self.server.text, "--json", *more
        )

    def look(self) -> None:
        """The machine's settings say the same."""
        assert self.cli("client", "discovery", "--domain", self.domain, "--dns-server", self.server.text) == 0

    @property
    def asked(self) -> tuple[int, int]:
        """How often each host was asked for a lease."""
        return len(self.first.bodies), len(self.second.bodies)

    @property
    def dead_port(self) -> int:
        """Where nothing listens."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port: int = taken.getsockname()[1]
            return port


@pytest.fixture
def site(server: Bind, tsig_key: TsigKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Everything is there but the records."""
    home = tmp_path / "home"
    monkeypatch.setenv("TENURE_HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("TENURE_CATALOG", raising=False)
    cli = Cli(home)
    second = GrantingHost(cli.publisher, lambda: int(time.time()), certificate=cli.host.certificate)
    assert cli("client", "install-key", cli.key, "--catalog", str(cli.catalog_file)) == 0
    with listening(cli.host) as one, listening(second) as other:
        ports = parse_host(one).port, parse_host(other).port
        yield Site(cli, server, tsig_key, f"d{next(DOMAINS)}.{ZONE}", cli.host, second, ports)


def printed(capsys: Captured) -> dict[str, Any]:
    """The one JSON object on standard output since the last look."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.real
def test_a_machine_is_activated_without_naming_a_host(site: Site, capsys: Captured) -> None:
    """The record leads to the host: name and address from the server that was named, on its own port."""
    site.publish((0, 0, site.ports[0]))
    capsys.readouterr()
    assert site.run("activate") == 0
    status = printed(capsys)
    assert (status["license_status"], status["host_source"]) == ("licensed", "dns")
    assert status["host"] == f"local.{ZONE}:{site.ports[0]}"


@pytest.mark.real
def test_of_two_hosts_the_better_priority_is_asked_and_the_other_when_it_fails(site: Site) -> None:
    """No answer, then a port where nothing listens: the second host's lease is as good."""
    site.publish((10, 0, site.ports[1]), (0, 0, site.ports[0]))
    assert site.run("activate") == 0
    assert site.asked == (1, 0)
    site.publish((10, 0, site.ports[1]), (0, 0, site.dead_port))
    assert site.run("renew") == 0
    assert site.asked == (2, 0)
    assert site.cli("client", "discovery", "--host-caching", "off") == 0
    assert site.run("renew") == 0
    assert site.asked == (2, 1)


@pytest.mark.real
def test_a_better_host_that_is_published_later_is_found_and_a_vanished_record_loses_none(site: Site) -> None:
    """The cached host is a preference among equals, and outlives its record."""
    site.publish((10, 0, site.ports[0]))
    assert site.run("activate") == 0
    site.publish((10, 0, site.ports[1]))
    assert site.run("renew") == 0
    assert site.asked == (2, 0)
    site.publish()
    assert site.run("renew") == 0
    assert site.asked == (3, 0)
    site.publish((5, 0, site.ports[1]))
    assert site.run("renew") == 0
    assert site.asked == (3, 1)


@pytest.mark.real
def test_weights_share_the_load(site: Site) -> None:
    """Of 400 machines three in four ask the host of weight 3."""
    site.publish((0, 30, site.ports[0]), (0, 10, site.ports[1]))
    resolver = MachineDns(parse_dns_server(site.server.text))
    lots = random.Random(2782)  # noqa: S311 - the same lots in every run
    first = Counter(
        discover([site.domain], label="_tenure", dns=resolver, draw=lots.random)[0].host.port
        for _ in range(400)
    )
    assert 260 < first[site.ports[0]] < 340


@pytest.mark.real
def test_the_search_list_is_gone_through(site: Site, tmp_path: Path) -> None:
    """A resolv.conf names the domains; the first one with records wins."""
    site.publish((0, 0, site.ports[0]))
    file = tmp_path / "resolv.conf"
    file.write_text(f"domain nothing.{ZONE}\nsearch nothing.{ZONE} fixed.test {site.domain}\n")
    resolver = MachineDns(parse_dns_server(site.server.text), file=file)
    (found,) = discover(resolver.own_domains(), label="_tenure", dns=resolver, draw=random.random)
    assert (found.domain, found.host.port) == (site.domain, site.ports[0])


@pytest.mark.real
def test_an_agent_finds_its_host_when_it_is_published(site: Site) -> None:
    """It goes by the settings, and asks again by itself."""
    site.look()
    with agent(site.cli.home) as it:
        it.until("there is no such name")
        site.publish((0, 0, site.ports[0]))
        it.until("has a lease")
    assert site.asked == (1, 0)


@pytest.mark.real
def test_the_contact_is_tested_with_what_the_dns_names(site: Site, capsys: Captured) -> None:
    """Every host in its order, and how it was found; nothing is counted or remembered."""
    site.publish((0, 0, site.ports[0]), (10, 0, site.ports[1]))
    capsys.readouterr()
    site.run("check-host")
    hosts = printed(capsys)["hosts"]
    assert [parse_host(one["host"]).port for one in hosts] == list(site.ports)
    assert [one["found"] for one in hosts] == [
        {"domain": site.domain, "priority": 0},
        {"domain": site.domain, "priority": 10},
    ]
    assert {one["addresses"][0]["outcome"] for one in hosts} == {"open"}
    assert site.asked == (0, 0)
    assert site.cli("client", "discovery", "--json") == 0
    assert printed(capsys)["found"] is None


@pytest.mark.real
def test_slmgr_tells_the_host_from_dns(site: Site, capsys: Captured) -> None:
    """/skms-domain, /ato, /ckhc, /dli: in Microsoft's words."""
    site.publish((0, 0, site.ports[0]))
    site.look()
    assert site.cli("slmgr", "/skms-domain", site.domain) == 0
    assert site.cli("slmgr", "/ato") == 0
    assert site.cli("slmgr", "/ckhc") == 0
    capsys.readouterr()
    assert site.cli("slmgr", "/dli") == 0
    told = capsys.readouterr().out
    assert f"    Registered KMS SRV record lookup domain: {site.domain}\n" in told
    assert f"    KMS machine name from DNS: local.{ZONE}:{site.ports[0]}\n" in told
    assert "    KMS host caching is disabled\n" in told


@pytest.mark.real
@pytest.mark.parametrize(
    ("domain", "code", "hresult"),
    [
        pytest.param("nothing.example.test", "dns_no_record", "0x8007232B", id="NXDOMAIN"),
        pytest.param("broken.test", "dns_unavailable", "0x8007232A", id="SERVFAIL"),
        pytest.param("elsewhere.test", "dns_unavailable", "0x8007232D", id="REFUSED"),
    ],
)
def test_what_the_dns_lacks_is_told(
    site: Site, capsys: Captured, domain: str, code: str, hresult: str
) -> None:
    """Exit 4, with the code, Microsoft's number and a cure; a failed zone is told apart from an empty one."""
    site.domain = domain
    capsys.readouterr()
    assert site.run("activate") == 4
    error = printed(capsys)["error"]
    assert (error["code"], error["hresult"]) == (code, hresult)
    assert domain in error["detail"]
    assert error["cure"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("target", "told"),
    [
        pytest.param(".", "decidedly no activation host", id="the root"),
        pytest.param(f"gone.{ZONE}.", "there is no such name", id="a target without a name"),
        pytest.param(f"text.{ZONE}.", "no such record", id="a target without an address"),
        pytest.param(f"loop.{ZONE}.", "The DNS gave nothing for loop.", id="a target that leads in a circle"),
    ],
)
def test_a_record_that_leads_to_nobody_is_told(site: Site, capsys: Captured, target: str, told: str) -> None:
    """Exit 4, and why."""
    site.publish((0, 0, 1688), target=target)
    capsys.readouterr()
    assert site.run("activate") == 4
    assert told in printed(capsys)["error"]["detail"]


@pytest.mark.real
def test_every_command_of_the_guide_works_as_typed(site: Site) -> None:
    """The table of docs/how-to/find-a-host.md, with this BIND and this domain in place of the guide's."""
    site.publish((0, 0, site.ports[0]))
    table = GUIDE.read_text().partition("| to | type | or |")[2].partition("\n\n")[0]
    typed = re.findall(r"`((?:tenure|slmgr) [^`]+)`", table)
    assert len(typed) == 9
    real = {"10.0.0.2": site.server.text, "10.0.0.2:5353": site.server.text}
    real |= {"corp.example": site.domain, "lab.example": site.domain}
    for command in typed:
        words = [real.get(word, word) for word in command.removeprefix("tenure ").split()]
        assert site.cli(*words) == 0, command


def test_a_machine_without_a_suffix_asks_nobody(tmp_path: Path) -> None:
    """0x8007007B."""
    (tmp_path / "resolv.conf").write_text("domain .\n")
    nobody = MachineDns(parse_dns_server("127.0.0.1:1"), file=tmp_path / "resolv.conf")
    with pytest.raises(Unavailable) as caught:
        discover(nobody.own_domains(), label="_tenure", dns=nobody, draw=random.random)
    assert caught.value.hresult == "0x8007007B"
