"""A lease that is kept: checked again, and not ended by what ended since."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.core.policy import DAY
from tenure.wire.trust import open_certificate, stored_certificate
from unit.wire.example import (
    CATALOG,
    CERTIFICATE,
    CERTIFICATE_TOKEN,
    HOST,
    LEASE,
    LEASE_TOKEN,
    NOW,
    OTHER_ID,
    SERVER_ID,
    SIGNING,
    STRANGER,
    accept,
    catalog_with_key,
    certificate_token,
    keep,
    lease_token,
    signing_entry,
)
from unit.wire.forgery import resigned


def test_a_certificates_end_does_not_end_the_lease() -> None:
    """Refused as it arrives after the certificate's end; fine at rest, for it was valid when the lease was signed."""
    ended = certificate_token(exp=NOW + 1)
    assert accept(certificate=ended, now=NOW)[0] == LEASE
    with pytest.raises(Untrusted) as caught:
        accept(certificate=ended, now=NOW + 1)
    assert caught.value.code is Code.CERTIFICATE_INVALID
    assert keep(certificate=ended)[0] == LEASE


@pytest.mark.parametrize(
    ("closes", "at_receipt"),
    [
        pytest.param(None, True, id="open"),
        pytest.param(NOW + 1, True, id="closes in a second"),
        pytest.param(NOW, False, id="closed now"),
        pytest.param(CERTIFICATE.iat + 1, False, id="closed right after it signed"),
    ],
)
def test_a_closed_signing_key_brings_nothing_new_and_ends_nothing_old(
    *, closes: int | None, at_receipt: bool
) -> None:
    """At receipt the key must be open now; at rest it must have been open when it signed."""
    catalog = catalog_with_key(closes=closes)
    assert stored_certificate(CERTIFICATE_TOKEN, catalog) == CERTIFICATE
    assert keep(catalog=catalog) == (LEASE, CERTIFICATE)
    if at_receipt:
        assert open_certificate(CERTIFICATE_TOKEN, catalog, now=NOW) == CERTIFICATE
        assert accept(catalog=catalog) == (LEASE, CERTIFICATE)
    else:
        for attempt in (
            lambda: open_certificate(CERTIFICATE_TOKEN, catalog, now=NOW),
            lambda: accept(catalog=catalog),
        ):
            with pytest.raises(Untrusted, match="was not open now") as caught:
                attempt()
            assert caught.value.code is Code.CHAIN_BROKEN


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"lease": "lease"}, Code.DOCUMENT_MALFORMED, id="a damaged lease"),
        pytest.param({"certificate": "certificate"}, Code.DOCUMENT_MALFORMED, id="a damaged certificate"),
        pytest.param({"lease": lease_token(key=STRANGER)}, Code.CHAIN_BROKEN, id="another host's lease"),
        pytest.param(
            {"lease": resigned(LEASE_TOKEN, STRANGER, kid=HOST.kid)},
            Code.SIGNATURE_INVALID,
            id="a forged lease",
        ),
        pytest.param(
            {"certificate": certificate_token(key=STRANGER)}, Code.CHAIN_BROKEN, id="a stranger's certificate"
        ),
        pytest.param({"product_id": SERVER_ID}, Code.LEASE_INVALID, id="another product's lease"),
        pytest.param(
            {"certificate": certificate_token(host_id=OTHER_ID)},
            Code.LEASE_INVALID,
            id="another host's certificate",
        ),
        pytest.param(
            {"lease": lease_token(pool="servers")}, Code.LEASE_INVALID, id="a pool that was not certified"
        ),
        pytest.param(
            {"certificate": certificate_token(iat=NOW + 1)}, Code.LEASE_INVALID, id="certified too late"
        ),
        pytest.param(
            {"certificate": certificate_token(exp=NOW)}, Code.LEASE_INVALID, id="no longer certified"
        ),
        pytest.param(
            {"catalog": catalog_with_key(closes=CERTIFICATE.iat)},
            Code.CHAIN_BROKEN,
            id="signed by a closed key",
        ),
    ],
)
def test_a_kept_lease_is_checked_again(changes: dict[str, Any], code: Code) -> None:
    """What lies on a disk is believed no more than what comes over a wire."""
    with pytest.raises(Untrusted) as caught:
        keep(**changes)
    assert caught.value.code is code


hours = st.integers(-6, 6).map(lambda n: n * 3_600)


@settings(max_examples=150)
@given(
    now=hours,
    lease_iat=hours,
    certificate_iat=hours,
    certificate_exp=st.sampled_from([-3_600, 0, 3_600, 700 * DAY]),
    opens=hours,
    closes=st.none() | hours,
)
def test_what_is_taken_will_also_hold_at_rest(
    *, now: int, lease_iat: int, certificate_iat: int, certificate_exp: int, opens: int, closes: int | None
) -> None:
    """Whatever the clocks of publisher, host and machine were: no accepted lease is found void at the next start."""
    catalog = catalog_with_key(opens=NOW + opens, closes=None if closes is None else NOW + closes)
    certificate = certificate_token(iat=NOW + certificate_iat, exp=NOW + certificate_exp)
    lease = lease_token(iat=NOW + lease_iat, exp=NOW + lease_iat + 180 * DAY)
    try:
        taken = accept(lease=lease, certificate=certificate, catalog=catalog, now=NOW + now)
    except Untrusted:
        return
    assert keep(lease=lease, certificate=certificate, catalog=catalog) == taken


def test_a_lease_outlives_every_rotation_of_the_signing_key() -> None:
    """A catalog that closed the key after the certificate was made, and opened another, still holds the lease."""
    rotated = replace(
        CATALOG,
        seq=8,
        keys=(signing_entry(SIGNING, closes=CERTIFICATE.iat + 1), signing_entry(STRANGER, opens=NOW)),
    )
    assert keep(catalog=rotated) == (LEASE, CERTIFICATE)
