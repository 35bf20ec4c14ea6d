"""What every payload has, and the small shapes that several share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.core.policy import BOUNDS, Policy
from tenure.wire.claims import (
    Claims,
    Ed25519Jwk,
    Fingerprint,
    KeyId,
    PolicyClaims,
    as_uuid,
    claims_of,
    to_claims,
)
from unit.wire.example import POLICY, ROOT
from unit.wire.forgery import without

PAYLOAD = to_claims(
    issuer="11111111-1111-4111-8111-111111111111", subject="somebody", document_id="document-1", iat=5
)


def refusal(payload: dict[str, Any]) -> Untrusted:
    """The error that these claims lead to."""
    with pytest.raises(Untrusted) as caught:
        claims_of(payload, Claims)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value


def test_a_payload_begins_with_five_members_in_their_order() -> None:
    """What golden bytes pin."""
    assert list(PAYLOAD.items()) == [
        ("ver", 1),
        ("iss", "11111111-1111-4111-8111-111111111111"),
        ("sub", "somebody"),
        ("jti", "document-1"),
        ("iat", 5),
    ]


def test_members_that_are_not_known_are_passed_over() -> None:
    """Fields are append-only: a newer publisher's document is still read."""
    claims = claims_of({**PAYLOAD, "tomorrow": {"deep": [1, None]}}, Claims)
    assert (claims.sub, claims.jti, claims.iat) == ("somebody", "document-1", 5)
    assert claims.publisher_id == UUID("11111111-1111-4111-8111-111111111111")


@pytest.mark.parametrize("member", ["ver", "iss", "sub", "jti", "iat"])
def test_a_missing_member_is_named(member: str) -> None:
    """Each of the five is required."""
    assert f"`{member}`" in refusal(without(PAYLOAD, member)).detail


@pytest.mark.parametrize(
    ("member", "value"),
    [
        pytest.param("ver", 0, id="version 0"),
        pytest.param("ver", 2, id="version 2"),
        pytest.param("ver", True, id="version true"),
        pytest.param("ver", "1", id="version as text"),
        pytest.param("iss", None, id="issuer null"),
        pytest.param("iss", "x" * 129, id="issuer too long"),
        pytest.param("sub", 5, id="subject a number"),
        pytest.param("sub", "x" * 129, id="subject too long"),
        pytest.param("jti", "", id="empty jti"),
        pytest.param("jti", "x" * 129, id="jti too long"),
        pytest.param("jti", ["a"], id="jti a list"),
        pytest.param("iat", -1, id="before 1970"),
        pytest.param("iat", 2**53 + 1, id="beyond what JSON numbers carry"),
        pytest.param("iat", 10**400, id="a huge number"),
        pytest.param("iat", True, id="true"),
        pytest.param("iat", "5", id="a number as text"),
    ],
)
def test_a_wrong_member_is_named(member: str, value: object) -> None:
    """The error says which member it is, and is raised for one bad member alone."""
    assert f"$.{member}" in refusal({**PAYLOAD, member: value}).detail


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("iss", "x" * 128),
        ("sub", ""),
        ("sub", "x" * 128),
        ("jti", "x"),
        ("jti", "x" * 128),
        ("iat", 0),
        ("iat", 2**53),
    ],
    ids=str,
)
def test_the_last_value_within_a_bound_is_taken(member: str, value: object) -> None:
    """The bounds themselves are allowed."""
    assert getattr(claims_of({**PAYLOAD, member: value}, Claims), member) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "11111111111141118111111111111111",
        "11111111-1111-4111-8111-11111111111",
        "11111111-1111-4111-8111-1111111111111",
        "{11111111-1111-4111-8111-111111111111}",
        "urn:uuid:11111111-1111-4111-8111-111111111111",
        "AAAAAAAA-1111-4111-8111-111111111111",
        "11111111-1111-4111-8111-111111111111\n",
        " 11111111-1111-4111-8111-111111111111",
        "1111111-11111-4111-8111-111111111111",
        "\uff111111111-1111-4111-8111-111111111111",
    ],
)
def test_a_uuid_has_one_form(text: str) -> None:
    """What Python would also read as a UUID is refused: an id has one text, or comparing texts means nothing."""
    with pytest.raises(Untrusted, match="sub is no UUID") as caught:
        as_uuid(text, "sub")
    assert caught.value.code is Code.DOCUMENT_MALFORMED


@given(st.uuids())
def test_every_uuid_is_read_in_its_one_form(value: UUID) -> None:
    """`as_uuid` undoes `str`."""
    assert as_uuid(str(value), "sub") == value


@given(st.text(max_size=45))
def test_no_text_but_a_uuid_is_one(text: str) -> None:
    """Nor does any text lead to another error."""
    try:
        value = as_uuid(text, "sub")
    except Untrusted:
        return
    assert str(value) == text


def as_policy(values: dict[str, Any]) -> Policy:
    """The policy in a payload's `pools`."""
    return msgspec.convert(values, PolicyClaims).policy()


@pytest.mark.parametrize("field", BOUNDS)
def test_a_policy_keeps_to_its_bounds(field: str) -> None:
    """Lowest and highest value are taken; one less and one more are refused, and the field is named."""
    values = msgspec.to_builtins(POLICY)
    low, high = BOUNDS[field]
    for allowed in (low, high):
        assert getattr(as_policy({**values, field: allowed}), field) == allowed
    for outside in (low - 1, high + 1, 10**30, -(10**30)):
        with pytest.raises(Untrusted, match=field) as caught:
            as_policy({**values, field: outside})
        assert caught.value.code is Code.DOCUMENT_MALFORMED


def test_a_policy_comes_back_as_it_was_signed() -> None:
    """All seven fields, and each is required."""
    values = msgspec.to_builtins(POLICY)
    assert set(values) == set(BOUNDS)
    assert as_policy(values) == POLICY
    for field in BOUNDS:
        with pytest.raises(msgspec.ValidationError, match=field):
            as_policy(without(values, field))


@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param({**ROOT.public.jwk, "d": "AA"}, id="private part"),
        pytest.param({**ROOT.public.jwk, "kid": ROOT.kid}, id="one member more"),
        pytest.param({**ROOT.public.jwk, "crv": "Ed448"}, id="Ed448"),
        pytest.param({**ROOT.public.jwk, "kty": "EC"}, id="EC"),
        pytest.param({"kty": "EC", "crv": "P-256", "x": ROOT.public.x, "y": ROOT.public.x}, id="P-256"),
        pytest.param({**ROOT.public.jwk, "x": ROOT.public.x + "A"}, id="44 characters"),
        pytest.param({**ROOT.public.jwk, "x": ROOT.public.x[:-1]}, id="42 characters"),
        pytest.param({**ROOT.public.jwk, "x": ROOT.public.x[:-1] + "="}, id="padding"),
    ],
)
def test_a_key_inside_a_document_is_an_ed25519_jwk_and_nothing_more(jwk: dict[str, str]) -> None:
    """A key of another curve, or with a private part, makes its document malformed."""
    assert msgspec.convert(ROOT.public.jwk, Ed25519Jwk).x == ROOT.public.x
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(jwk, Ed25519Jwk)


EVERY_FINGERPRINT_CHARACTER = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:+/=-"


@pytest.mark.parametrize("text", ["f" * 16, "f" * 128, EVERY_FINGERPRINT_CHARACTER])
def test_a_fingerprint_is_16_to_128_plain_characters(text: str) -> None:
    """Both ends of the length and every character of the set are taken."""
    assert msgspec.convert(text, Fingerprint) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f" * 15,
        "f" * 129,
        "f" * 16 + "\n",
        "\n" + "f" * 16,
        "f" * 15 + " ",
        "f" * 15 + "é",
        "f" * 15 + "\x00",
    ],
)
def test_any_other_text_is_no_fingerprint(text: str) -> None:
    """Not even with a line feed after it, which the `$` of a pattern would let through."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Fingerprint)


@pytest.mark.parametrize("text", ["", ROOT.kid[:-1], ROOT.kid + "A", ROOT.kid + "\n", ROOT.kid[:-1] + "+"])
def test_a_key_id_is_43_characters(text: str) -> None:
    """A SHA-256 thumbprint in base64url, and nothing after it."""
    assert msgspec.convert(ROOT.kid, KeyId) == ROOT.kid
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, KeyId)
