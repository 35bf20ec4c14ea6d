"""`tenure microsoft check` against a real BIND 9 that has a zone of every fault."""

from __future__ import annotations

import json
import secrets
import socket
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

from simulators.bind import BIND_MISSING, NAMED, Bind, bind
from simulators.dns import REFUSED, TIMED_OUT, UNREACHABLE
from simulators.listener import Recording, recording
from tenure.adapters.tcp_probe import TcpProbe
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.microsoft.check_findings import Fault
from tenure.programs.microsoft_check import CheckReport, check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tenure.core.network import Connection

F = Fault
CROWD: Final = "\n".join(f"_vlmcs._tcp SRV 0 0 1688 gone{number}" for number in range(40))

ZONES: Final[dict[str, tuple[str, set[Fault]]]] = {
    # A domain, its zone (of kms, all addresses in 10.0.0.0/24 are KMS hosts on 1688), and what is to be found.
    "good.test": ("_vlmcs._tcp SRV 0 0 1688 kms\nkms A 10.0.0.1", set()),
    "six.test": ("_vlmcs._tcp SRV 0 0 1688 kms\nkms AAAA fd00::1", set()),
    "none.test": ("", {F.NO_RECORD}),
    "stale.test": ("_vlmcs._tcp SRV 0 0 1688 gone", {F.TARGET_MISSING}),
    "no-address.test": ('_vlmcs._tcp SRV 0 0 1688 kms\nkms TXT "moved"', {F.TARGET_MISSING}),
    "refused.test": ("_vlmcs._tcp SRV 0 0 1688 kms\nkms A 10.0.1.1", {F.PORT_REFUSED}),
    "filtered.test": ("_vlmcs._tcp SRV 0 0 1688 kms\nkms A 10.0.2.1", {F.PORT_FILTERED}),
    "unreachable.test": ("_vlmcs._tcp SRV 0 0 1688 kms\nkms AAAA fd00:3::1", {F.HOST_UNREACHABLE}),
    "wrong-port.test": ("_vlmcs._tcp SRV 0 0 1689 kms\nkms A 10.0.0.1", {F.PORT_WRONG}),
    "port-zero.test": ("_vlmcs._tcp SRV 0 0 0 kms\nkms A 10.0.0.1", {F.PORT_WRONG}),
    "web.test": ("_vlmcs._tcp SRV 0 0 443 kms\nkms A 10.0.0.1", {F.PORT_DOUBTFUL}),
    "moved-port.test": ("_vlmcs._tcp SRV 0 0 5000 kms\nkms A 10.0.4.1", {F.PORT_UNUSUAL}),
    "twice.test": (
        "_vlmcs._tcp SRV 0 0 1688 kms\n_vlmcs._tcp SRV 0 0 1689 kms\nkms A 10.0.0.1",
        {F.HOST_LISTED_TWICE, F.PORT_WRONG},
    ),
    "renamed.test": (
        "_vlmcs._tcp SRV 0 0 1688 old\n_vlmcs._tcp SRV 0 0 1688 new\nold A 10.0.0.1\nnew A 10.0.0.1",
        {F.HOST_LISTED_TWICE},
    ),
    "order.test": (
        "_vlmcs._tcp SRV 0 0 1688 a\n_vlmcs._tcp SRV 10 0 1688 b\na A 10.0.0.1\nb A 10.0.0.2",
        {F.PRIORITIES_USELESS, F.COUNT_SPLIT},
    ),
    "weight.test": (
        "_vlmcs._tcp SRV 0 90 1688 a\n_vlmcs._tcp SRV 0 10 1688 b\na A 10.0.0.1\nb A 10.0.0.2",
        {F.PRIORITIES_USELESS, F.COUNT_SPLIT},
    ),
    "pair.test": (
        "_vlmcs._tcp SRV 0 0 1688 a\n_vlmcs._tcp SRV 0 0 1688 b\na A 10.0.0.1\nb A 10.0.0.2",
        {F.COUNT_SPLIT},
    ),
    "tenure.test": (
        "_vlmcs._tcp SRV 0 0 1688 t\n_tenure._tcp SRV 0 0 1688 t\nt A 10.0.0.1",
        {F.TENURE_HOST},
    ),
    "tenure-renamed.test": (
        "_vlmcs._tcp SRV 0 0 1688 kms\n_tenure._tcp SRV 0 0 1688 t\nkms A 10.0.0.1\nt A 10.0.0.1",
        {F.TENURE_HOST},
    ),
    "beside.test": (
        "_vlmcs._tcp SRV 0 0 1688 kms\n_tenure._tcp SRV 0 0 1700 kms\nkms A 10.0.0.1",
        set(),
    ),
    "public.test": ("_vlmcs._tcp SRV 0 0 1688 kms\nkms A 8.8.8.8", {F.PUBLIC_ADDRESS}),
    "global.test": ("_vlmcs._tcp SRV 0 0 1688 kms\nkms AAAA 2606:4700::1", {F.GLOBAL_IPV6_ADDRESS}),
    "no-dhcp.test": ("_vlmcs._tcp SRV 0 0 1688 kms\nkms A 169.254.7.7", {F.UNUSABLE_ADDRESS}),
    "denied.test": ("_vlmcs._tcp SRV 0 0 0 .", {F.SERVICE_DENIED}),
    "number.test": ("_vlmcs._tcp SRV 0 0 1688 10.0.0.1.", {F.TARGET_IS_ADDRESS}),
    "bare.test": ("_vlmcs._tcp SRV 0 0 1688 kms01.", {F.TARGET_WITHOUT_SUFFIX}),
    "dotless.test": (
        "_vlmcs._tcp SRV 0 0 1688 kms.dotless.test\nkms A 10.0.0.1",
        {F.TARGET_SUFFIX_DOUBLED},
    ),
    "alias.test": (
        "_vlmcs._tcp SRV 0 0 1688 www\nwww CNAME kms\nkms A 10.0.0.1",
        {F.TARGET_IS_ALIAS},
    ),
    "delegated.test": ("_vlmcs._tcp SRV 0 0 1688 kms.broken.test.", {F.TARGET_UNRESOLVED}),
    "half.test": ("_vlmcs._tcp SRV 0 0 1688 kms\nkms A 10.0.0.1\nkms A 10.0.1.1", {F.ADDRESS_DEAD}),
    "no-six.test": (
        "_vlmcs._tcp SRV 0 0 1688 kms\nkms A 10.0.0.1\nkms AAAA fd00:3::1",
        {F.ADDRESS_NOT_TESTABLE},
    ),
    "crowd.test": (CROWD, {F.TOO_MANY_RECORDS, F.TARGET_MISSING}),
}
ELSEWHERE: Final = {
    "nowhere.good.test": {F.DOMAIN_UNKNOWN},
    "broken.test": {F.DNS_SERVER_FAILED},
    "not-served.example": {F.DNS_REFUSED},
}
"""Domains without a zone of their own."""
OTHER_TESTS: Final = {F.SUFFIX_MISSING, F.SUFFIX_NOT_SEARCHED, F.DNS_NO_ANSWER}
NOTES: Final = {
    F.COUNT_SPLIT,
    F.GLOBAL_IPV6_ADDRESS,
    F.ADDRESS_NOT_TESTABLE,
    F.PORT_UNUSUAL,
    F.SUFFIX_NOT_SEARCHED,
}


@dataclass
class RoutedProbe:
    """The real probe, led to one listener for what is open; nothing leaves the loopback interface."""

    listener: Recording
    tried: list[tuple[str, int]] = field(default_factory=list)

    def connect(self, address: str, port: int) -> Connection:
        """The network of the zones: which of its addresses answers on which port."""
        self.tried.append((address, port))
        match address, port:
            case (("10.0.0.1" | "10.0.0.2" | "fd00::1" | "8.8.8.8" | "2606:4700::1"), 1688):
                return TcpProbe().connect(self.listener.address, self.listener.port)
            case ("10.0.0.1", 443) | ("10.0.4.1", 5000):
                return TcpProbe().connect(self.listener.address, self.listener.port)
            case ("10.0.0.1", 1689) | ("10.0.1.1", 1688):
                return REFUSED
            case "fd00:3::1", _:
                return UNREACHABLE
            case _:
                return TIMED_OUT


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    """BIND with every zone of the table, and `broken.test`."""
    if NAMED is None:
        pytest.skip(BIND_MISSING)
    zones = {domain: records for domain, (records, _) in ZONES.items()}
    with bind(tmp_path_factory.mktemp("bind"), zones, broken=["broken.test"]) as running:
        yield running


def _check(
    server: str, *domains: str, probe: RoutedProbe | None = None, suffixes: tuple[str, ...] = ()
) -> CheckReport:
    return check(domains, dns_server=server, seconds=2.0, tell=lambda _: None, probe=probe, suffixes=suffixes)


@pytest.mark.real
@pytest.mark.parametrize(
    ("domain", "expected"),
    [*((d, faults) for d, (_, faults) in ZONES.items()), *ELSEWHERE.items()],
    ids=[*ZONES, *ELSEWHERE],
)
def test_every_fault_is_found_and_nothing_else(faulty: Bind, domain: str, expected: set[Fault]) -> None:
    """The faults of a zone are exactly those that were put in, each with a detail; notes alone are well."""
    with recording() as listener:
        report = _check(faulty.text, domain, probe=RoutedProbe(listener), suffixes=(domain,))
    assert {finding.fault for finding in report.findings} == expected
    assert all(finding.domain == domain and finding.detail for finding in report.findings)
    assert report.well is (expected <= NOTES)
    assert set(listener.received) <= {b""}


def test_the_zones_have_every_fault() -> None:
    """No fault is without a test."""
    tested = set().union(*(faults for _, faults in ZONES.values()), *ELSEWHERE.values(), OTHER_TESTS)
    assert tested == set(Fault)


@pytest.mark.real
def test_all_at_once_finds_the_same(faulty: Bind) -> None:
    """Domains do not disturb each other, and no port is knocked at twice."""
    expected = {(d, fault) for d, (_, faults) in ZONES.items() for fault in faults}
    expected |= {(d, fault) for d, faults in ELSEWHERE.items() for fault in faults}
    domains = (*ZONES, *ELSEWHERE)
    with recording() as listener:
        probe = RoutedProbe(listener)
        report = _check(faulty.text, *domains, *ZONES, probe=probe, suffixes=domains)
    assert {(finding.domain, finding.fault) for finding in report.findings} == expected
    assert len(probe.tried) == len(set(probe.tried))
    assert not report.answered


@pytest.mark.real
def test_a_suffix_that_is_not_searched_is_a_note(faulty: Bind) -> None:
    """A record in a domain in which this machine does not look is well, and said."""
    with recording() as listener:
        report = _check(faulty.text, "good.test", probe=RoutedProbe(listener), suffixes=("other.test",))
    (finding,) = report.findings
    assert finding.fault is F.SUFFIX_NOT_SEARCHED
    assert "looks in other.test" in finding.detail
    assert report.well


@pytest.mark.real
def test_without_a_domain_the_machines_suffixes_are_looked_at(faulty: Bind) -> None:
    """The suffixes stand in for the domains; one without a record is found."""
    with recording() as listener:
        report = _check(faulty.text, probe=RoutedProbe(listener), suffixes=("good.test", "none.test"))
    assert [(f.domain, f.fault) for f in report.findings] == [("none.test", F.NO_RECORD)]


def test_a_machine_without_a_suffix_looks_nowhere() -> None:
    """Nothing is asked, and that is what is wrong."""
    report = _check("127.0.0.1:9", suffixes=())
    assert [finding.fault for finding in report.findings] == [F.SUFFIX_MISSING]
    assert report.findings[0].client_error == "0x8007007B"


@pytest.mark.real
def test_a_record_of_the_domain_above_is_told(faulty: Bind) -> None:
    """The host is one level up, where a client of the lower domain does not look."""
    with recording() as listener:
        report = _check(faulty.text, "ns.good.test", probe=RoutedProbe(listener))
    (finding,) = report.findings
    assert finding.fault is F.NO_RECORD
    assert "slmgr /skms-domain good.test" in finding.detail


@pytest.mark.real
@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 on its loopback interface"
)
def test_check_sends_no_byte_to_port_1688(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole command, its own DNS and its own probe: a listener on port 1688 itself hears a connect and nothing else."""
    if NAMED is None:
        pytest.skip(BIND_MISSING)
    # An address of the loopback network that nobody else has, so that the port need not be another one.
    address = f"127.{88 + secrets.randbelow(100)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
    zone = f"_vlmcs._tcp SRV 0 0 1688 kms\n_tenure._tcp SRV 0 0 1688 kms\nkms A {address}"
    with recording(address, 1688) as listener, bind(tmp_path, {"kms.test": zone}) as server:
        code = run(command, ["microsoft", "check", "kms.test", "--dns-server", server.text, "--json"])
    told = json.loads(capsys.readouterr().out)
    (record,) = told["domains"][0]["records"]
    assert code == 3
    assert record["addresses"][0]["connect"] == "open"
    assert {finding["code"] for finding in told["findings"]} >= {"tenure_host", "unusable_address"}
    assert listener.received == [b""]


@pytest.mark.real
def test_the_command_tells_people_and_programs_the_same(
    faulty: Bind, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text has every finding of the JSON, with its code, detail and cure."""
    arguments = ["microsoft", "check", "none.test", "denied.test", "--dns-server", faulty.text]
    assert run(command, [*arguments, "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["well"] is False
    assert told["dns_server"] == faulty.text
    assert run(command, arguments) == 3
    text = capsys.readouterr().out
    assert {f["code"] for f in told["findings"]} >= {"no_record", "service_denied"}
    for finding in told["findings"]:
        assert f"({finding['code']})" in text
        assert finding["detail"] in text
        assert finding["cure"] in text


@pytest.mark.real
def test_a_dns_that_fails_is_exit_code_4(faulty: Bind, capsys: pytest.CaptureFixture[str]) -> None:
    """One domain that could not be asked about is enough; what was found of the others is still told."""
    arguments = ["microsoft", "check", "none.test", "broken.test", "--dns-server", faulty.text, "--json"]
    assert run(command, arguments) == 4
    codes = {finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert codes >= {"no_record", "dns_server_failed"}


def test_a_silent_dns_is_exit_code_4(capsys: pytest.CaptureFixture[str]) -> None:
    """Each domain is asked about once, and the answer is that there was none."""
    with socket.socket(type=socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{mute.getsockname()[1]}"
        arguments = ["microsoft", "check", "good.test", "--dns-server", server, "--timeout", "0.2", "--json"]
        assert run(command, arguments) == 4
    told = json.loads(capsys.readouterr().out)
    assert [finding["code"] for finding in told["findings"]] == ["dns_no_answer"]
    assert told["domains"][0]["dns"] == "no_answer"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["https://example.com"], id="a URL for a domain"),
        pytest.param(["10.0.0.1"], id="an address for a domain"),
        pytest.param(["good.test", "--dns-server", "dns.example.com"], id="a name for the server"),
        pytest.param(["good.test", "--dns-server", "10.0.0.1:0"], id="a port that is none"),
        pytest.param(["good.test", "--timeout", "0"], id="no time"),
        pytest.param(["x.test"] * 1001, id="more domains than one run takes"),
    ],
)
def test_what_cannot_be_meant_is_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is asked, and the error says what to write."""
    assert run(command, ["microsoft", "check", *arguments]) == 2
    assert capsys.readouterr().err
