"""Activating a host: from its request to its certificate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.authority import HOST_ID, SeededKeys, SimulatedAuthority, host_request
from simulators.publisher import NOW, seeded
from tenure.core.certificate import LIFETIME_SECONDS
from tenure.core.enrolment import HostSeat
from tenure.core.errors import Code, Refused, TenureError, Untrusted
from tenure.core.policy import DAY, Kind
from tenure.core.product_key import KeyType, make, parse
from tenure.publisher.activation import activate_host
from tenure.publisher.audit import Actor
from tenure.publisher.authority import NewProduct
from tenure.publisher.key_records import show_key
from tenure.publisher.keys import issue_host_key
from tenure.publisher.memory import MemoryPublisherStore
from tenure.wire.keys import derived_pair
from tenure.wire.trust import open_certificate

if TYPE_CHECKING:
    from tenure.wire.keys import SigningKey


@pytest.fixture
def simulated() -> SimulatedAuthority:
    """A publisher with one product of each kind."""
    return SimulatedAuthority()


@pytest.fixture
def key(simulated: SimulatedAuthority) -> str:
    """A host key of it."""
    issued, _ = issue_host_key(
        simulated.authority, pools=(), customer="Customer", agreement="A-1", trial=True
    )
    return issued.text


def code_of(simulated: SimulatedAuthority, request: str) -> Code:
    """The code of the error that a request meets."""
    with pytest.raises(TenureError) as caught:
        activate_host(simulated.authority, request)
    return caught.value.code


def test_a_certificate_says_what_the_key_says(simulated: SimulatedAuthority, key: str) -> None:
    """Customer, agreement, trial, every pool, the host's own key, two years."""
    answer = activate_host(simulated.authority, host_request(key, audience=simulated.publisher_id))
    certificate = open_certificate(answer.certificate, simulated.authority.catalogs().newest, now=NOW)
    assert (certificate.host_id, certificate.host_kid) == (HOST_ID, seeded(3).kid)
    assert (certificate.org, certificate.agreement, certificate.trial) == ("Customer", "A-1", True)
    assert set(certificate.pools) == {"workstations", "servers"}
    assert (certificate.iat, certificate.exp - certificate.iat) == (NOW, LIFETIME_SECONDS)
    assert certificate.nonce == "request-1"
    assert (answer.used, answer.limit) == (1, 6)


def test_a_key_for_one_pool_gives_a_certificate_for_one_pool(simulated: SimulatedAuthority) -> None:
    """The rest of the catalog is not the host's to grant."""
    key, _ = issue_host_key(simulated.authority, pools=["servers"], customer="", agreement="", trial=False)
    answer = activate_host(simulated.authority, host_request(key.text, audience=simulated.publisher_id))
    certificate = open_certificate(answer.certificate, simulated.authority.catalogs().newest, now=NOW)
    assert set(certificate.pools) == {"servers"}


def test_the_same_request_again_gets_the_same_certificate_and_counts_nothing(
    simulated: SimulatedAuthority, key: str
) -> None:
    """A lost answer costs nobody a place."""
    request = host_request(key, audience=simulated.publisher_id)
    first = activate_host(simulated.authority, request)
    simulated.now += DAY
    other = host_request(key, audience=simulated.publisher_id, host_id=UUID(int=1), request_id="request-2")
    assert activate_host(simulated.authority, other).used == 2
    assert activate_host(simulated.authority, request) == first


def test_every_activation_leaves_an_audit_row(simulated: SimulatedAuthority, key: str) -> None:
    """One for each certificate that was made; a repeated answer makes none."""
    store = simulated.store
    assert isinstance(store, MemoryPublisherStore)
    before = len(store.rows.audited)
    for _ in range(2):
        activate_host(simulated.authority, host_request(key, audience=simulated.publisher_id))
    (row,) = store.rows.audited[before:]
    event = row.event
    assert (event.at, event.action, event.actor) == (NOW, "host activate", Actor(f"host {HOST_ID}"))
    assert event.subject == derived_pair(parse(key)).kid


class OtherKeys(SeededKeys):
    """A signing key file that is not the publisher's."""

    def signing_key(self) -> SigningKey:
        """The key of somebody else."""
        return seeded(8)


def test_a_wrong_signing_key_costs_no_host_its_place(simulated: SimulatedAuthority, key: str) -> None:
    """A certificate that nobody could verify is not made; with the right key the same request is served."""
    request = host_request(key, audience=simulated.publisher_id)
    with pytest.raises(Untrusted) as caught:
        activate_host(replace(simulated.authority, keys=OtherKeys()), request)
    assert caught.value.code is Code.STATE_DAMAGED
    assert activate_host(simulated.authority, request).used == 1


def test_a_host_with_a_new_key_of_its_own_is_counted_again(simulated: SimulatedAuthority, key: str) -> None:
    """Same id and fingerprint, another public key: one more activation, no more places."""
    activate_host(simulated.authority, host_request(key, audience=simulated.publisher_id))
    again = host_request(key, audience=simulated.publisher_id, host_key=seeded(5), request_id="request-2")
    assert activate_host(simulated.authority, again).used == 1
    with simulated.store.reading() as rows:
        ((issued, _),) = rows.issued_keys()
        (holder,) = rows.holders(issued.key_id)
    assert holder.seat == HostSeat(HOST_ID, seeded(5).kid, "host-fingerprint-1", 2)


def test_a_certificate_has_the_terms_of_the_present_catalog(simulated: SimulatedAuthority, key: str) -> None:
    """A pool that was added after the key was issued is the host's too."""
    simulated.authority.add_products(
        [NewProduct(name="Rack Server", kind=Kind.SERVER, pool="rack")], terms={"rack": {"threshold": 3}}
    )
    answer = activate_host(simulated.authority, host_request(key, audience=simulated.publisher_id))
    certificate = open_certificate(answer.certificate, simulated.authority.catalogs().newest, now=NOW)
    assert certificate.pools["rack"].threshold == 3


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        pytest.param("", Code.DOCUMENT_MALFORMED, id="nothing"),
        pytest.param("a.b.c", Code.DOCUMENT_MALFORMED, id="no-document"),
        pytest.param("x" * 20_000, Code.DOCUMENT_MALFORMED, id="too-long"),
    ],
)
def test_what_is_no_request_is_refused(simulated: SimulatedAuthority, request_: str, code: Code) -> None:
    """In words, and before anything is asked of the store."""
    assert code_of(simulated, request_) is code


def test_a_request_that_was_altered_is_refused(simulated: SimulatedAuthority, key: str) -> None:
    """Its signature is the asker's own."""
    request = host_request(key, audience=simulated.publisher_id)
    other = host_request(key, audience=simulated.publisher_id, fingerprint="host-fingerprint-2")
    altered = ".".join([*other.split(".")[:2], request.split(".")[2]])
    assert code_of(simulated, altered) is Code.SIGNATURE_INVALID


def test_other_content_under_a_known_request_id_is_refused(simulated: SimulatedAuthority, key: str) -> None:
    """A request id stands for one request."""
    activate_host(simulated.authority, host_request(key, audience=simulated.publisher_id))
    changed = host_request(key, audience=simulated.publisher_id, fingerprint="host-fingerprint-2")
    assert code_of(simulated, changed) is Code.REQUEST_CHANGED


def test_six_hosts_fit_on_a_key_and_the_seventh_is_refused(simulated: SimulatedAuthority, key: str) -> None:
    """0xC004C008; those that hold a place renew for free."""
    for number in range(6):
        request = host_request(
            key, audience=simulated.publisher_id, host_id=UUID(int=number), request_id=f"request-{number}"
        )
        assert activate_host(simulated.authority, request).used == number + 1
    with pytest.raises(Refused) as caught:
        activate_host(
            simulated.authority,
            host_request(key, audience=simulated.publisher_id, host_id=UUID(int=6), request_id="request-6"),
        )
    assert (caught.value.code, caught.value.hresult) == (Code.KEY_LIMIT, "0xC004C008")
    renewal = host_request(key, audience=simulated.publisher_id, host_id=UUID(int=0), request_id="renewal")
    assert activate_host(simulated.authority, renewal).used == 6


def test_a_host_that_changed_is_counted_ten_times(simulated: SimulatedAuthority, key: str) -> None:
    """A new fingerprint counts, the eleventh activation is refused, and repeats stay free."""
    for number in range(10):
        activate_host(simulated.authority, _changed(key, simulated, number))
    eleventh = _changed(key, simulated, 10)
    assert code_of(simulated, eleventh) is Code.KEY_LIMIT
    same_as_last = host_request(
        key, audience=simulated.publisher_id, fingerprint="host-fingerprint-9", request_id="again"
    )
    assert activate_host(simulated.authority, same_as_last).used == 1


def _changed(key: str, simulated: SimulatedAuthority, number: int) -> str:
    return host_request(
        key,
        audience=simulated.publisher_id,
        fingerprint=f"host-fingerprint-{number}",
        request_id=f"request-{number}",
    )


def test_a_request_for_another_publisher_is_refused(simulated: SimulatedAuthority, key: str) -> None:
    """It says whose request it is."""
    assert code_of(simulated, host_request(key, audience=UUID(int=1234))) is Code.PUBLISHER_MISMATCH


def test_a_key_that_was_never_issued_is_unknown(simulated: SimulatedAuthority) -> None:
    """A well-formed key is not yet an issued one."""
    stranger = make(KeyType.HOST, 1023, 4711).text
    assert code_of(simulated, host_request(stranger, audience=simulated.publisher_id)) is Code.KEY_UNKNOWN


def test_knowing_a_key_id_is_not_holding_the_key(simulated: SimulatedAuthority, key: str) -> None:
    """A proof by another pair is told as an unknown key, so that nobody learns which exist."""
    with simulated.store.transaction() as rows:
        ((issued, _),) = rows.issued_keys()
        rows.add_key(replace(issued, public_x=seeded(9).public.x))
    assert code_of(simulated, host_request(key, audience=simulated.publisher_id)) is Code.KEY_UNKNOWN


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"blocked": True}, Code.KEY_BLOCKED, id="blocked"),
        pytest.param({"type": KeyType.MAK}, Code.KEY_TYPE, id="a-mak"),
        pytest.param({"pools": ("gone",)}, Code.KEY_TYPE, id="a-pool-that-is-gone"),
    ],
)
def test_a_key_that_may_not_activate_hosts_is_refused(
    simulated: SimulatedAuthority, key: str, change: dict[str, object], code: Code
) -> None:
    """Each reason has its code."""
    with simulated.store.transaction() as rows:
        ((issued, _),) = rows.issued_keys()
        rows.add_key(replace(issued, **change))  # type: ignore[arg-type] # the table above names real fields
    assert code_of(simulated, host_request(key, audience=simulated.publisher_id)) is code


@pytest.mark.parametrize(
    ("made", "code"),
    [
        pytest.param(NOW - 30 * DAY + 1, None, id="the-last-second-of-30-days"),
        pytest.param(NOW - 30 * DAY, Code.REQUEST_EXPIRED, id="30-days"),
        pytest.param(NOW + 4 * 3600, None, id="4h-ahead"),
        pytest.param(NOW + 4 * 3600 + 1, Code.REQUEST_EXPIRED, id="4h1s-ahead"),
    ],
)
def test_a_request_lives_30_days(
    simulated: SimulatedAuthority, key: str, made: int, code: Code | None
) -> None:
    """Long enough for paper, and four hours of clock difference are forgiven."""
    request = host_request(key, audience=simulated.publisher_id, now=made)
    if code is None:
        assert activate_host(simulated.authority, request).used == 1
    else:
        assert code_of(simulated, request) is code


def test_holders_are_shown_with_the_key(simulated: SimulatedAuthority, key: str) -> None:
    """Who has it, and since when."""
    activate_host(simulated.authority, host_request(key, audience=simulated.publisher_id))
    with simulated.store.reading() as rows:
        ((issued, _),) = rows.issued_keys()
    (holder,) = show_key(simulated.authority, issued.key_id).holders
    assert (holder.sub, holder.at) == (HOST_ID, NOW)
