"""`tenure-lease+jwt`: what the mint writes by hand is what the JOSE library would, and reads back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.core.lease import Lease
from tenure.wire.claims import to_claims
from tenure.wire.jws import MAX_DOCUMENT, Typ, read, sign
from tenure.wire.lease import LeaseMint, lease_of
from unit.wire.example import FINGERPRINT, HOST, LEASE, LEASE_TOKEN
from unit.wire.forgery import payload_of, with_value, without

PAYLOAD = payload_of(LEASE_TOKEN)

seconds = st.integers(0, 2**53)
leases = st.builds(
    Lease,
    lease_id=st.text(min_size=1, max_size=128),
    host_id=st.uuids(),
    machine_id=st.uuids(),
    product_id=st.uuids(),
    pool=st.text(max_size=63),
    nonce=st.text(max_size=200),
    fingerprint=st.from_regex(r"[A-Za-z0-9._:+/=-]{16,128}", fullmatch=True),
    count=st.integers(0, 2**63 - 1),
    threshold=st.integers(1, 100_000),
    iat=seconds,
    exp=seconds,
    renew_after=seconds,
    epoch=seconds,
)


def claims_by_hand(lease: Lease) -> dict[str, Any]:
    """The claims of a lease, written out once more."""
    return {
        **to_claims(
            issuer=str(lease.host_id),
            subject=str(lease.machine_id),
            document_id=lease.lease_id,
            iat=lease.iat,
        ),
        "exp": lease.exp,
        "aud": str(lease.product_id),
        "pool": lease.pool,
        "nonce": lease.nonce,
        "fpr": lease.fingerprint,
        "count": lease.count,
        "threshold": lease.threshold,
        "renew_after": lease.renew_after,
        "epoch": lease.epoch,
    }


MINT = LeaseMint(HOST)


@given(leases)
def test_the_mints_bytes_are_the_librarys(lease: Lease) -> None:
    """Header, payload with all its escapes, and signature: the token that `wire.jws.sign` makes of the same claims."""
    assert MINT.mint(lease) == sign(Typ.LEASE, claims_by_hand(lease), HOST)


@given(leases)
def test_a_lease_comes_back_as_it_was_minted(lease: Lease) -> None:
    """Minting and reading lose and change nothing."""
    assert lease_of(read(MINT.mint(lease), Typ.LEASE).verify(HOST.public)) == lease


@given(leases)
def test_another_library_reads_the_mints_leases(lease: Lease) -> None:
    """PyJWT verifies each and reads the same claims, whatever texts are in them."""
    decoded = jwt.decode(
        MINT.mint(lease),
        jwt.PyJWK(HOST.public.jwk),
        algorithms=["EdDSA"],
        options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
    )
    assert decoded == claims_by_hand(lease)


def test_a_mint_signs_with_whatever_holds_the_key() -> None:
    """A signer is a kid and a function: a device that never shows its key makes the same lease."""

    class Device:
        kid = HOST.kid

        def sign(self, data: bytes) -> bytes:
            return HOST.sign(data)

    assert LeaseMint(Device()).mint(LEASE) == LEASE_TOKEN


def test_a_lease_is_small() -> None:
    """About 700 characters, and with everything at its longest far below what a document may have."""
    assert len(LEASE_TOKEN) < 750
    longest = Lease(
        lease_id="x" * 128,
        host_id=UUID(int=1),
        machine_id=UUID(int=2),
        product_id=UUID(int=3),
        pool="x" * 63,
        nonce="x" * 36,
        fingerprint="x" * 128,
        count=10**7,
        threshold=100_000,
        iat=2**53,
        exp=2**53,
        renew_after=2**53,
        epoch=2**53,
    )
    assert len(MINT.mint(longest)) < MAX_DOCUMENT / 4


def refusal(payload: dict[str, Any]) -> Untrusted:
    """The error that this payload leads to."""
    with pytest.raises(Untrusted) as caught:
        lease_of(payload)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value


@pytest.mark.parametrize("member", PAYLOAD)
def test_a_missing_member_is_named(member: str) -> None:
    """Every member is required."""
    assert f"`{member}`" in refusal(without(PAYLOAD, member)).detail


def test_members_that_are_not_known_are_passed_over() -> None:
    """Fields are append-only: the lease of a newer host is still read."""
    assert lease_of({**PAYLOAD, "tomorrow": [1, {}]}) == LEASE


@pytest.mark.parametrize(
    ("member", "value", "named"),
    [
        pytest.param("ver", 2, "$.ver", id="version 2"),
        pytest.param("iss", "x", "iss is no UUID", id="iss is no UUID"),
        pytest.param("sub", "x", "sub is no UUID", id="sub is no UUID"),
        pytest.param("aud", "x", "aud is no UUID", id="aud is no UUID"),
        pytest.param("aud", [PAYLOAD["aud"]], "$.aud", id="aud a list, as RFC 7519 would allow"),
        pytest.param("aud", f"{{{PAYLOAD['aud']}}}", "aud is no UUID", id="aud in another form"),
        pytest.param("jti", "", "$.jti", id="empty jti"),
        pytest.param("iat", -1, "$.iat", id="iat before 1970"),
        pytest.param("exp", True, "$.exp", id="exp true"),
        pytest.param("exp", 2**53 + 1, "$.exp", id="exp too late"),
        pytest.param("pool", None, "$.pool", id="pool null"),
        pytest.param("nonce", 5, "$.nonce", id="nonce a number"),
        pytest.param("fpr", "short", "$.fpr", id="fingerprint too short"),
        pytest.param("fpr", FINGERPRINT + "\n", "$.fpr", id="fingerprint with a line feed"),
        pytest.param("fpr", "f" * 129, "$.fpr", id="fingerprint too long"),
        pytest.param("count", -1, "$.count", id="count below 0"),
        pytest.param("count", "31", "$.count", id="count as text"),
        pytest.param("threshold", 0, "$.threshold", id="threshold 0"),
        pytest.param("renew_after", -1, "$.renew_after", id="renewal before 1970"),
        pytest.param("epoch", None, "$.epoch", id="epoch null"),
    ],
)
def test_a_wrong_member_is_named(member: str, value: Any, named: str) -> None:
    """One departure at a time from a good lease: the error says where it is."""
    assert named in refusal(with_value(PAYLOAD, (member,), value)).detail
