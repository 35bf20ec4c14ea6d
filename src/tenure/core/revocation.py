"""Revocation: what a publisher takes back, and from when on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_REASON: Final = 120
"""Characters of a reason: a sentence. A list of 1 MiB must still hold thousands of them."""


class Revocable(StrEnum):
    """What can be revoked."""

    HOST = "host"
    """An activation host, by its host id, whatever its certificates."""
    KEY = "key"
    """A product key, by its key id: every certificate and every grant that was made with it."""
    GRANT = "grant"
    """One activation of a MAK or a retail key, by its grant's `jti`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """One thing that was taken back."""

    kind: Revocable
    subject: str
    since: int
    """From when on, Unix seconds: `from` in the document."""
    reason: str = ""
    """For people; may be empty."""
