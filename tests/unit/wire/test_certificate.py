"""`tenure-host+jwt`: what a host certificate says comes back, and a wrong one is refused by its member's name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.core.policy import BOUNDS, Policy
from tenure.wire.certificate import certificate_of, sign_certificate
from tenure.wire.jws import Typ, read
from tenure.wire.keys import SigningKey
from unit.wire.example import CERTIFICATE, CERTIFICATE_TOKEN, HOST, SIGNING
from unit.wire.forgery import payload_of, with_value, without

PAYLOAD = payload_of(CERTIFICATE_TOKEN)
POLICY = PAYLOAD["pools"]["workstations"]


def refusal(payload: dict[str, Any]) -> Untrusted:
    """The error that this payload leads to."""
    with pytest.raises(Untrusted) as caught:
        certificate_of(payload)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value


def test_the_payload_has_the_members_of_the_design() -> None:
    """`iss` the publisher, `sub` the host, `cnf.jwk` its key, and the terms."""
    assert list(PAYLOAD) == [
        *("ver", "iss", "sub", "jti", "iat", "exp", "cnf", "pools", "org", "agreement", "trial"),
        *("key_id", "nonce"),
    ]
    assert (PAYLOAD["iss"], PAYLOAD["sub"]) == (str(CERTIFICATE.publisher_id), str(CERTIFICATE.host_id))
    assert PAYLOAD["cnf"] == {"jwk": HOST.public.jwk}
    assert set(POLICY) == set(BOUNDS)


policies = st.builds(Policy, **{name: st.integers(low, high) for name, (low, high) in BOUNDS.items()})
pool_names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@given(
    host=st.binary(min_size=32, max_size=32).map(SigningKey),
    pools=st.dictionaries(pool_names, policies, min_size=1, max_size=3),
    texts=st.tuples(st.text(max_size=255), st.text(max_size=255), st.text(max_size=200)),
    trial=st.booleans(),
    times=st.tuples(st.integers(0, 2**53), st.integers(0, 2**53)),
)
def test_a_certificate_comes_back_as_it_was_signed(
    *,
    host: SigningKey,
    pools: dict[str, Policy],
    texts: tuple[str, str, str],
    trial: bool,
    times: tuple[int, int],
) -> None:
    """Signing and reading lose and change nothing."""
    org, agreement, nonce = texts
    iat, exp = times
    certificate = replace(
        CERTIFICATE,
        host_kid=host.kid,
        host_x=host.public.x,
        pools=pools,
        org=org,
        agreement=agreement,
        nonce=nonce,
        trial=trial,
        iat=iat,
        exp=exp,
    )
    token = sign_certificate(certificate, SIGNING)
    assert certificate_of(read(token, Typ.HOST).verify(SIGNING.public)) == certificate


@pytest.mark.parametrize("member", PAYLOAD)
def test_a_missing_member_is_named(member: str) -> None:
    """Every member is required: a certificate without `trial` is no certificate."""
    assert f"`{member}`" in refusal(without(PAYLOAD, member)).detail


def test_members_that_are_not_known_are_passed_over() -> None:
    """Fields are append-only; only inside the key is anything more refused."""
    newer = {**PAYLOAD, "tomorrow": 1, "cnf": {**PAYLOAD["cnf"], "tomorrow": 1}}
    assert certificate_of(newer) == CERTIFICATE


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        pytest.param(("ver",), 2, "$.ver", id="version 2"),
        pytest.param(("iss",), "x", "iss is no UUID", id="iss is no UUID"),
        pytest.param(("sub",), "x", "sub is no UUID", id="sub is no UUID"),
        pytest.param(("sub",), PAYLOAD["sub"].upper() + "\n", "sub is no UUID", id="sub in another form"),
        pytest.param(("exp",), "later", "$.exp", id="exp as text"),
        pytest.param(("exp",), None, "$.exp", id="exp null"),
        pytest.param(("exp",), 2**53 + 1, "$.exp", id="exp too late"),
        pytest.param(("cnf",), {}, "$.cnf", id="no key"),
        pytest.param(("cnf",), {"kid": HOST.kid}, "$.cnf", id="a key's name instead of a key"),
        pytest.param(("cnf", "jwk", "d"), "AA", "$.cnf.jwk", id="the host's private half"),
        pytest.param(("cnf", "jwk", "crv"), "Ed448", "$.cnf.jwk.crv", id="a key on Ed448"),
        pytest.param(("cnf", "jwk", "kty"), "EC", "$.cnf.jwk.kty", id="a key that is EC"),
        pytest.param(("cnf", "jwk", "x"), "AA", "$.cnf.jwk.x", id="a short x"),
        pytest.param(("cnf", "jwk", "x"), HOST.public.x[:-1] + "_", "one form", id="x not canonical"),
        pytest.param(("pools",), {}, "$.pools", id="no pools"),
        pytest.param(("pools",), ["workstations"], "$.pools", id="pools without policies"),
        pytest.param(("pools", "Upper"), POLICY, "$.pools", id="a pool in upper case"),
        pytest.param(("pools",), {str(n): POLICY for n in range(1024)}, "$.pools", id="1,024 pools"),
        pytest.param(("pools", "workstations", "threshold"), 0, "threshold is 1 to", id="threshold 0"),
        pytest.param(
            ("pools", "workstations", "threshold"), 100_001, "threshold is 1 to", id="threshold too high"
        ),
        pytest.param(("org",), "x" * 256, "$.org", id="customer too long"),
        pytest.param(("org",), None, "$.org", id="customer null"),
        pytest.param(("agreement",), "x" * 256, "$.agreement", id="agreement too long"),
        pytest.param(("trial",), 0, "$.trial", id="trial a number"),
        pytest.param(("trial",), "false", "$.trial", id="trial a text"),
        pytest.param(("key_id",), "x", "$.key_id", id="key id is no thumbprint"),
        pytest.param(("key_id",), PAYLOAD["key_id"] + "\n", "$.key_id", id="key id with a line feed"),
        pytest.param(("nonce",), 5, "$.nonce", id="nonce a number"),
    ],
)
def test_a_wrong_member_is_named(path: tuple[str | int, ...], value: Any, named: str) -> None:
    """One departure at a time from a good certificate: the error says where it is."""
    assert named in refusal(with_value(PAYLOAD, path, value)).detail


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("org", ""),
        ("org", "x" * 255),
        ("agreement", ""),
        ("agreement", "x" * 255),
        ("exp", 0),
        ("exp", 2**53),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_last_value_within_a_bound_is_taken(member: str, value: Any) -> None:
    """The bounds themselves are allowed, and a customer may go unnamed."""
    assert getattr(certificate_of({**PAYLOAD, member: value}), member) == value


def test_the_hosts_kid_is_the_thumbprint_of_its_key() -> None:
    """Nothing in the document can give the host's key another name."""
    assert certificate_of(with_value(PAYLOAD, ("cnf", "jwk", "x"), SIGNING.public.x)).host_kid == SIGNING.kid


def test_a_certificate_covers_as_many_pools_as_its_document_holds() -> None:
    """Ten pools fit in 8 KiB; what would not fit is refused at the signer."""
    policy = CERTIFICATE.pools["workstations"]
    ten = replace(CERTIFICATE, pools={f"pool-{n}": policy for n in range(10)})
    assert certificate_of(payload_of(sign_certificate(ten, SIGNING))) == ten
    with pytest.raises(Untrusted, match="at most 8,192 characters"):
        sign_certificate(replace(CERTIFICATE, pools={f"pool-{n}": policy for n in range(100)}), SIGNING)
