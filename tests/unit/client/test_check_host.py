from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from simulators.publisher import NOW, SimulatedPublisher, seeded
from simulators.world import HOST_ID, World
from tenure.client.check_host import Handshake, HostCheck, check_host
from tenure.client.exchange import Answer, Call
from tenure.client.host_address import parse_host
from tenure.client.revocations import follow_revocations
from tenure.client.setup import set_tls_required
from tenure.core.certificate import LIFETIME_SECONDS
from tenure.core.errors import Code, TenureError, Unavailable
from tenure.core.network import Connection, ConnectOutcome
from tenure.core.policy import DAY
from tenure.core.revocation import Revocable, Revocation
from tenure.core.server_certificate import ServerCertificate
from tenure.wire.publication import Health, PoolHealth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.client.host_address import HostAddress

HOURS_4 = 4 * 3600
HOST = parse_host("host.example")
SHOWN = Handshake(
    "TLSv1.3", ServerCertificate(names=("host.example",), not_before=NOW - DAY, not_after=NOW + 90 * DAY)
)


@dataclass
class Contact:
    """A machine, and a host as the network shows it."""

    world: World = field(default_factory=World)
    addresses_of_host: Sequence[str] = ("192.0.2.1",)
    outcome: ConnectOutcome = ConnectOutcome.OPEN
    health: Health | None = None
    health_answer: Answer | None = None
    count: int = 30
    clock_ahead: int = 0
    address: HostAddress = HOST
    handshakes: list[tuple[str, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The machine has a key; the host grants."""
        self.host = self.world.install()

    def check(self) -> HostCheck:
        """The contact test."""
        return check_host(
            self.address, self.world.store.load(), network=self, transport=self, clock=self.world.clock
        )

    def addresses(self, name: str) -> Sequence[str]:
        """`Network`: those of the host, if it has any."""
        if not self.addresses_of_host:
            raise Unavailable(Code.DNS_NO_RECORD, f"The name {name} has no address here.")
        return self.addresses_of_host

    def connect(self, _address: str, _port: int) -> Connection:
        """`Network`: the same for every address."""
        return Connection(self.outcome, 1.5)

    def shake_hands(self, address: str, port: int, name: str) -> Handshake | None:
        """`Network`: the host's."""
        self.handshakes.append((address, port, name))
        return SHOWN

    def ask(self, host: HostAddress, call: Call) -> Answer:
        """`HostTransport`: only what counts nothing may be asked."""
        assert call.method == "GET"
        if call.path != "/v1/health":
            return self.world.ask(host, call)
        if self.health_answer is not None:
            return self.health_answer
        pool = PoolHealth(
            publisher_id=self.world.publisher.publisher_id,
            pool="workstations",
            count=self.count,
            threshold=25,
        )
        told = Health(
            status="ok",
            time=self.world.now + self.clock_ahead,
            version="1",
            host_id=HOST_ID,
            pools=(pool,),
        )
        return Answer(200, msgspec.json.encode(told))


def refusal(check: HostCheck) -> TenureError | None:
    """What the only product would meet."""
    (prospect,) = check.prospects
    return prospect.refusal


def code(check: HostCheck) -> Code | None:
    """Its code; None for a lease."""
    found = refusal(check)
    return found.code if found else None


def test_a_good_host_would_grant_and_heard_of_nothing() -> None:
    """Everything is found, nothing was counted, and the machine's state is what it was."""
    contact = Contact()
    before = contact.world.store.load()
    check = contact.check()
    assert check.trouble is None
    (prospect,) = check.prospects
    assert (prospect.product, prospect.count, prospect.threshold) == ("Draft Studio", 30, 25)
    (certificate,) = check.certificates
    assert (certificate.verified, certificate.publisher) == (True, "Example Software")
    assert (check.clock_difference, [one.address for one in check.reached]) == (0, ["192.0.2.1"])
    assert contact.host.bodies == []
    assert contact.world.store.load() == before


def test_a_host_over_tls_shows_what_it_is() -> None:
    """Version and certificate, by the host's name; one that is asked without TLS is not even tried."""
    contact = Contact(address=parse_host("https://host.example:99"))
    check = contact.check()
    assert (check.tls, check.url) == (SHOWN, "https://host.example:99")
    assert contact.handshakes == [("192.0.2.1", 99, "host.example")]
    plain = Contact()
    assert (plain.check().tls, plain.handshakes) == (None, [])


def test_a_machine_that_demands_tls_does_not_even_connect_to_a_plain_host() -> None:
    """`tls_required`; a host without a scheme is asked over TLS."""
    contact = Contact(address=parse_host("http://host.example"))
    set_tls_required(
        required=True,
        store=contact.world.store,
        clock=contact.world.clock,
        new_uuid=contact.world.new_uuid,
    )
    check = contact.check()
    assert check.failure is not None
    assert (check.failure.code, check.reached) == (Code.TLS_REQUIRED, ())
    contact.address = HOST
    assert contact.check().url == "https://host.example:1688"


def test_a_name_without_an_address_is_the_end() -> None:
    """`dns_no_record`; nothing else is tried."""
    check = Contact(addresses_of_host=()).check()
    assert check.trouble is not None
    assert (check.trouble.code, check.reached) == (Code.DNS_NO_RECORD, ())


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (ConnectOutcome.REFUSED, "nothing listens there"),
        (ConnectOutcome.TIMED_OUT, "a firewall drops it"),
        (ConnectOutcome.UNREACHABLE, "cannot be reached from here"),
    ],
)
def test_a_port_that_does_not_answer_is_told_address_by_address(outcome: ConnectOutcome, words: str) -> None:
    """Every address with its reason, and the port."""
    check = Contact(addresses_of_host=("192.0.2.1", "2001:db8::1"), outcome=outcome).check()
    assert check.failure is not None
    assert check.failure.code is Code.HOST_UNREACHABLE
    assert check.failure.detail.count(words) == 2
    assert "port 1688" in check.failure.detail
    assert len(check.reached) == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Answer(200, b"<html>"), "is not the health", id="a page"),
        pytest.param(Answer(404, b"<html>"), "HTTP status 404", id="another server"),
        pytest.param(
            Answer(200, msgspec.json.encode(Health(status="ok", time=NOW, version="1"))),
            "a Tenure publisher answers",
            id="a publisher",
        ),
    ],
)
def test_another_kind_of_server_is_named(answer: Answer, words: str) -> None:
    """Whatever answers there, it is no activation host."""
    check = Contact(health_answer=answer).check()
    assert check.failure is not None
    assert words in check.failure.detail


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(23, Code.COUNT_INSUFFICIENT, id="this machine would be the 24th"),
        pytest.param(24, None, id="it would be the 25th"),
        pytest.param(25, None, id="the threshold is reached"),
    ],
)
def test_a_machine_counts_itself(count: int, expected: Code | None) -> None:
    """A machine without a lease would be one more."""
    assert code(Contact(count=count).check()) is expected


def test_a_machine_with_a_lease_is_counted_already() -> None:
    """At 24 of 25 its renewal would find 24."""
    contact = Contact(count=24)
    contact.world.activation.activate(contact.world.product_id)
    contact.host.bodies.clear()
    assert code(contact.check()) is Code.COUNT_INSUFFICIENT


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(HOURS_4, None), (HOURS_4 + 1, Code.CLOCK_SKEW), (-HOURS_4, None), (-HOURS_4 - 1, Code.CLOCK_SKEW)],
)
def test_clocks_may_differ_by_four_hours(ahead: int, expected: Code | None) -> None:
    """To the second, in both directions; the difference is told in any case."""
    check = Contact(clock_ahead=ahead).check()
    assert check.clock_difference == ahead
    assert code(check) is expected


def test_a_host_without_a_certificate_is_not_activated() -> None:
    """`host_not_activated`, as a request would hear."""
    contact = Contact()
    contact.host.no_certificates = True
    assert code(contact.check()) is Code.HOST_NOT_ACTIVATED


def test_a_host_of_another_publisher_does_not_serve_the_product() -> None:
    """Its certificate cannot be verified here either, and that alone is no alarm."""
    contact = Contact()
    other = replace(SimulatedPublisher(), publisher_id=HOST_ID, signing_key=seeded(9))
    contact.host.certificate = other.certify(seeded(3), HOST_ID)
    check = contact.check()
    (certificate,) = check.certificates
    assert (certificate.verified, certificate.publisher, certificate.problem) == (False, None, None)
    assert code(check) is Code.PRODUCT_NOT_SERVED


def test_a_certificate_for_another_pool_does_not_serve_the_product() -> None:
    """`product_not_served`."""
    contact = Contact()
    publisher = contact.world.publisher
    servers = replace(publisher, policies={"servers": publisher.policies["servers"]})
    contact.host.certificate = servers.certify(seeded(3), HOST_ID)
    assert code(contact.check()) is Code.PRODUCT_NOT_SERVED


def test_a_forged_certificate_is_told_as_one() -> None:
    """It says that it is our publisher's, and another key signed it: exit code 5 is `Untrusted`'s."""
    contact = Contact()
    forger = replace(contact.world.publisher, signing_key=seeded(9))
    contact.host.certificate = forger.certify(seeded(3), HOST_ID)
    check = contact.check()
    (certificate,) = check.certificates
    assert not certificate.verified
    assert check.trouble is certificate.problem
    assert code(check) is Code.CHAIN_BROKEN


def test_an_expired_certificate_is_told() -> None:
    """By the host's own time."""
    contact = Contact()
    contact.host.certificate = contact.world.publisher.certify(seeded(3), HOST_ID, iat=NOW - LIFETIME_SECONDS)
    assert code(contact.check()) is Code.HOST_CERTIFICATE_EXPIRED


@pytest.mark.parametrize("known_here", [True, False], ids=["known here", "told by the host"])
def test_a_revoked_host_is_told_before_it_is_asked_for_anything(*, known_here: bool) -> None:
    """By the list that this machine keeps, or by the newer one that the host hands on; nothing is kept of that."""
    contact = Contact()
    world = contact.world
    stolen = Revocation(kind=Revocable.HOST, subject=str(HOST_ID), since=NOW - 60, reason="stolen")
    token = world.publisher.revocations(stolen)
    if known_here:
        world.store.update(
            lambda state: follow_revocations(state, world.publisher.publisher_id, token, now=NOW)
        )
    else:
        contact.host.revocations = token
    check = contact.check()
    assert code(check) is Code.HOST_REVOKED
    assert "stolen" in str(check.trouble)
    assert bool(world.store.load().revocations) is known_here


def test_what_is_no_certificate_is_untrusted() -> None:
    """The list holds something else."""
    contact = Contact()
    contact.host.certificate = "no.certificate.here"
    check = contact.check()
    assert check.failure is not None
    assert check.failure.code is Code.DOCUMENT_MALFORMED


def test_a_newer_catalog_of_the_host_is_used_and_not_kept() -> None:
    """A certificate of a signing key that this machine does not know yet verifies as it would on activation."""
    contact = Contact()
    world = contact.world
    newer = replace(world.publisher, seq=2, signing_key=seeded(9))
    contact.host.certificate = newer.certify(seeded(3), HOST_ID, iat=NOW - DAY)
    contact.host.catalogs = [newer.catalog_token]
    assert contact.check().trouble is None
    assert world.store.load().catalogs[world.publisher.publisher_id].newest.seq == 1


def test_without_a_key_there_is_nothing_to_ask_for() -> None:
    """Host and certificates are looked at all the same; none can be verified."""
    contact = Contact()
    contact.world = World(hosts=contact.world.hosts)
    check = contact.check()
    assert (check.trouble, check.prospects) == (None, ())
    assert not check.certificates[0].verified
