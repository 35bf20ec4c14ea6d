"""Activating a host: from its request to its certificate."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from simulators.authority import HOST_ID, SimulatedAuthority, host_request
from simulators.publisher import NOW, seeded
from tenure.core.certificate import LIFETIME_SECONDS
from tenure.core.errors import Code, Refused, TenureError
from tenure.core.policy import DAY
from tenure.core.product_key import KeyType, make
from tenure.publisher.activation import activate_host
from tenure.publisher.keys import issue_host_key, show_key
from tenure.wire.trust import open_certificate


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
    assert activate_host(simulated.authority, request) == first


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
        (issued,) = rows.issued_keys()
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
        (issued,) = rows.issued_keys()
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
        (issued,) = rows.issued_keys()
    (holder,) = show_key(simulated.authority, issued.key_id).holders
    assert (holder.seat.host_id, holder.seat.activations, holder.at) == (HOST_ID, 1, NOW)
