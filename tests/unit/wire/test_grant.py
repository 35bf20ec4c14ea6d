"""`tenure-grant+jwt`: what a grant says comes back, and a wrong one is refused by its member's name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.wire.grant import grant_of, sign_grant
from tenure.wire.jws import Typ, read
from unit.wire.example import FINGERPRINT, GRANT, GRANT_TOKEN, PAIR, SIGNING
from unit.wire.forgery import payload_of, with_value, without

PAYLOAD = payload_of(GRANT_TOKEN)


def refusal(payload: dict[str, Any]) -> Untrusted:
    """The error that this payload leads to."""
    with pytest.raises(Untrusted) as caught:
        grant_of(payload)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value


def test_the_payload_has_the_members_of_the_design() -> None:
    """`iss` the publisher, `sub` the machine, `aud` the product; and no `exp`."""
    assert list(PAYLOAD) == ["ver", "iss", "sub", "jti", "iat", "aud", "fpr", "key_id", "nonce"]
    assert (PAYLOAD["iss"], PAYLOAD["sub"]) == (str(GRANT.publisher_id), str(GRANT.machine_id))
    assert (PAYLOAD["aud"], PAYLOAD["jti"]) == (str(GRANT.product_id), GRANT.grant_id)


@given(
    machine_id=st.uuids(),
    fingerprint=st.from_regex(r"[A-Za-z0-9._:+/=-]{16,128}", fullmatch=True),
    nonce=st.text(max_size=128),
    iat=st.integers(0, 2**53),
)
def test_a_grant_comes_back_as_it_was_signed(**changes: Any) -> None:
    """Signing and reading lose and change nothing."""
    grant = replace(GRANT, **changes)
    assert grant_of(read(sign_grant(grant, SIGNING), Typ.GRANT).verify(SIGNING.public)) == grant


@pytest.mark.parametrize("member", PAYLOAD)
def test_a_missing_member_is_named(member: str) -> None:
    """Every member is required."""
    assert f"`{member}`" in refusal(without(PAYLOAD, member)).detail


def test_members_that_are_not_known_are_passed_over() -> None:
    """Fields are append-only: the grant of a newer publisher is still read."""
    assert grant_of({**PAYLOAD, "exp": 5, "tomorrow": 1}) == GRANT


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        pytest.param(("ver",), 2, "$.ver", id="version 2"),
        pytest.param(("iss",), "x", "iss is no UUID", id="iss is no UUID"),
        pytest.param(("sub",), PAYLOAD["sub"].upper() + "\n", "sub is no UUID", id="sub in another form"),
        pytest.param(("aud",), "x", "aud is no UUID", id="aud is no UUID"),
        pytest.param(("aud",), [PAYLOAD["aud"]], "$.aud", id="aud a list"),
        pytest.param(("jti",), "", "$.jti", id="jti empty"),
        pytest.param(("iat",), -1, "$.iat", id="iat before 1970"),
        pytest.param(("fpr",), "short", "$.fpr", id="fingerprint too short"),
        pytest.param(("fpr",), FINGERPRINT + "\n", "$.fpr", id="fingerprint with a line feed"),
        pytest.param(("key_id",), PAIR.kid[:-1], "$.key_id", id="key id is no thumbprint"),
        pytest.param(("nonce",), 5, "$.nonce", id="nonce a number"),
    ],
)
def test_a_wrong_member_is_named(path: tuple[str | int, ...], value: Any, named: str) -> None:
    """One departure at a time from a good grant: the error says where it is."""
    assert named in refusal(with_value(PAYLOAD, path, value)).detail
