"""Ed25519 keys as JWKs (RFC 8037), and the pair that a product key stands for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from tenure.core.errors import Code, Untrusted
from tenure.wire.base64url import decode, encode

if TYPE_CHECKING:
    from tenure.core.product_key import ProductKey

_SEED_BYTES = 32
_DERIVATION_INFO = b"tenure-key-v1"
_KNOWN_KEYS = 256
"""Public keys whose thumbprints are kept: a publisher has a handful, a host those of its publishers."""


class Signer(Protocol):
    """What signs leases on the request path: a key in a file today, in a device some day."""

    @property
    def kid(self) -> str:
        """JWK thumbprint of the public key (RFC 7638)."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `data`."""
        ...


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key: `x` of its JWK, base64url without padding.

    Raises:
        Untrusted: code `document_malformed`, when `x` is not the canonical form of 32 bytes.
    """

    x: str

    def __post_init__(self) -> None:
        """Refuse what is no public key."""
        if len(decode(self.x)) != _SEED_BYTES:
            raise Untrusted(
                Code.DOCUMENT_MALFORMED, "An Ed25519 public key is 32 bytes; another length was found."
            )

    @property
    def jwk(self) -> dict[str, str]:
        """The members of RFC 8037, section 2, and no others."""
        return {"kty": "OKP", "crv": "Ed25519", "x": self.x}

    @property
    def jose(self) -> OKPKey:
        """The key as the JOSE library takes it."""
        return _jose(self.x)

    @property
    def kid(self) -> str:
        """JWK thumbprint (RFC 7638)."""
        return _kid(self.x)

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` over `data` was made by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(decode(self.x)).verify(signature, data)
        except InvalidSignature:
            return False
        return True


# The same few keys stand in every document. Not `cached_property`: until Python 3.12 threads wait there for one another.
@lru_cache(_KNOWN_KEYS)
def _jose(x: str) -> OKPKey:
    return OKPKey.import_key(dict(PublicKey(x).jwk))


@lru_cache(_KNOWN_KEYS)
def _kid(x: str) -> str:
    return _jose(x).thumbprint()


class SigningKey:
    """An Ed25519 private key. Its text form is a secret: files of mode 0600, never a log or an argument."""

    def __init__(self, seed: bytes) -> None:
        """The key of a 32-byte seed."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(encode(self._private.public_key().public_bytes_raw()))
        self.kid = self.public.kid
        self.sign = self._private.sign

    @cached_property
    def jose(self) -> OKPKey:
        """The key pair as the JOSE library takes it."""
        return OKPKey.import_key({**self.public.jwk, "d": encode(self.seed)})

    @classmethod
    def from_jwk_text(cls, text: str) -> SigningKey:
        """The key in the text of a private JWK.

        Raises:
            Untrusted: code `state_damaged`, when the text is no private Ed25519 JWK or its halves do not match.
        """
        try:
            members = json.loads(text)
            # The JOSE library passes over kty, and would take a text for a key of another format.
            if not isinstance(members, dict) or members["kty"] != "OKP":
                raise ValueError  # noqa: TRY301 - one message for every way of being no key
            key = OKPKey.import_key(members)
            if key.curve_name != "Ed25519" or not key.is_private:
                raise ValueError  # noqa: TRY301 - one message for every way of being no key
            signing_key = cls(decode(members["d"]))
        except (JoseError, Untrusted, ValueError, TypeError, KeyError, RecursionError) as error:
            raise Untrusted(
                Code.STATE_DAMAGED,
                "A private key file does not hold an Ed25519 private JWK.",
                "Restore the file from the backup; a lost key must be replaced.",
            ) from error
        if signing_key.public.x != members["x"]:
            raise Untrusted(Code.STATE_DAMAGED, "The two halves of a private key do not belong together.")
        return signing_key

    @property
    def jwk_text(self) -> str:
        """The private JWK, for a file of mode 0600."""
        return json.dumps({**self.public.jwk, "d": encode(self.seed), "kid": self.kid}) + "\n"

    @property
    def seed(self) -> bytes:
        """The 32 bytes that are the private key: for another library to sign with, never for anything else."""
        return self._private.private_bytes_raw()

    def __repr__(self) -> str:
        return f"<SigningKey kid={self.kid}>"


def public_key_from_jwk(members: object) -> PublicKey:
    """The public key in a decoded JWK; a private part, another type or another curve is refused.

    Raises:
        Untrusted: code `document_malformed`.
    """
    if isinstance(members, dict) and "d" in members:
        raise Untrusted(Code.DOCUMENT_MALFORMED, "A private key stands where a public key belongs.")
    if (
        not isinstance(members, dict)
        or members.get("kty") != "OKP"
        or members.get("crv") != "Ed25519"
        or not isinstance(members.get("x"), str)
    ):
        raise Untrusted(Code.DOCUMENT_MALFORMED, "A JWK with kty OKP and crv Ed25519 was expected.")
    return PublicKey(members["x"])


def derived_pair(key: ProductKey) -> SigningKey:
    """The key pair that a secret product key stands for; the publisher keeps only its public half.

    HKDF-SHA256 (RFC 5869) over the 25 characters in upper case without dashes, no salt, info `tenure-key-v1`,
    32 bytes, which seed Ed25519 (design, section 2). `key_id` is the pair's JWK thumbprint.
    """
    seed = HKDF(algorithm=SHA256(), length=_SEED_BYTES, salt=None, info=_DERIVATION_INFO)
    return SigningKey(seed.derive(key.characters.encode("ascii")))
