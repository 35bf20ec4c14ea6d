"""Updates against a real BIND 9, and against servers that a network may have in its place."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import pytest

from tenure.adapters.dns.server import DnsServer, parse_dns_server
from tenure.adapters.dns.tsig_key import TsigKey
from tenure.adapters.dns.update import UpdateServer
from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted
from tenure.core.network import SrvRecord
from tenure.host.dns_plan import DnsRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulators import bind
    from simulators.bind import Bind

KEY = TsigKey("tenure-test", "hmac-sha256", b"only for tests on the loopback..")
NAME = "_update._tcp.example.test"
ONE = DnsRecord(NAME, "SRV", "0 0 1688 one.example.test.", 60)
TWO = DnsRecord(NAME, "SRV", "1 2 1689 two.example.test.", 60)


def server_of(server: Bind, key: TsigKey = KEY) -> UpdateServer:
    """The BIND, with a key."""
    return UpdateServer(parse_dns_server(server.text), key)


@pytest.fixture
def mute() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The UDP and the TCP socket of a server on one port that says nothing by itself."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue  # somebody has this number for TCP
            yield udp, tcp
            return


def at(udp: socket.socket, *, seconds: float = 5.0) -> UpdateServer:
    """The server on this socket, asked for so long."""
    address, port = udp.getsockname()
    return UpdateServer(DnsServer(address, port), KEY, seconds=seconds)


def raised(act: Callable[[], object]) -> TenureError:
    """What it raises."""
    with pytest.raises(TenureError) as caught:
        act()
    return caught.value


@pytest.mark.real
def test_exactly_what_is_named_is_added_and_removed(server: Bind, tsig_key: bind.TsigKey) -> None:
    """One record of two goes, the other stays; removing what is not there is no error."""
    assert tsig_key.secret == KEY.secret
    updates = server_of(server)
    updates.update("example.test", remove=(), add=[ONE, TWO])
    assert updates.services(NAME) == (
        SrvRecord(0, 0, 1688, "one.example.test", 60),
        SrvRecord(1, 2, 1689, "two.example.test", 60),
    )
    updates.update("example.test", remove=[TWO], add=())
    updates.update("example.test", remove=[TWO], add=())
    assert [record.target for record in updates.services(NAME)] == ["one.example.test"]
    updates.update("example.test", remove=[ONE], add=())
    assert updates.services(NAME) == ()


@pytest.mark.real
def test_both_kinds_of_addresses_are_told(server: Bind) -> None:
    """IPv4 and IPv6; none where there are none."""
    updates = server_of(server)
    assert updates.addresses("host.example.test") == ("10.0.0.20", "10.0.0.3", "fd00::1")
    assert updates.addresses("nobody.example.test") == ()


@pytest.mark.real
@pytest.mark.parametrize(
    ("domain", "zone"),
    [
        ("example.test", "example.test"),
        ("Deep.down.example.test", "example.test"),
        ("host.example.test", "example.test"),
    ],
    ids=["the zone", "a name that is not there", "a name that is"],
)
def test_the_zone_of_a_domain_is_found(server: Bind, domain: str, zone: str) -> None:
    """The domain in which machines look need not be a zone of its own."""
    assert server_of(server).zone_of(domain) == zone


@pytest.mark.real
@pytest.mark.parametrize(
    ("act", "kind", "code", "told"),
    [
        pytest.param(
            lambda s: s.update("fixed.test", remove=(), add=[DnsRecord("x.fixed.test", "A", "10.0.0.1", 60)]),
            Refused,
            Code.DNS_UPDATE_FAILED,
            "takes no dynamic updates",
            id="a zone that is not dynamic",
        ),
        pytest.param(
            lambda s: s.update("else.test", remove=(), add=()),
            Refused,
            Code.DNS_UPDATE_FAILED,
            "not the primary",
            id="a zone of somebody else: NOTAUTH",
        ),
        pytest.param(
            lambda s: s.update(
                "example.test", remove=(), add=[DnsRecord("x.fixed.test", "A", "10.0.0.1", 60)]
            ),
            Refused,
            Code.DNS_UPDATE_FAILED,
            "outside of the zone",
            id="a name of another zone: NOTZONE",
        ),
        pytest.param(
            lambda s: s.zone_of("else.test"), Refused, Code.DNS_UPDATE_FAILED, "REFUSED", id="an unknown zone"
        ),
        pytest.param(
            lambda s: s.zone_of("_alias._tcp.example.test"),
            Refused,
            Code.DNS_UPDATE_FAILED,
            "CNAME",
            id="an alias",
        ),
        pytest.param(
            lambda s: s.zone_of("broken.test"),
            Unavailable,
            Code.DNS_UPDATE_FAILED,
            "SERVFAIL",
            id="a zone that did not load",
        ),
    ],
)
def test_a_refusal_of_bind_says_why(
    server: Bind, act: Callable[[UpdateServer], object], kind: type[TenureError], code: Code, told: str
) -> None:
    """With what to do about it."""
    error = raised(lambda: act(server_of(server)))
    assert (type(error), error.code) == (kind, code)
    assert told in error.detail
    assert error.cure


@pytest.mark.real
@pytest.mark.parametrize(
    ("key", "told"),
    [
        pytest.param(
            TsigKey("stranger", KEY.algorithm, KEY.secret), "does not know a key", id="BADKEY: name"
        ),
        pytest.param(
            TsigKey(KEY.name, "hmac-sha512", KEY.secret), "does not know a key", id="BADKEY: algorithm"
        ),
        pytest.param(TsigKey(KEY.name, KEY.algorithm, b"x" * 32), "another secret", id="BADSIG"),
    ],
)
def test_a_wrong_key_is_told_from_the_first_question_on(server: Bind, key: TsigKey, told: str) -> None:
    """Before anything was changed."""
    error = raised(lambda: server_of(server, key).zone_of("example.test"))
    assert (type(error), error.code) == (Refused, Code.DNS_KEY_REJECTED)
    assert told in error.detail


@pytest.mark.real
def test_an_answer_that_does_not_fit_comes_over_tcp(server: Bind) -> None:
    """90 hosts, more than UDP carries."""
    assert len(server_of(server).services("_many._tcp.example.test")) == 90


@pytest.mark.real
def test_names_of_strangers_are_safe_to_print(server: Bind) -> None:
    """An escape sequence in a zone comes escaped."""
    (record,) = server_of(server).services("_hostile._tcp.example.test")
    assert record.target.isprintable()
    assert " " not in record.target


def test_a_server_that_is_silent_is_given_up_in_time(mute: tuple[socket.socket, socket.socket]) -> None:
    """UDP is tried twice, then TCP."""
    udp, tcp = mute
    tcp.listen()
    error = raised(lambda: at(udp, seconds=0.3).zone_of("corp.test"))
    assert (type(error), error.code) == (Unavailable, Code.DNS_UNAVAILABLE)
    assert "no answer in time" in error.detail
    udp.setblocking(False)
    assert [len(udp.recv(512)) > 0 for _ in range(2)] == [True, True]
    connection, _ = tcp.accept()
    connection.close()


def test_a_server_that_is_not_there_is_told_as_such(mute: tuple[socket.socket, socket.socket]) -> None:
    """The system's own words."""
    error = raised(lambda: at(mute[0], seconds=0.3).zone_of("corp.test"))
    assert error.code is Code.DNS_UNAVAILABLE
    assert "refused" in error.detail


def _soa(question: dns.message.Message) -> dns.message.Message:
    """A well-formed answer: yes, that is my zone."""
    answer = dns.message.Message(question.id)
    answer.flags = dns.flags.QR | dns.flags.AA
    answer.question = list(question.question)
    answer.answer = [
        dns.rrset.from_text("corp.test.", 60, "IN", "SOA", "ns.corp.test. h.corp.test. 1 2 3 4 5")
    ]
    return answer


def _unsigned(question: dns.message.Message) -> bytes:
    return _soa(question).to_wire()


def _signed(secret: bytes, *, error: int = 0) -> Callable[[dns.message.Message], bytes]:
    def reply(question: dns.message.Message) -> bytes:
        answer = _soa(question)
        answer.use_tsig(dns.tsig.Key("tenure-test", secret, "hmac-sha256"), tsig_error=error)
        answer.request_mac = question.mac or b""
        return answer.to_wire()

    return reply


def _refused(question: dns.message.Message) -> bytes:
    answer = _soa(question)
    answer.set_rcode(dns.rcode.REFUSED)
    return answer.to_wire()


def _passed_on(question: dns.message.Message) -> bytes:
    answer = _soa(question)
    answer.flags = dns.flags.Flag(dns.flags.QR)
    answer.use_tsig(dns.tsig.Key("tenure-test", KEY.secret, "hmac-sha256"))
    answer.request_mac = question.mac or b""
    return answer.to_wire()


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        pytest.param(_unsigned, Untrusted, Code.SIGNATURE_INVALID, id="not signed"),
        pytest.param(_signed(b"y" * 32), Untrusted, Code.SIGNATURE_INVALID, id="signed by a stranger"),
        pytest.param(_refused, Untrusted, Code.SIGNATURE_INVALID, id="a refusal that is not signed"),
        pytest.param(_signed(KEY.secret, error=18), Refused, Code.DNS_KEY_REJECTED, id="BADTIME"),
        pytest.param(_passed_on, Refused, Code.DNS_UPDATE_FAILED, id="not authoritative"),
        pytest.param(lambda _: bytes(range(256)), Unavailable, Code.DNS_UNAVAILABLE, id="nonsense"),
    ],
)
def test_an_answer_that_is_not_the_servers_is_not_believed(
    mute: tuple[socket.socket, socket.socket],
    reply: Callable[[dns.message.Message], bytes],
    kind: type[TenureError],
    code: Code,
) -> None:
    """Nor is one that it only passes on, or that cannot be read."""
    udp, _ = mute
    keyring = {dns.name.from_text(KEY.name): dns.tsig.Key(KEY.name, KEY.secret, KEY.algorithm)}

    def answer() -> None:
        wire, peer = udp.recvfrom(512)
        udp.sendto(reply(dns.message.from_wire(wire, keyring=keyring)), peer)

    thread = threading.Thread(target=answer)
    thread.start()
    error = raised(lambda: at(udp).zone_of("corp.test"))
    thread.join()
    assert (type(error), error.code) == (kind, code)
    assert error.cure


@pytest.mark.parametrize("lost", [0, 1], ids=["at once", "after a packet was lost"])
def test_a_server_that_signs_is_believed(mute: tuple[socket.socket, socket.socket], lost: int) -> None:
    """The harness of the test above can say yes as well; a question that is repeated is signed anew."""
    udp, _ = mute
    keyring = {dns.name.from_text(KEY.name): dns.tsig.Key(KEY.name, KEY.secret, KEY.algorithm)}

    def answer() -> None:
        for _ in range(lost):
            udp.recv(512)
        wire, peer = udp.recvfrom(512)
        udp.sendto(_signed(KEY.secret)(dns.message.from_wire(wire, keyring=keyring)), peer)

    thread = threading.Thread(target=answer)
    thread.start()
    assert at(udp, seconds=1.5).zone_of("corp.test") == "corp.test"
    thread.join()
