"""Ed25519 by libsodium (PyNaCl): the same signatures, in half the time of OpenSSL's; for the request path alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

if TYPE_CHECKING:
    from tenure.wire.keys import Signer, SigningKey


class _SodiumSigner:
    """A key whose signatures libsodium makes."""

    def __init__(self, key: SigningKey) -> None:
        """The same key, expanded once."""
        self.kid = key.kid
        self._public, self._secret = crypto_sign_seed_keypair(key.seed)

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature of `data`; the interpreter's lock is let go meanwhile."""
        signature: bytes = crypto_sign(data, self._secret)[:crypto_sign_BYTES]
        return signature


def sodium_signer(key: SigningKey) -> Signer:
    """A signer for this key."""
    return _SodiumSigner(key)
