"""libsodium signs what OpenSSL signs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulators.publisher import seeded
from tenure.adapters.sodium import sodium_signer


@given(st.binary(max_size=2000))
def test_both_libraries_make_the_same_signature(data: bytes) -> None:
    """Ed25519 is deterministic (RFC 8032), so two right libraries agree to the byte."""
    key = seeded(7)
    signer = sodium_signer(key)
    assert signer.kid == key.kid
    assert signer.sign(data) == key.sign(data)
