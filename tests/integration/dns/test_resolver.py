"""The DNS adapter against a real BIND 9."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tenure.adapters.dns.resolver import DnsResolver
from tenure.adapters.dns.server import DnsServer, parse_dns_server
from tenure.core.network import AddressAnswer, DnsOutcome, SrvRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulators.bind import Bind


@pytest.fixture
def resolver(server: Bind) -> DnsResolver:
    """Asks that BIND."""
    return DnsResolver(parse_dns_server(server.text))


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The UDP and the TCP socket of a server on one port; the second does not listen yet."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue  # somebody has this number for TCP
            yield udp, tcp
            return


@pytest.fixture
def mute(sockets: tuple[socket.socket, socket.socket]) -> socket.socket:
    """The socket of a server that takes every question and answers none."""
    return sockets[0]


def _address(udp: socket.socket) -> DnsServer:
    address, port = udp.getsockname()
    return DnsServer(address, port)


@pytest.mark.real
def test_a_record_comes_whole_and_in_lower_case(resolver: DnsResolver) -> None:
    """Priority, weight, port, target and time to live are those of the zone."""
    answer = resolver.srv("_one._tcp.example.test")
    assert answer.outcome is DnsOutcome.FOUND
    assert answer.records == (SrvRecord(0, 0, 1688, "host.example.test", 300),)
    assert answer.milliseconds > 0


@pytest.mark.real
def test_records_come_by_priority_and_then_weight(resolver: DnsResolver) -> None:
    """The smallest priority is first, of equals the largest weight."""
    found = resolver.srv("_order._tcp.example.test").records
    assert [record.text for record in found] == [
        "z.example.test:3",
        "a.example.test:2",
        "b.example.test:1",
    ]


@pytest.mark.real
def test_an_answer_that_does_not_fit_comes_over_tcp(resolver: DnsResolver) -> None:
    """90 records are more than UDP carries, and all of them arrive."""
    assert len(resolver.srv("_many._tcp.example.test").records) == 90


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        pytest.param("_alias._tcp.example.test", DnsOutcome.FOUND, id="through an alias"),
        pytest.param("text.example.test", DnsOutcome.NO_RECORDS, id="NODATA"),
        pytest.param("_vlmcs._tcp.example.test", DnsOutcome.NO_NAME, id="NXDOMAIN"),
        pytest.param("_vlmcs._tcp.broken.test", DnsOutcome.SERVER_FAILED, id="SERVFAIL"),
        pytest.param("_vlmcs._tcp.elsewhere.test", DnsOutcome.REFUSED, id="REFUSED"),
        pytest.param("_loop._tcp.example.test", DnsOutcome.SERVER_FAILED, id="a loop of aliases"),
        pytest.param(f"{'x' * 64}.test", DnsOutcome.MALFORMED, id="no name: a label of 64"),
        pytest.param("a..test", DnsOutcome.MALFORMED, id="no name: an empty label"),
    ],
)
def test_every_outcome_is_told_apart(resolver: DnsResolver, name: str, outcome: DnsOutcome) -> None:
    """A failure says why; an answer needs no excuse."""
    answer = resolver.srv(name)
    assert answer.outcome is outcome
    assert bool(answer.detail) is not outcome.is_answer
    assert bool(answer.records) is (outcome is DnsOutcome.FOUND)


@pytest.mark.real
def test_a_target_of_nobody_is_a_dot(resolver: DnsResolver) -> None:
    """RFC 2782: the service is decidedly not there."""
    assert resolver.srv("_denied._tcp.example.test").records[0].target == "."


@pytest.mark.real
def test_a_hostile_target_cannot_steer_a_terminal(resolver: DnsResolver) -> None:
    """Control characters in a name come escaped."""
    (record,) = resolver.srv("_hostile._tcp.example.test").records
    assert record.target.isprintable()
    assert record.target.startswith("\\027")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "addresses", "alias"),
    [
        pytest.param("host.example.test", ("10.0.0.3", "10.0.0.20", "fd00::1"), None, id="both families"),
        pytest.param("six.example.test", ("fd00::6",), None, id="IPv6 only"),
        pytest.param(
            "alias.example.test", ("10.0.0.3", "10.0.0.20", "fd00::1"), "host.example.test", id="alias"
        ),
    ],
)
def test_addresses_come_in_order(
    resolver: DnsResolver, name: str, addresses: tuple[str, ...], alias: str | None
) -> None:
    """IPv4 by number, then IPv6; an alias is told."""
    assert resolver.addresses(name) == AddressAnswer(name, DnsOutcome.FOUND, addresses, alias)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "outcome", "alias"),
    [
        pytest.param("text.example.test", DnsOutcome.NO_RECORDS, None, id="no address"),
        pytest.param("gone.example.test", DnsOutcome.NO_NAME, None, id="no name"),
        pytest.param("dangling.example.test", DnsOutcome.NO_NAME, "gone.example.test", id="dangling alias"),
        pytest.param("host.broken.test", DnsOutcome.SERVER_FAILED, None, id="SERVFAIL"),
    ],
)
def test_a_name_without_addresses_says_why(
    resolver: DnsResolver, name: str, outcome: DnsOutcome, alias: str | None
) -> None:
    """Nothing there, nobody there, or nobody who knows."""
    answer = resolver.addresses(name)
    assert (answer.outcome, answer.addresses, answer.alias_of) == (outcome, (), alias)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "there"),
    [
        pytest.param("example.test", True, id="a zone"),
        pytest.param("text.example.test", True, id="a name in it"),
        pytest.param("gone.example.test", False, id="nobody"),
        pytest.param("broken.test", None, id="SERVFAIL"),
    ],
)
def test_a_name_exists_or_not_or_nobody_knows(
    resolver: DnsResolver, name: str, *, there: bool | None
) -> None:
    """Silence is not the same as no."""
    assert resolver.exists(name) is there


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        pytest.param(dns.rcode.SERVFAIL, DnsOutcome.SERVER_FAILED, id="SERVFAIL"),
        pytest.param(dns.rcode.REFUSED, DnsOutcome.REFUSED, id="REFUSED"),
        pytest.param(dns.rcode.NOTIMP, DnsOutcome.SERVER_FAILED, id="NOTIMP"),
        pytest.param(dns.rcode.YXDOMAIN, DnsOutcome.MALFORMED, id="a code that belongs to updates"),
    ],
)
def test_a_server_that_says_why_it_does_not_answer(
    mute: socket.socket, code: dns.rcode.Rcode, outcome: DnsOutcome
) -> None:
    """Its code is told, and it is not asked again."""

    def refuse() -> None:
        question, peer = mute.recvfrom(512)
        answer = dns.message.make_response(dns.message.from_wire(question))
        answer.set_rcode(code)
        mute.sendto(answer.to_wire(), peer)

    thread = threading.Thread(target=refuse)
    thread.start()
    answer = DnsResolver(_address(mute), seconds=20).srv("_vlmcs._tcp.example.test")
    thread.join()
    assert answer.outcome is outcome
    assert answer.detail


@pytest.mark.parametrize(
    ("listens", "outcome"),
    [
        pytest.param(True, DnsOutcome.MALFORMED, id="hangs up"),
        pytest.param(False, DnsOutcome.NO_ANSWER, id="refuses"),
    ],
)
def test_a_long_answer_that_does_not_come_over_tcp(
    sockets: tuple[socket.socket, socket.socket], outcome: DnsOutcome, *, listens: bool
) -> None:
    """Port 53 is open for UDP alone, as on many firewalls: the answer is cut and the rest never comes."""
    udp, tcp = sockets
    if listens:
        tcp.listen()

    def cut() -> None:
        question, peer = udp.recvfrom(512)
        answer = dns.message.make_response(dns.message.from_wire(question))
        answer.flags |= dns.flags.TC
        udp.sendto(answer.to_wire(), peer)
        if listens:
            connection, _ = tcp.accept()
            with connection:
                connection.recv(512)

    thread = threading.Thread(target=cut)
    thread.start()
    answer = DnsResolver(_address(udp), seconds=20).srv("_vlmcs._tcp.example.test")
    thread.join()
    assert answer.outcome is outcome
    assert answer.detail


def test_a_server_that_talks_nonsense_gives_no_answer(mute: socket.socket) -> None:
    """What comes back is not even read as an answer, and nothing is raised."""

    def babble() -> None:
        _, peer = mute.recvfrom(512)
        mute.sendto(bytes(range(256)), peer)

    thread = threading.Thread(target=babble)
    thread.start()
    answer = DnsResolver(_address(mute), seconds=0.2).srv("_vlmcs._tcp.example.test")
    thread.join()
    assert not answer.outcome.is_answer
    assert answer.detail


def test_a_server_that_leads_in_a_circle_is_told_as_such(mute: socket.socket) -> None:
    """BIND sees its own loop of aliases; another server's may come through, and is no answer."""

    def circle() -> None:
        question, peer = mute.recvfrom(512)
        answer = dns.message.make_response(dns.message.from_wire(question))
        for one, other in (("_x._tcp.a.test.", "b.test."), ("b.test.", "_x._tcp.a.test.")):
            answer.answer.append(dns.rrset.from_text(one, 60, "IN", "CNAME", other))
        mute.sendto(answer.to_wire(), peer)

    thread = threading.Thread(target=circle)
    thread.start()
    answer = DnsResolver(_address(mute), seconds=20).srv("_x._tcp.a.test")
    thread.join()
    assert answer.outcome is DnsOutcome.MALFORMED
    assert answer.detail == "the aliases (CNAME) lead in a circle"


def test_a_server_that_is_silent_is_told_as_such(mute: socket.socket) -> None:
    """The time is up, and nothing came."""
    answer = DnsResolver(_address(mute), seconds=0.2).srv("_vlmcs._tcp.example.test")
    assert (answer.outcome, answer.detail) == (DnsOutcome.NO_ANSWER, "no DNS server answered in time")
    assert answer.milliseconds >= 190
