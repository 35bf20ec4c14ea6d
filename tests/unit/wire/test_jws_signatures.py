"""Signatures: only the key's own verifies, whatever else is put in its place."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from tenure.core.errors import Code, Untrusted
from tenure.wire.base64url import decode
from tenure.wire.jws import Typ, read, sign
from tenure.wire.keys import PublicKey, SigningKey
from unit.wire.example import HOST, STRANGER
from unit.wire.forgery import compact, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = {"alg": "EdDSA", "typ": Typ.LEASE.value, "kid": HOST.kid}
CLAIMS = {"ver": 1, "iss": "somebody"}


def p256(data: bytes) -> bytes:
    """An ES256 signature: 64 bytes, as long as Ed25519's."""
    key = ec.derive_private_key(12345, ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def order_added(data: bytes) -> bytes:
    """A signature whose second half has the group's order added: equal to the first modulo it (RFC 8032, 5.1.7)."""
    order = 2**252 + 27742317777372353535851937790883648493
    signature = HOST.sign(data)
    return signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")


SIGNERS: dict[str, Callable[[bytes], bytes]] = {
    "nobody": lambda _data: b"",
    "zeros": lambda _data: bytes(64),
    "another key": STRANGER.sign,
    "the right key over other bytes": lambda data: HOST.sign(data + b"."),
    "the right key over the payload alone": lambda data: HOST.sign(decode(data.decode().split(".")[1])),
    "truncated by a byte": lambda data: HOST.sign(data)[:-1],
    "truncated to half": lambda data: HOST.sign(data)[:32],
    "a byte more": lambda data: HOST.sign(data) + b"\0",
    "twice": lambda data: HOST.sign(data) * 2,
    "2,000 bytes": lambda data: HOST.sign(data) * 32,
    "halves swapped": lambda data: HOST.sign(data)[32:] + HOST.sign(data)[:32],
    "second form of the same signature": order_added,
    "Ed448": ed448.Ed448PrivateKey.from_private_bytes(bytes(57)).sign,
    "P-256": p256,
    "HMAC under the public key": lambda data: hmac.digest(decode(HOST.public.x), data, "sha256"),
}


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_only_the_keys_own_signature_verifies(signer: Callable[[bytes], bytes]) -> None:
    """A well-formed token with any other signature is `signature_invalid`, and the error names the key."""
    token = compact(to_json(HEADER), to_json(CLAIMS), signer)
    with pytest.raises(Untrusted, match=HOST.kid) as caught:
        read(token, Typ.LEASE).verify(HOST.public)
    assert caught.value.code is Code.SIGNATURE_INVALID


def test_a_kid_is_a_hint_and_no_proof() -> None:
    """A token that calls itself the host's but is a stranger's does not verify as the host's, nor as what it says."""
    token = compact(to_json(HEADER), to_json(CLAIMS), STRANGER.sign)
    unverified = read(token, Typ.LEASE)
    assert unverified.kid == HOST.kid
    with pytest.raises(Untrusted):
        unverified.verify(HOST.public)


def ed448_key() -> OKPKey:
    """A key of the curve that JOSE's `EdDSA` would also take."""
    return OKPKey.generate_key("Ed448")


def test_a_key_of_another_curve_verifies_nothing() -> None:
    """Were an Ed448 key ever to reach the verifier, its own good signature would count for nothing."""
    other_curve = ed448_key()
    private = other_curve.private_key
    assert isinstance(private, ed448.Ed448PrivateKey)
    key = PublicKey(HOST.public.x)
    # No PublicKey can hold such a key; this one has it slipped in where the JOSE library looks for it.
    key.__dict__["jose"] = other_curve
    token = compact(to_json(HEADER), to_json(CLAIMS), private.sign)
    with pytest.raises(Untrusted) as caught:
        read(token, Typ.LEASE).verify(key)
    assert caught.value.code is Code.SIGNATURE_INVALID


def test_a_key_of_another_curve_signs_nothing() -> None:
    """Nor would one ever sign a document."""
    key = SigningKey(bytes(32))
    # The same trick as above: no SigningKey can hold such a key.
    key.__dict__["jose"] = ed448_key()
    with pytest.raises(JoseError):
        sign(Typ.LEASE, CLAIMS, key)
