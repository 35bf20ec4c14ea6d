"""An isolated machine and its publisher, with nothing but a carrier between them, at clocks that the test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.authority import SimulatedAuthority
from simulators.dns import MemoryDns
from simulators.publisher import NOW, seeded
from tenure.adapters.files.pending_folder import FilePendingFolder
from tenure.adapters.os.randomness import new_uuid
from tenure.client.activation import Surroundings
from tenure.client.carried_activation import (
    CarriedAway,
    Confirmed,
    accept_confirmation,
    carry_away,
    products_to_carry,
)
from tenure.client.grant_activation import ActivatedForGood
from tenure.client.lifecycle import rearm
from tenure.client.memory import MemoryClientStore
from tenure.client.setup import install_key
from tenure.core.errors import Code, TenureError
from tenure.core.policy import DAY, Kind
from tenure.core.product_key import parse
from tenure.publisher.authority import NewProduct
from tenure.publisher.carried_activation import activate, catalogs_after, revocations
from tenure.publisher.revocations import revoke_key
from tenure.wire.carried_refusal import refusal_of
from tenure.wire.enrolment import MachineActivated
from tenure.wire.keys import derived_pair
from tenure.wire.parcel import Confirmations, Requests
from tenure.wire.request import request_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Machine:
    """A machine of one home."""

    def __init__(self, home: Path, fingerprint: str) -> None:
        """Nothing is installed."""
        self.now = NOW
        self.store = MemoryClientStore()
        self.folder = FilePendingFolder(home)
        self.fingerprint = fingerprint

    def install(self, authority: SimulatedAuthority, key: str) -> None:
        """The key is installed."""
        catalogs = authority.authority.catalogs().tokens
        install_key(
            parse(key),
            catalogs,
            root_kid=None,
            store=self.store,
            clock=lambda: self.now,
            new_uuid=new_uuid,
        )

    def ask(self) -> CarriedAway:
        """A request is carried away for every product."""
        here = Surroundings(
            clock=lambda: self.now,
            fingerprint_of=lambda _publisher: self.fingerprint,
            hostname="pc.example",
            virtual=True,
            new_uuid=new_uuid,
            draw=lambda: 0.0,
            elapsed=lambda: 0.0,
            pause=lambda _seconds: None,
            dns=MemoryDns(),
        )
        return carry_away(
            products_to_carry(self.store.load(), None),
            store=self.store,
            here=here,
            machine_key=lambda: seeded(4),
            folder=self.folder,
        )

    def take(self, parcel: Confirmations) -> list[Confirmed]:
        """What was carried back is taken."""
        return accept_confirmation(parcel, store=self.store, folder=self.folder, clock=lambda: self.now)

    def refusal(self, parcel: Confirmations) -> Code:
        """Why what was carried back is not taken, all of it or its only product; nothing changes then."""
        before = self.store.load().grants
        try:
            (one,) = self.take(parcel)
        except TenureError as error:
            code = error.code
        else:
            assert isinstance(one.outcome, TenureError)
            code = one.outcome.code
        assert self.store.load().grants == before
        return code


@pytest.fixture
def authority() -> SimulatedAuthority:
    """A publisher with one product of each kind."""
    return SimulatedAuthority()


@pytest.fixture
def new_machine(tmp_path: Path, authority: SimulatedAuthority) -> Callable[[str], Machine]:
    """Makes machines with a key of the publisher."""
    made: list[Machine] = []

    def make(key: str) -> Machine:
        number = len(made)
        made.append(Machine(tmp_path / str(number), f"fingerprint-of-machine-{number}"))
        made[-1].install(authority, key)
        return made[-1]

    return make


@pytest.fixture
def machine(authority: SimulatedAuthority, new_machine: Callable[[str], Machine]) -> Machine:
    """A machine with a MAK of three."""
    return new_machine(authority.mak(3))


def answer(authority: SimulatedAuthority, requests: Requests) -> Confirmations:
    """What the publisher gives the carrier to take back."""
    outcomes = [activate(authority.authority, one) for one in requests.requests]
    return Confirmations(
        grants=tuple(one for one in outcomes if isinstance(one, MachineActivated)),
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


def test_a_machine_is_activated_by_what_was_carried_back(
    machine: Machine, authority: SimulatedAuthority
) -> None:
    """Days later, for good; the request says for what, and whom to bring it to."""
    away = machine.ask()
    assert (away.products, away.publishers) == (
        ("Draft Studio",),
        ("Example Software (licenses@publisher.example)",),
    )
    authority.now += 3 * DAY
    machine.now += 6 * DAY
    (confirmed,) = machine.take(answer(authority, away.parcel))
    assert isinstance(confirmed.outcome, ActivatedForGood)
    assert (confirmed.outcome.used, confirmed.outcome.limit) == (1, 3)
    assert confirmed.outcome.grant.iat == NOW + 3 * DAY
    assert list(machine.store.load().grants) == [confirmed.product_id]


def test_the_same_again_changes_nothing(machine: Machine, authority: SimulatedAuthority) -> None:
    """The same request gets the same answer to the byte, and the same answer may be taken twice."""
    away = machine.ask()
    first = answer(authority, away.parcel)
    authority.now += 29 * DAY
    assert answer(authority, away.parcel) == first
    assert machine.take(first) == machine.take(first)


def test_a_request_lives_for_30_days_there_and_back(machine: Machine, authority: SimulatedAuthority) -> None:
    """At the very second of its end neither publisher nor machine takes it any more."""
    away = machine.ask()
    authority.now = NOW + 30 * DAY
    with pytest.raises(TenureError) as caught:
        answer(authority, away.parcel)
    assert caught.value.code is Code.REQUEST_EXPIRED
    authority.now -= 1
    parcel = answer(authority, away.parcel)
    machine.now = NOW + 30 * DAY
    assert machine.refusal(parcel) is Code.REQUEST_EXPIRED
    machine.now -= 1
    assert machine.take(parcel)


def test_the_answer_to_another_machine_is_refused(
    machine: Machine, new_machine: Callable[[str], Machine], authority: SimulatedAuthority
) -> None:
    """Of one key, out of one batch of papers; out of a file with both, each takes its own."""
    other = new_machine(authority.mak(1))
    own, others = machine.ask().parcel, other.ask().parcel
    assert machine.refusal(answer(authority, others)) is Code.GRANT_INVALID
    both = answer(authority, Requests(requests=own.requests + others.requests))
    grants = [
        one.outcome.grant
        for m in (machine, other)
        for one in m.take(both)
        if isinstance(one.outcome, ActivatedForGood)
    ]
    assert [grant.fingerprint for grant in grants] == ["fingerprint-of-machine-0", "fingerprint-of-machine-1"]


def test_an_altered_grant_is_refused(machine: Machine, authority: SimulatedAuthority) -> None:
    """Nothing but its signature vouches for it, whatever the carrier did."""
    (good,) = answer(authority, machine.ask().parcel).grants
    header, payload, signature = good.grant.split(".")
    changed = ("B" if signature[20] == "A" else "A").join((signature[:20], signature[21:]))
    forged = MachineActivated(grant=f"{header}.{payload}.{changed}", used=1, limit=3)
    assert machine.refusal(Confirmations(grants=(forged,))) is Code.SIGNATURE_INVALID


def test_an_answer_to_what_the_machine_was_is_refused(
    machine: Machine, authority: SimulatedAuthority
) -> None:
    """It was given a new id in the meantime."""
    parcel = answer(authority, machine.ask().parcel)
    rearm(store=machine.store, clock=lambda: machine.now, new_uuid=new_uuid)
    assert machine.refusal(parcel) is Code.GRANT_INVALID


def test_an_older_grant_does_not_replace_a_newer_one(machine: Machine, authority: SimulatedAuthority) -> None:
    """Two requests are underway, and the later one's answer comes first; of both in one file the newer is taken."""
    early = answer(authority, machine.ask().parcel)
    machine.now = authority.now = NOW + DAY
    late = answer(authority, machine.ask().parcel)
    machine.take(late)
    assert machine.refusal(early) is Code.GRANT_INVALID
    both = Confirmations(grants=late.grants + early.grants)
    (taken,) = machine.take(both)
    assert isinstance(taken.outcome, ActivatedForGood)
    assert taken.outcome.grant.iat == NOW + DAY


def test_a_confirmation_brings_the_catalogs_that_the_machine_does_not_have(
    machine: Machine, authority: SimulatedAuthority
) -> None:
    """They are kept; the next request names the newest."""
    away = machine.ask()
    authority.authority.add_products([NewProduct(name="Third", kind=Kind.SERVER)])
    machine.take(answer(authority, away.parcel))
    assert [one.catalog_seq for one in machine.ask().parcel.requests] == [3]


def test_a_refusal_is_told_where_it_was_asked(
    new_machine: Callable[[str], Machine], authority: SimulatedAuthority
) -> None:
    """With the publisher's words and cure; a grant that the machine has stays, and nobody else is told."""
    key = authority.mak(1)
    first, second = new_machine(key), new_machine(key)
    first.take(answer(authority, first.ask().parcel))
    parcel = refused(authority, second.ask().parcel)
    (told,) = second.take(parcel)
    assert isinstance(told.outcome, TenureError)
    assert (told.outcome.code, told.outcome.hresult) == (Code.KEY_LIMIT, "0xC004C020")
    assert told.outcome.detail.startswith("The publisher refused: ")
    assert told.outcome.cure
    assert first.refusal(parcel) is Code.GRANT_INVALID


def test_a_grant_counts_more_than_the_refusal_of_another_request(
    machine: Machine, authority: SimulatedAuthority
) -> None:
    """One of the machine's requests was refused, and another one granted: it is licensed."""
    away = machine.ask()
    authority.now += 30 * DAY
    late = refused(authority, away.parcel)
    authority.now -= 30 * DAY
    granted = answer(authority, machine.ask().parcel)
    (told,) = machine.take(Confirmations(grants=granted.grants, refusals=late.refusals))
    assert isinstance(told.outcome, ActivatedForGood)


def test_what_was_revoked_comes_with_the_answer(
    new_machine: Callable[[str], Machine], authority: SimulatedAuthority
) -> None:
    """Whatever the answer is; an older parcel changes nothing, nor does a list that does not verify."""
    key = authority.mak(2)
    machine, other = new_machine(key), new_machine(authority.mak(1))
    early = answer(authority, machine.ask().parcel)
    assert early.revocations == ()
    machine.take(early)
    revoke_key(authority.authority, parse_key_id(key), reason="leaked", since=None)
    late = answer(authority, other.ask().parcel)
    assert machine.refusal(late) is Code.GRANT_INVALID
    (listed,) = late.revocations
    assert machine.store.load().revocations == {authority.publisher_id: listed}
    forged = listed[:-20] + ("A" if listed[-20] != "A" else "B") + listed[-19:]
    machine.take(early)
    assert machine.refusal(Confirmations(revocations=(forged,))) is Code.GRANT_INVALID
    assert machine.store.load().revocations == {authority.publisher_id: listed}


def test_a_grant_of_a_key_that_the_same_file_revokes_is_not_taken(
    machine: Machine, authority: SimulatedAuthority
) -> None:
    """The list is heard first, as over the network."""
    granted = answer(authority, machine.ask().parcel)
    (product,) = machine.store.load().installed
    key_id = derived_pair(machine.store.load().secret_keys[product.product_id]).kid
    revoke_key(authority.authority, key_id, reason="", since=None)
    parcel = Confirmations(grants=granted.grants, revocations=revocations(authority.authority))
    assert machine.refusal(parcel) is Code.GRANT_REVOKED


def parse_key_id(key: str) -> str:
    """The id of a key, by its text."""
    return derived_pair(parse(key)).kid


def test_one_product_that_fails_does_not_stop_the_other(
    machine: Machine, authority: SimulatedAuthority
) -> None:
    """A machine with two MAKs, of which one's request is a day older."""
    early = machine.ask().parcel
    machine.install(authority, authority.mak(2, product=1))
    machine.now = NOW + DAY
    both = Requests(requests=early.requests + machine.ask().parcel.requests[1:])
    authority.now = NOW + DAY
    parcel = answer(authority, both)
    machine.now = NOW + 30 * DAY
    first, second = machine.take(parcel)
    assert isinstance(first.outcome, TenureError)
    assert first.outcome.code is Code.REQUEST_EXPIRED
    assert isinstance(second.outcome, ActivatedForGood)


def test_a_generic_key_is_nothing_to_carry(
    new_machine: Callable[[str], Machine], authority: SimulatedAuthority
) -> None:
    """It is told what it needs instead."""
    generic = new_machine(authority.products[0].generic_keys[0])
    with pytest.raises(TenureError) as caught:
        generic.ask()
    assert caught.value.code is Code.NOT_SET_UP
    assert "Generic keys need a host" in caught.value.cure
