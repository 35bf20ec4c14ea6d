"""An isolated host and its publisher, with nothing but a carrier between them, at clocks that the test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.authority import SimulatedAuthority
from simulators.publisher import NOW
from tenure.adapters.files.host_keys import HostKeyFolder
from tenure.adapters.files.pending_folder import FilePendingFolder
from tenure.adapters.os.randomness import new_uuid
from tenure.adapters.sql.host_store import SqlHostStore
from tenure.adapters.sql.migrations import History, migrate
from tenure.core.errors import Code, TenureError
from tenure.core.policy import DAY, Kind
from tenure.host.carried_activation import CarriedAway, Confirmed, accept_confirmation, carry_away
from tenure.host.served import served_by
from tenure.host.setup import install_key
from tenure.publisher.authority import NewProduct
from tenure.publisher.carried_activation import activate, catalogs_after, revocations
from tenure.publisher.keys import issue_host_key
from tenure.publisher.revocations import revoke_host
from tenure.wire.carried_refusal import refusal_of
from tenure.wire.enrolment import HostActivated
from tenure.wire.parcel import Confirmations, Requests
from tenure.wire.pending import MAX_PENDING
from tenure.wire.request import LIFETIME_SECONDS, request_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Host:
    """A host of one home."""

    def __init__(self, home: Path) -> None:
        """Nothing is installed."""
        self.now = NOW
        self.fingerprint = "fingerprint-of-host"
        self.folder = FilePendingFolder(home / "pending")
        self.keys = HostKeyFolder(home)
        migrate(home / "host.db", History.HOST)
        self.store = SqlHostStore(home / "host.db")

    def install(self, authority: SimulatedAuthority) -> None:
        """A new key of this publisher is installed."""
        key, _ = issue_host_key(authority.authority, pools=(), customer="", agreement="", trial=False)
        install_key(
            key.text,
            authority.authority.catalogs().tokens,
            root_kid=None,
            store=self.store,
            keys=self.keys,
            new_uuid=new_uuid,
            refuse_foreign=lambda _typed: None,
        )

    def ask(self, publisher_id: UUID | None = None) -> CarriedAway:
        """A request is carried away."""
        return carry_away(
            publisher_id,
            store=self.store,
            keys=self.keys,
            folder=self.folder,
            fingerprint_of=lambda _publisher: self.fingerprint,
            new_uuid=new_uuid,
            clock=lambda: self.now,
        )

    def take(self, parcel: Confirmations) -> list[Confirmed]:
        """What was carried back is taken."""
        return accept_confirmation(
            parcel, store=self.store, keys=self.keys, folder=self.folder, clock=lambda: self.now
        )

    def refusal(self, parcel: Confirmations) -> TenureError:
        """Why what was carried back is not taken; nothing changes then."""
        before = self.certificates
        with pytest.raises(TenureError) as caught:
            self.take(parcel)
        assert self.certificates == before
        return caught.value

    @property
    def certificates(self) -> list[str | None]:
        """What it holds."""
        return [enrolment.certificate for enrolment in self.store.enrolments()]


@pytest.fixture
def authority() -> SimulatedAuthority:
    """A publisher with one product of each kind."""
    return SimulatedAuthority()


@pytest.fixture
def new_host(tmp_path: Path) -> Iterator[Callable[[SimulatedAuthority], Host]]:
    """Makes hosts, each with a key of its own."""
    hosts: list[Host] = []

    def make(authority: SimulatedAuthority) -> Host:
        home = tmp_path / f"host-{len(hosts)}"
        home.mkdir()
        hosts.append(Host(home))
        hosts[-1].install(authority)
        return hosts[-1]

    yield make
    for host in hosts:
        host.store.close()


@pytest.fixture
def host(new_host: Callable[[SimulatedAuthority], Host], authority: SimulatedAuthority) -> Host:
    """An isolated host with a key of the publisher."""
    return new_host(authority)


def answer(authority: SimulatedAuthority, requests: Requests) -> Confirmations:
    """What the publisher gives the carrier to take back."""
    outcomes = [activate(authority.authority, one) for one in requests.requests]
    return Confirmations(
        certificates=tuple(one for one in outcomes if isinstance(one, HostActivated)),
        catalogs=catalogs_after(authority.authority, min(one.catalog_seq for one in requests.requests)),
        revocations=revocations(authority.authority),
    )


def refused(authority: SimulatedAuthority, requests: Requests) -> Confirmations:
    """The publisher's refusal of the only request, as it is carried back."""
    (one,) = requests.requests
    with pytest.raises(TenureError) as caught:
        activate(authority.authority, one)
    refusal = refusal_of(request_of(one.request), caught.value)
    assert refusal is not None
    return Confirmations(refusals=(refusal,), revocations=revocations(authority.authority))


def test_a_host_is_activated_by_what_was_carried_back(host: Host, authority: SimulatedAuthority) -> None:
    """Its request names publisher and catalog; the certificate is the publisher's, and counted once."""
    away = host.ask()
    (request,) = away.parcel.requests
    assert (away.publisher, away.valid_until) == ("Example Software", NOW + LIFETIME_SECONDS)
    assert (request.publisher_id, request.catalog_seq) == (authority.publisher_id, 2)
    (confirmed,) = host.take(answer(authority, away.parcel))
    assert host.certificates == [confirmed.answer.certificate]
    assert (confirmed.answer.used, confirmed.answer.limit) == (1, 6)
    assert confirmed.certificate.nonce == away.request_id


def test_the_same_request_again_gets_the_same_answer_to_the_byte(
    host: Host, authority: SimulatedAuthority
) -> None:
    """However often it is carried there, while it lives; taking the answer twice is harmless."""
    away = host.ask()
    first = answer(authority, away.parcel)
    authority.now += LIFETIME_SECONDS - 1
    assert answer(authority, away.parcel) == first
    assert host.take(first) == host.take(first)


def test_a_confirmation_brings_the_catalogs_that_the_host_does_not_have(
    host: Host, authority: SimulatedAuthority
) -> None:
    """None when it has them all; else those after its own, and they are kept."""
    away = host.ask()
    assert answer(authority, away.parcel).catalogs == ()
    authority.authority.add_products([NewProduct(name="Third", kind=Kind.SERVER)])
    host.take(answer(authority, away.parcel))
    assert host.ask().parcel.requests[0].catalog_seq == 3


def test_a_request_reaches_its_publisher_within_30_days(host: Host, authority: SimulatedAuthority) -> None:
    """A second before the end it is answered; at the end it is too old."""
    away = host.ask()
    authority.now = NOW + 30 * DAY
    with pytest.raises(TenureError) as caught:
        answer(authority, away.parcel)
    assert caught.value.code is Code.REQUEST_EXPIRED
    authority.now -= 1
    assert answer(authority, away.parcel).certificates


def test_its_answer_comes_back_within_the_same_30_days(host: Host, authority: SimulatedAuthority) -> None:
    """By the host's own clock, from the moment it asked."""
    parcel = answer(authority, host.ask().parcel)
    host.now = NOW + 30 * DAY
    assert host.refusal(parcel).code is Code.REQUEST_EXPIRED
    host.now -= 1
    assert host.take(parcel)


def test_the_answer_to_another_host_is_refused(
    host: Host, new_host: Callable[[SimulatedAuthority], Host], authority: SimulatedAuthority
) -> None:
    """Two hosts of one customer, and the carrier mixed up their papers."""
    other = new_host(authority)
    host.ask()
    error = host.refusal(answer(authority, other.ask().parcel))
    assert error.code is Code.CERTIFICATE_INVALID
    assert "None of 1 certificates in it answers a request of this host" in error.detail


def test_each_host_takes_its_own_out_of_one_file(
    host: Host, new_host: Callable[[SimulatedAuthority], Host], authority: SimulatedAuthority
) -> None:
    """The requests of both were answered together."""
    other = new_host(authority)
    parcel = answer(authority, Requests(requests=(*host.ask().parcel.requests, *other.ask().parcel.requests)))
    (own,), (others,) = host.take(parcel), other.take(parcel)
    assert own.certificate.host_id != others.certificate.host_id


def test_the_answer_of_another_publisher_is_refused(host: Host, authority: SimulatedAuthority) -> None:
    """Its request goes to one publisher only."""
    away = host.ask()
    with pytest.raises(TenureError) as caught:
        answer(_another_publisher(), away.parcel)
    assert caught.value.code is Code.PUBLISHER_MISMATCH


def test_an_altered_certificate_is_refused(host: Host, authority: SimulatedAuthority) -> None:
    """Nothing but its signature vouches for it, whatever the carrier did."""
    parcel = answer(authority, host.ask().parcel)
    (good,) = parcel.certificates
    header, payload, signature = good.certificate.split(".")
    changed = ("B" if signature[20] == "A" else "A").join((signature[:20], signature[21:]))
    forged = HostActivated(certificate=f"{header}.{payload}.{changed}", used=good.used, limit=good.limit)
    assert host.refusal(Confirmations(certificates=(forged,))).code is Code.SIGNATURE_INVALID


def test_an_older_certificate_does_not_replace_a_newer_one(host: Host, authority: SimulatedAuthority) -> None:
    """Two requests are underway, and the later one's answer comes first; of both in one file the newer is taken."""
    early = answer(authority, host.ask().parcel)
    host.now = authority.now = NOW + DAY
    late = answer(authority, host.ask().parcel)
    host.take(late)
    assert host.refusal(early).code is Code.CERTIFICATE_INVALID
    both = Confirmations(certificates=(*late.certificates, *early.certificates))
    assert [one.answer for one in host.take(both)] == list(late.certificates)


def test_the_last_ten_requests_are_remembered(host: Host, authority: SimulatedAuthority) -> None:
    """An eleventh forgets the first; what expired is forgotten as well."""
    asked = [host.ask() for _ in range(MAX_PENDING + 1)]
    assert host.refusal(answer(authority, asked[0].parcel)).code is Code.CERTIFICATE_INVALID
    assert host.take(answer(authority, asked[1].parcel))
    host.now += LIFETIME_SECONDS
    host.ask()
    assert len(host.folder.pending(authority.publisher_id).tokens) == 1


def test_a_certificate_is_renewed_the_same_way(host: Host, authority: SimulatedAuthority) -> None:
    """Renewals count nothing."""
    host.take(answer(authority, host.ask().parcel))
    host.now = authority.now = NOW + 600 * DAY
    (renewed,) = host.take(answer(authority, host.ask().parcel))
    assert renewed.answer.used == 1
    assert renewed.certificate.iat == NOW + 600 * DAY


def test_a_host_of_two_publishers_takes_both_certificates(host: Host, authority: SimulatedAuthority) -> None:
    """The answers may come in one file, with the catalogs of both."""
    other = _another_publisher()
    host.install(other)
    first = answer(authority, host.ask(authority.publisher_id).parcel)
    other.authority.add_products([NewProduct(name="Third of the other", kind=Kind.SERVER)])
    second = answer(other, host.ask(other.publisher_id).parcel)
    parcel = Confirmations(
        certificates=first.certificates + second.certificates, catalogs=first.catalogs + second.catalogs
    )
    taken = {one.certificate.publisher_id for one in host.take(parcel)}
    assert taken == {authority.publisher_id, other.publisher_id}


def test_a_refusal_and_what_was_revoked_are_told_where_it_was_asked(
    host: Host, authority: SimulatedAuthority
) -> None:
    """A revoked host asks again: it hears the reason and takes the list, and with it grants nothing any more."""
    (confirmed,) = host.take(answer(authority, host.ask().parcel))
    revoke_host(authority.authority, confirmed.certificate.host_id, reason="stolen", since=None)
    error = host.refusal(refused(authority, host.ask().parcel))
    assert (error.code, "stolen" in error.detail) == (Code.KEY_BLOCKED, True)
    (publisher,) = served_by(host.store).publishers.values()
    assert publisher.revocation is not None
    assert publisher.revocation.reason == "stolen"


def test_lists_rise_and_never_fall(
    host: Host, new_host: Callable[[SimulatedAuthority], Host], authority: SimulatedAuthority
) -> None:
    """One comes with the answer to another host, too; an older answer is taken without its list."""
    others = new_host(authority).ask().parcel
    revoke_host(authority.authority, UUID(int=1), reason="", since=None)
    early = answer(authority, host.ask().parcel)
    revoke_host(authority.authority, UUID(int=2), reason="", since=None)
    assert host.refusal(answer(authority, others)).code is Code.CERTIFICATE_INVALID
    newest = host.store.enrolments()[0].revocations
    assert newest is not None
    assert newest not in early.revocations
    host.take(early)
    assert host.store.enrolments()[0].revocations == newest


def test_a_refusal_by_one_publisher_does_not_stop_another(host: Host, authority: SimulatedAuthority) -> None:
    """The other's certificate is taken, and then the refusal is told."""
    other = _another_publisher()
    host.install(other)
    away = host.ask(authority.publisher_id).parcel
    authority.now += 30 * DAY
    parcel = Confirmations(
        certificates=answer(other, host.ask(other.publisher_id).parcel).certificates,
        refusals=refused(authority, away).refusals,
    )
    with pytest.raises(TenureError) as caught:
        host.take(parcel)
    assert caught.value.code is Code.REQUEST_EXPIRED
    assert [certificate is not None for certificate in host.certificates] == [False, True]


def _another_publisher() -> SimulatedAuthority:
    """A publisher whose ids and products are its own."""
    return SimulatedAuthority(first_id=1000)
