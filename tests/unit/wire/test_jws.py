"""JWS compact with everything pinned that can be: what is read, what verifies, and what never does."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.core.errors import Code, TenureError, Untrusted
from tenure.wire.base64url import decode, encode
from tenure.wire.jws import (
    MAX_DOCUMENT,
    MAX_LIST_DOCUMENT,
    Typ,
    decode_json_object,
    encode_json,
    read,
    sign,
)
from unit.wire.example import HOST, LEASE_TOKEN, STRANGER
from unit.wire.forgery import compact, payload_of, to_json

HEADER = {"alg": "EdDSA", "typ": Typ.LEASE.value, "kid": HOST.kid}
CLAIMS = {"ver": 1, "iss": "somebody"}
SIGNED = sign(Typ.LEASE, CLAIMS, HOST)
HEAD, BODY, SIGNATURE = SIGNED.split(".")


def with_header(header: bytes | dict[str, Any], typ: Typ = Typ.LEASE) -> tuple[str, Typ]:
    """A token, properly signed, whose header is this one."""
    raw = header if isinstance(header, bytes) else to_json(header)
    return compact(raw, to_json(CLAIMS), HOST.sign), typ


def with_payload(payload: bytes, typ: Typ = Typ.LEASE) -> tuple[str, Typ]:
    """A token, properly signed, whose payload is this one."""
    return compact(to_json({**HEADER, "typ": typ.value}), payload, HOST.sign), typ


def with_parts(*parts: str) -> tuple[str, Typ]:
    """These parts with dots between."""
    return ".".join(parts), Typ.LEASE


def unused_bits_set(token: str, index: int) -> str:
    """The token with the last character of a part changed in bits that decode to nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    parts = token.split(".")
    part = parts[index]
    parts[index] = part[:-1] + alphabet[alphabet.index(part[-1]) + 1]
    padding = "=" * (-len(part) % 4)
    assert base64.urlsafe_b64decode(parts[index] + padding) == base64.urlsafe_b64decode(part + padding)
    return ".".join(parts)


def macced(header: dict[str, str], secret: bytes) -> tuple[str, Typ]:
    """A token under HMAC-SHA256, as one who knows only public keys can make it."""
    return compact(
        to_json(header), to_json(CLAIMS), lambda data: hmac.digest(secret, data, "sha256")
    ), Typ.LEASE


NESTED = b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"

MALFORMED = [
    # The algorithm
    pytest.param(with_header({**HEADER, "alg": "none"}), id="alg none"),
    pytest.param(
        with_parts(encode(to_json({**HEADER, "alg": "none"})), BODY, ""), id="alg none, no signature"
    ),
    pytest.param(
        macced({**HEADER, "alg": "HS256"}, HOST.public.x.encode()), id="HS256 under the public key's text"
    ),
    pytest.param(
        macced({**HEADER, "alg": "HS256"}, decode(HOST.public.x)), id="HS256 under the public key's bytes"
    ),
    pytest.param(with_header({**HEADER, "alg": "ES256"}), id="ES256"),
    pytest.param(with_header({**HEADER, "alg": "Ed25519"}), id="Ed25519, RFC 9864's name"),
    pytest.param(with_header({**HEADER, "alg": "Ed448"}), id="Ed448"),
    pytest.param(with_header({**HEADER, "alg": "eddsa"}), id="alg in lower case"),
    pytest.param(with_header({**HEADER, "alg": ["EdDSA"]}), id="alg is a list"),
    pytest.param(with_header({**HEADER, "alg": None}), id="alg is null"),
    # The header's members
    pytest.param(with_header({**HEADER, "crit": ["exp"]}), id="crit"),
    pytest.param(with_header({**HEADER, "b64": False, "crit": ["b64"]}), id="b64"),
    pytest.param(with_header({**HEADER, "jwk": STRANGER.public.jwk}), id="jwk"),
    pytest.param(with_header({**HEADER, "x5u": "https://evil.example/key"}), id="x5u"),
    pytest.param(with_header({**HEADER, "jku": "https://evil.example/keys"}), id="jku"),
    pytest.param(with_header({**HEADER, "cty": "JWT"}), id="cty"),
    pytest.param(with_header({"typ": HEADER["typ"], "kid": HOST.kid}), id="no alg"),
    pytest.param(with_header({"alg": "EdDSA", "kid": HOST.kid}), id="no typ"),
    pytest.param(with_header({"alg": "EdDSA", "typ": HEADER["typ"]}), id="no kid"),
    pytest.param(with_header({}), id="empty header"),
    pytest.param(with_header(b""), id="header of no bytes"),
    pytest.param(with_header(b"[]"), id="header is a list"),
    pytest.param(with_header(b'"EdDSA"'), id="header is a text"),
    pytest.param(with_header(b"null"), id="header is null"),
    pytest.param(with_header(to_json(HEADER)[:-1] + b',"alg":"EdDSA"}'), id="alg twice"),
    pytest.param(with_header(to_json(HEADER)[:-1] + b',"\\u0061lg":"none"}'), id="alg twice, once escaped"),
    pytest.param(with_header(b"\xef\xbb\xbf" + to_json(HEADER)), id="byte order mark"),
    pytest.param(with_header(json.dumps(HEADER).encode("utf-16")), id="header in UTF-16"),
    pytest.param(with_header(b'{"alg":"\xff"}'), id="header is no UTF-8"),
    pytest.param(with_header(b"[" * 10_000 + b"]" * 10_000, Typ.CATALOG), id="10,000 brackets in the header"),
    pytest.param(with_header(b'{"alg":' * 10_000, Typ.CATALOG), id="10,000 braces in the header"),
    # The key's name
    pytest.param(with_header({**HEADER, "kid": ""}), id="empty kid"),
    pytest.param(with_header({**HEADER, "kid": "host"}), id="kid is no thumbprint"),
    pytest.param(with_header({**HEADER, "kid": HOST.kid + "\n"}), id="kid with a line feed"),
    pytest.param(with_header({**HEADER, "kid": HOST.kid + "AA"}), id="kid too long"),
    pytest.param(with_header({**HEADER, "kid": "\x1b[31m" + "A" * 38}), id="kid with a terminal's escape"),
    pytest.param(
        with_header(to_json(HEADER).replace(HOST.kid.encode(), b"\\ud800" * 43)), id="kid of half pairs"
    ),
    pytest.param(with_header({**HEADER, "kid": 5}), id="kid is a number"),
    # The type
    pytest.param(with_header({**HEADER, "typ": Typ.HOST.value}), id="another type"),
    pytest.param(with_header({**HEADER, "typ": "JWT"}), id="typ JWT"),
    pytest.param(with_header({**HEADER, "typ": "TENURE-LEASE+JWT"}), id="typ in upper case"),
    pytest.param(with_header({**HEADER, "typ": "application/tenure-lease+jwt"}), id="typ as a media type"),
    pytest.param(with_header({**HEADER, "typ": ""}), id="empty typ"),
    # The payload
    pytest.param(with_payload(b""), id="payload of no bytes"),
    pytest.param(with_payload(b"[]"), id="payload is a list"),
    pytest.param(with_payload(b"null"), id="payload is null"),
    pytest.param(with_payload(b'"text"'), id="payload is a text"),
    pytest.param(with_payload(b'{"ver":1}{"ver":1}'), id="two payloads"),
    pytest.param(with_payload(b'{"ver":1,}'), id="comma too many"),
    pytest.param(with_payload(b"{'ver':1}"), id="single quotes"),
    pytest.param(with_payload(b'{"ver":1,"ver":1}'), id="a name twice"),
    pytest.param(with_payload(b'{"a":{"b":1,"b":2}}'), id="a name twice, deeper"),
    pytest.param(with_payload(b'{"a":[{"b":1,"\\u0062":2}]}'), id="a name twice, escaped and deeper"),
    pytest.param(with_payload(b'{"a":NaN}'), id="NaN"),
    pytest.param(with_payload(b'{"a":Infinity}'), id="Infinity"),
    pytest.param(with_payload(b'{"a":-Infinity}'), id="-Infinity"),
    pytest.param(with_payload(b'{"a":1.0}'), id="a fraction"),
    pytest.param(with_payload(b'{"a":[1e3]}'), id="an exponent"),
    pytest.param(with_payload(b'{"a":' + b"9" * 5_000 + b"}"), id="a number of 5,000 digits"),
    pytest.param(with_payload(b'{"a":"\\ud800"}'), id="half a surrogate pair"),
    pytest.param(with_payload(b'{"\\udfff":1}'), id="half a surrogate pair in a name"),
    pytest.param(with_payload(b'{"a":"\xff"}'), id="payload is no UTF-8"),
    pytest.param(with_payload(b'{"a":"\xed\xa0\x80"}'), id="a surrogate in UTF-8"),
    pytest.param(with_payload(b'{"a":"\n"}'), id="a bare line feed in a text"),
    pytest.param(with_payload('{"ver":1}'.encode("utf-16")), id="payload in UTF-16"),
    pytest.param(with_payload(NESTED, Typ.CATALOG), id="10,000 brackets in the payload"),
    pytest.param(with_payload(b"[" * 500_000, Typ.CATALOG), id="500,000 open brackets"),
    pytest.param(with_payload(b'{"a":' * 100_000, Typ.CATALOG), id="100,000 open braces"),
    # The parts
    pytest.param(with_parts(""), id="nothing"),
    pytest.param(with_parts("", "", ""), id="two dots"),
    pytest.param(with_parts(HEAD, BODY), id="two parts"),
    pytest.param(with_parts(HEAD, BODY, SIGNATURE, ""), id="four parts, the last empty"),
    pytest.param(with_parts(HEAD, BODY, SIGNATURE, SIGNATURE), id="four parts"),
    pytest.param(with_parts(HEAD, BODY, SIGNATURE, "", ""), id="five parts, as encrypted tokens have"),
    pytest.param(
        (json.dumps({"protected": HEAD, "payload": BODY, "signature": SIGNATURE}), Typ.LEASE), id="JSON form"
    ),
    pytest.param(with_parts(HEAD + "=", BODY, SIGNATURE), id="padding on the header"),
    pytest.param(with_parts(HEAD, BODY + "==", SIGNATURE), id="padding on the payload"),
    pytest.param(with_parts(HEAD, BODY, SIGNATURE + "=="), id="padding on the signature"),
    pytest.param((f" {SIGNED}", Typ.LEASE), id="space before"),
    pytest.param((f"{SIGNED}\n", Typ.LEASE), id="line feed after"),
    pytest.param((f"{SIGNED[:90]}\r\n{SIGNED[90:]}", Typ.LEASE), id="wrapped, as mail programs do"),
    pytest.param((unused_bits_set(SIGNED, 0), Typ.LEASE), id="unused bits of the header"),
    pytest.param((unused_bits_set(SIGNED, 1), Typ.LEASE), id="unused bits of the payload"),
    pytest.param((unused_bits_set(SIGNED, 2), Typ.LEASE), id="unused bits of the signature"),
    pytest.param(with_parts(HEAD, BODY, SIGNATURE[:-1]), id="signature lacks a character"),
    pytest.param(with_parts(HEAD, BODY, SIGNATURE.replace(SIGNATURE[0], "+", 1)), id="plus sign"),
    pytest.param(with_parts(HEAD, BODY, "ö" * 86), id="non-ASCII"),
    pytest.param(with_parts(HEAD, BODY, "\uff21" * 86), id="wide letters"),
    pytest.param(with_parts(HEAD, BODY, "\ud800" * 86), id="half surrogate pairs"),
    pytest.param((SIGNED.replace(".", "\u3002"), Typ.LEASE), id="ideographic dots"),
    pytest.param((SIGNED.replace(".", "\x00"), Typ.LEASE), id="NUL between"),
]


@pytest.mark.parametrize("forged", MALFORMED)
def test_a_token_of_another_form_is_malformed(forged: tuple[str, Typ]) -> None:
    """One departure at a time, each signed well where it can be: refused before any signature is looked at."""
    token, typ = forged
    with pytest.raises(Untrusted) as caught:
        read(token, typ)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_the_table_above_departs_from_a_token_that_is_good() -> None:
    """The same building blocks, unchanged, make a token that reads and verifies."""
    for token, typ in (with_header(HEADER), with_payload(to_json(CLAIMS)), with_parts(HEAD, BODY, SIGNATURE)):
        assert token == SIGNED
        assert read(token, typ).verify(HOST.public) == CLAIMS


def test_what_is_read_says_who_would_have_signed() -> None:
    """Type, kid and claims are there to choose a key by; nothing is verified yet."""
    unverified = read(SIGNED, Typ.LEASE)
    assert (unverified.typ, unverified.kid, unverified.claims) == (Typ.LEASE, HOST.kid, CLAIMS)


@pytest.mark.parametrize("typ", Typ)
def test_every_type_is_its_own(typ: Typ) -> None:
    """A document of one type is read as that type and as none of the six others."""
    token = sign(typ, CLAIMS, HOST)
    assert read(token, typ).verify(HOST.public) == CLAIMS
    for another in Typ:
        if another is not typ:
            with pytest.raises(Untrusted, match="was expected"):
                read(token, another)


@pytest.mark.parametrize("typ", Typ)
def test_a_document_has_a_longest_length(typ: Typ) -> None:
    """8 KiB, and 1 MiB for a catalog or a revocation list: so long is read and signed, one character more is not."""
    limit = MAX_LIST_DOCUMENT if typ in {Typ.CATALOG, Typ.REVOCATION} else MAX_DOCUMENT
    assert (MAX_DOCUMENT, MAX_LIST_DOCUMENT) == (8_192, 1_048_576)
    fixed = len(sign(typ, {"a": ""}, HOST))
    # Four characters carry three bytes: step down from what surely does not fit.
    fitting = (limit - fixed) * 3 // 4 + 4
    while (
        len(compact(to_json({**HEADER, "typ": typ.value}), to_json({"a": "x" * fitting}), HOST.sign)) > limit
    ):
        fitting -= 1
    token = sign(typ, {"a": "x" * fitting}, HOST)
    assert limit - 2 < len(token) <= limit
    assert read(token, typ).verify(HOST.public) == {"a": "x" * fitting}
    with pytest.raises(Untrusted, match=f"at most {limit:,} characters"):
        sign(typ, {"a": "x" * (fitting + 1)}, HOST)
    with pytest.raises(Untrusted, match=f"at most {limit:,} characters; {limit + 1:,} arrived"):
        read(token + "A" * (limit + 1 - len(token)), typ)


@pytest.mark.parametrize(
    "value",
    ["\ud800", "a\udcffb", float("nan"), float("inf")],
    ids=["half a pair", "an undecodable argument", "NaN", "Infinity"],
)
def test_nothing_is_signed_that_would_not_be_read(value: object) -> None:
    """What JSON in UTF-8 cannot say is refused at the signer."""
    with pytest.raises(Untrusted) as caught:
        sign(Typ.LEASE, {"a": value}, HOST)
    assert caught.value.code is Code.DOCUMENT_MALFORMED


# --- JSON -------------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
json_objects = st.dictionaries(st.text(max_size=8), json_values, max_size=6)


@given(json_objects)
def test_json_comes_back(value: dict[str, Any]) -> None:
    """Every object of text, whole numbers, truth values, lists and objects survives, with its order."""
    again = decode_json_object(encode_json(value))
    assert again == value
    assert list(again) == list(value)


def test_json_is_written_in_one_form() -> None:
    """No spaces, the order given, UTF-8 as it is: what golden bytes rest on."""
    assert encode_json({"b": [1, True, None], "a": "ö\n"}) == '{"b":[1,true,null],"a":"ö\\n"}'.encode()


def test_a_document_may_be_written_in_another_json_form() -> None:
    """Spaces and escapes of another implementation's JSON are read all the same."""
    token, typ = with_payload(b' { "iss" : "s\\u00f6\\ud83d\\ude00" ,\n"ver":1 } ')
    assert read(token, typ).verify(HOST.public) == {"iss": "sö\U0001f600", "ver": 1}


# --- nothing but Untrusted --------------------------------------------------------------------------------------


REFUSALS = [Code.DOCUMENT_MALFORMED, Code.SIGNATURE_INVALID]


def outcome(token: str) -> dict[str, Any] | Code:
    """The verified claims, or the code under which the token was refused; any error but ours escapes."""
    try:
        return read(token, Typ.LEASE).verify(HOST.public)
    except TenureError as error:
        return error.code


@given(st.text(st.characters(), max_size=300))
def test_no_text_leads_to_another_error(text: str) -> None:
    """Arbitrary text is never a document, and never a traceback."""
    assert outcome(text) is Code.DOCUMENT_MALFORMED


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=70))
def test_no_three_parts_lead_to_another_error(header: bytes, payload: bytes, signature: bytes) -> None:
    """Nor are three parts of any bytes."""
    assert outcome(compact(header, payload, lambda _data: signature)) in REFUSALS


@given(st.text(max_size=60) | json_objects.map(lambda value: encode_json(value).decode()))
def test_no_signed_payload_leads_to_another_error(payload: str) -> None:
    """A peer that signs whatever it likes is refused or read, no more."""
    token = compact(to_json(HEADER), payload.encode(), HOST.sign)
    claims = outcome(token)
    assert claims is Code.DOCUMENT_MALFORMED or claims == json.loads(payload)


@settings(max_examples=300)
@given(
    start=st.integers(0, len(LEASE_TOKEN)),
    length=st.integers(0, 40),
    put=st.text("ABCabc019-_.= \n", max_size=40) | st.text(max_size=5),
)
def test_a_token_that_was_spliced_is_refused(start: int, length: int, put: str) -> None:
    """Any run of a real lease replaced by any other text: refused, unless it is the very same text."""
    spliced = LEASE_TOKEN[:start] + put + LEASE_TOKEN[start + length :]
    if spliced == LEASE_TOKEN:
        assert outcome(spliced) == payload_of(LEASE_TOKEN)
    else:
        assert outcome(spliced) in REFUSALS
