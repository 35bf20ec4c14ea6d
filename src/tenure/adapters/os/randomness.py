"""The operating system's randomness; the only source of keys, ids and jitter."""

from __future__ import annotations

import secrets
from uuid import UUID, uuid4


def new_uuid() -> UUID:
    """A random UUIDv4."""
    return uuid4()


def random_bits(bits: int) -> int:
    """A number of so many secure random bits."""
    return secrets.randbits(bits)


def random_seed() -> bytes:
    """The 32 bytes of a new Ed25519 key."""
    return secrets.token_bytes(32)


def new_salt() -> str:
    """What keeps strangers from knowing where a hash table puts a name."""
    return secrets.token_hex(16)


def draw() -> float:
    """A number in [0, 1): a share of jitter."""
    return secrets.randbelow(1 << 53) / (1 << 53)
