"""Ed25519 keys as JWKs, and the pair that a product key stands for."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.core.product_key import KeyType, ProductKey, make, parse
from tenure.wire.base64url import decode, encode
from tenure.wire.keys import PublicKey, SigningKey, derived_pair, public_key_from_jwk
from unit.wire.example import HOST_KEY, ROOT, STRANGER

RFC_8037 = {
    # Appendix A.1 to A.4: the key, its thumbprint, and what it signs.
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    "input": "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
    "signature": "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
}


def test_a_key_is_what_rfc_8037_says() -> None:
    """Public half, thumbprint and signature of the RFC's own example come out of its seed."""
    key = SigningKey(decode(RFC_8037["d"]))
    assert key.public == PublicKey(RFC_8037["x"])
    assert key.kid == key.public.kid == RFC_8037["kid"]
    assert encode(key.sign(RFC_8037["input"].encode())) == RFC_8037["signature"]


def test_a_thumbprint_is_the_hash_of_the_three_members() -> None:
    """`kid` is SHA-256 over `crv`, `kty`, `x` in that order (RFC 7638, section 3)."""
    canonical = f'{{"crv":"Ed25519","kty":"OKP","x":"{ROOT.public.x}"}}'
    assert ROOT.kid == encode(hashlib.sha256(canonical.encode()).digest())


def test_the_pair_of_a_product_key_never_changes() -> None:
    """The key_id and public half that publishers have on record, for one key."""
    assert HOST_KEY.text == "B4YVH-Y9TFJ-H3JKM-64M4W-37CGV"
    pair = derived_pair(HOST_KEY)
    assert pair.kid == "F3ld_mf1qwskwfz0L51KXTD0waL_Sir94AL7hRe9GXI"
    assert pair.public.x == "nwr9pbqArdJyUSTdi0RpipX-hrufowqLAnzw0v90kDg"


keys = st.builds(make, st.sampled_from(KeyType), st.integers(0, 1023), st.integers(0, (1 << 86) - 1))


@given(keys)
def test_the_pair_is_hkdf_as_the_design_spells_it(key: ProductKey) -> None:
    """RFC 5869 by hand: extract with no salt, expand 32 bytes under `tenure-key-v1`, over the 25 characters."""
    extracted = hmac.digest(bytes(32), key.text.replace("-", "").encode(), "sha256")
    seed = hmac.digest(extracted, b"tenure-key-v1\x01", "sha256")
    assert derived_pair(key).public == SigningKey(seed).public


def test_the_pair_does_not_depend_on_how_the_key_was_typed() -> None:
    """Lower case, spaces and missing dashes lead to the same pair."""
    typed = f" {HOST_KEY.text.lower().replace('-', ' ')}"
    assert derived_pair(parse(typed)).kid == derived_pair(HOST_KEY).kid


@given(keys, keys)
def test_two_product_keys_share_no_pair(one: ProductKey, two: ProductKey) -> None:
    """The pair tells product keys apart."""
    assert (derived_pair(one).kid == derived_pair(two).kid) == (one == two)


def test_a_signature_is_its_own_keys_over_its_own_bytes() -> None:
    """Right key and right bytes verify; any other key or bytes do not."""
    signature = ROOT.sign(b"said")
    assert ROOT.public.verifies(signature, b"said")
    assert not ROOT.public.verifies(signature, b"unsaid")
    assert not STRANGER.public.verifies(signature, b"said")


@pytest.mark.parametrize("length", [0, 1, 63, 65, 64 * 1024])
def test_a_signature_of_another_length_is_none(length: int) -> None:
    """Truncated, extended, empty: no signature, and no error either."""
    signature = (ROOT.sign(b"said") * 1024)[:length]
    assert not ROOT.public.verifies(signature, b"said")


@given(st.integers(0, 511))
def test_a_signature_with_one_flipped_bit_is_none(bit: int) -> None:
    """All 512 bits of a signature matter."""
    signature = bytearray(ROOT.sign(b"said"))
    signature[bit // 8] ^= 1 << bit % 8
    assert not ROOT.public.verifies(bytes(signature), b"said")


NO_X = [
    pytest.param("", id="empty"),
    pytest.param(encode(bytes(31)), id="31 bytes"),
    pytest.param(encode(bytes(33)), id="33 bytes"),
    pytest.param(encode(bytes(57)), id="57 bytes, as Ed448 has"),
    pytest.param(ROOT.public.x + "=", id="padding"),
    pytest.param(ROOT.public.x + "\n", id="line feed"),
    # 43 characters carry 258 bits; the last two are unused and must be zero.
    pytest.param(ROOT.public.x[:-1] + chr(ord(ROOT.public.x[-1]) + 1), id="unused bits set"),
    pytest.param("ö" * 43, id="non-ASCII"),
]


@pytest.mark.parametrize("x", NO_X)
def test_a_public_key_is_32_bytes_in_one_form(x: str) -> None:
    """Anything else is refused when the key is made, not when it is used."""
    with pytest.raises(Untrusted) as caught:
        PublicKey(x)
    assert caught.value.code is Code.DOCUMENT_MALFORMED


@given(st.binary(min_size=32, max_size=32))
def test_any_32_bytes_are_a_key_under_which_nothing_foreign_verifies(x: bytes) -> None:
    """Bytes that are no point of the curve are no error; they verify nothing."""
    key = PublicKey(encode(x))
    assert len(key.kid) == 43
    assert not key.verifies(ROOT.sign(b"said"), b"said") or key == ROOT.public


def test_a_public_jwk_has_three_members_and_reads_back() -> None:
    """`kty`, `crv`, `x`, and never `d`."""
    assert ROOT.public.jwk == {"kty": "OKP", "crv": "Ed25519", "x": ROOT.public.x}
    assert public_key_from_jwk(ROOT.public.jwk) == ROOT.public
    assert public_key_from_jwk({**ROOT.public.jwk, "kid": ROOT.kid, "use": "sig"}) == ROOT.public


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param("OKP", id="text"),
        pytest.param({}, id="empty"),
        pytest.param({**ROOT.public.jwk, "kty": "EC"}, id="other type"),
        pytest.param({**ROOT.public.jwk, "crv": "Ed448"}, id="Ed448"),
        pytest.param({**ROOT.public.jwk, "crv": "X25519"}, id="X25519"),
        pytest.param({"kty": "EC", "crv": "P-256", "x": ROOT.public.x, "y": ROOT.public.x}, id="P-256"),
        pytest.param({"kty": "oct", "k": ROOT.public.x}, id="symmetric"),
        pytest.param({"kty": "OKP", "crv": "Ed25519"}, id="no x"),
        pytest.param({**ROOT.public.jwk, "x": 5}, id="x is a number"),
        pytest.param({**ROOT.public.jwk, "x": "short"}, id="x is short"),
    ],
)
def test_a_jwk_of_another_form_is_no_public_key(members: object) -> None:
    """Another type, another curve, a missing or wrong x: malformed."""
    with pytest.raises(Untrusted) as caught:
        public_key_from_jwk(members)
    assert caught.value.code is Code.DOCUMENT_MALFORMED


def test_a_private_jwk_is_not_taken_for_a_public_key() -> None:
    """Whoever hands out the wrong file is told so, and the secret is not repeated."""
    private = json.loads(ROOT.jwk_text)
    with pytest.raises(Untrusted, match="private key stands where a public key belongs") as caught:
        public_key_from_jwk(private)
    assert private["d"] not in str(caught.value)


def test_a_private_key_survives_its_file() -> None:
    """The JWK text, one line, gives the same key; its members are a JWK's and its kid."""
    assert ROOT.jwk_text.endswith("}\n")
    members = json.loads(ROOT.jwk_text)
    assert members == {**ROOT.public.jwk, "d": encode(bytes(range(32))), "kid": ROOT.kid}
    assert SigningKey.from_jwk_text(ROOT.jwk_text).public == ROOT.public


def test_a_seed_is_the_whole_private_key() -> None:
    """The 32 bytes that a key was made of: another library signs with them as this one does."""
    assert ROOT.seed == bytes(range(32))
    assert SigningKey(ROOT.seed).sign(b"said") == ROOT.sign(b"said")


def test_a_private_key_does_not_show_itself() -> None:
    """What a log or a traceback prints of a key is its kid."""
    assert repr(ROOT) == f"<SigningKey kid={ROOT.kid}>"
    assert str(ROOT) == repr(ROOT)


def private(**changes: Any) -> str:
    """The text of a private JWK with changed members."""
    return json.dumps({**json.loads(ROOT.jwk_text), **changes})


def pem_of_no_known_type() -> str:
    """A PEM text, in a JSON string, with an object identifier that nobody assigned."""
    key = X448PrivateKey.generate()
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    unknown = der.replace(bytes.fromhex("2b656f"), bytes.fromhex("2b6510"))
    body = encode(unknown).replace("-", "+").replace("_", "/")
    body += "=" * (-len(body) % 4)
    return json.dumps(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty file"),
        pytest.param("{", id="cut off"),
        pytest.param("null", id="null"),
        pytest.param("5", id="number"),
        pytest.param('"abc"', id="text"),
        pytest.param("[]", id="list"),
        pytest.param("{}", id="no members"),
        pytest.param("[" * 100_000, id="nested deep"),
        pytest.param(pem_of_no_known_type(), id="PEM of an unknown type"),
        pytest.param(json.dumps(ROOT.public.jwk), id="public half only"),
        pytest.param(private(d=""), id="empty d"),
        pytest.param(private(d=encode(bytes(31))), id="d of 31 bytes"),
        pytest.param(private(d=encode(bytes(33))), id="d of 33 bytes"),
        pytest.param(private(d=encode(bytes(range(32))) + "="), id="d with padding"),
        pytest.param(private(d=5), id="d is a number"),
        pytest.param(private(d=None), id="d is null"),
        pytest.param(private(x=STRANGER.public.x), id="halves of two keys"),
        pytest.param(private(x="AA"), id="short x"),
        pytest.param(private(x=[]), id="x is a list"),
        pytest.param(private(kty="EC"), id="another type"),
        pytest.param(private(kty={}), id="type is an object"),
        pytest.param(private(crv="Ed448"), id="Ed448"),
        pytest.param(private(crv="Ed448", x=encode(bytes(57)), d=encode(bytes(57))), id="whole Ed448 key"),
        pytest.param(private(crv="X25519"), id="X25519"),
        pytest.param(private(crv="P-256"), id="P-256"),
        pytest.param(private(crv=None), id="curve is null"),
        pytest.param(private(key_ops=5), id="key_ops is a number"),
        pytest.param(private(kid=[]), id="kid is a list"),
        pytest.param('{"kty":"oct","k":"AAAA"}', id="symmetric"),
    ],
)
def test_a_damaged_key_file_is_called_damaged(text: str) -> None:
    """Whatever a key file holds that is no private Ed25519 JWK, the error says so and shows no part of it."""
    with pytest.raises(Untrusted) as caught:
        SigningKey.from_jwk_text(text)
    assert caught.value.code is Code.STATE_DAMAGED
    assert "private key" in caught.value.detail


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.sampled_from([json.loads(ROOT.jwk_text).get(name), "OKP", "Ed25519", "Ed448", ""])
            | json_values
            for name in ("kty", "crv", "x", "d", "kid", "use", "alg", "key_ops", "n", "e", "k")
        },
    )
)
def test_no_key_file_leads_to_another_error(members: dict[str, Any]) -> None:
    """A key or `state_damaged`, whatever the members say."""
    code = None
    try:
        key = SigningKey.from_jwk_text(json.dumps(members))
    except Untrusted as error:
        code = error.code
    else:
        assert key.public.x == members["x"]
    assert code in {None, Code.STATE_DAMAGED}
