"""Tokens for the publisher's API: who may do what over the network. Of a token only its SHA-256 is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from tenure.core.errors import Code, Refused, UsageError
from tenure.core.policy import DAY
from tenure.wire.base64url import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.publisher.authority import Authority

BITS: Final = 256
PREFIX: Final = "tenure_"
"""What a token begins with: programs that look for leaked secrets find it."""
MOST_TOKENS: Final = 1_000
"""Each is compared with what a request brings."""
MOST_DAYS: Final = 3_650

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Permission(Enum):
    """What an endpoint of the API does."""

    READ = "read keys, holders and the audit"
    RELEASE = "release activations"
    ISSUE = "issue keys"
    REVOKE = "revoke keys"


class Role(StrEnum):
    """What a token is for; each role may what the one before it may."""

    READER = "reader"
    SUPPORT = "support"
    ISSUER = "issuer"
    ADMIN = "admin"


MAY: Final = {
    Role.READER: frozenset({Permission.READ}),
    Role.SUPPORT: frozenset({Permission.READ, Permission.RELEASE}),
    Role.ISSUER: frozenset({Permission.READ, Permission.RELEASE, Permission.ISSUE}),
    Role.ADMIN: frozenset({Permission.READ, Permission.RELEASE, Permission.ISSUE, Permission.REVOKE}),
}
"""All that a role may do; what is not here is denied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is kept."""

    name: str
    role: Role
    digest: bytes
    """SHA-256 of the token. It has 256 random bits, so a slow hash would protect nothing."""
    made_at: int
    expires_at: int | None
    """From then on it is good for nothing, Unix seconds; None: never."""


class TokenRows(Protocol):
    """The tokens in one open transaction."""

    def tokens(self) -> Sequence[ApiToken]:
        """All tokens, oldest first."""
        ...

    def add_token(self, token: ApiToken) -> None:
        """The token is good."""
        ...

    def remove_token(self, name: str) -> None:
        """No token has this name."""
        ...


def add_token(authority: Authority, name: str, role: Role, *, days: int | None) -> tuple[str, ApiToken]:
    """A new token of this name, good for so many days (None: until it is removed), and what is kept of it.

    The token itself is nowhere but in what this returns.

    Raises:
        UsageError: code `invalid_argument`: the name is none or taken, or the days are out of bounds.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"{name[:80]!r} is no name for a token.",
            "It has 1 to 64 letters, digits, dots, dashes and underscores, and starts with a letter or a digit.",
        )
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"A token is good for 1 to {MOST_DAYS:,} days; {days:,} were given."
        )
    now = authority.clock()
    secret = authority.random_bits(BITS).to_bytes(BITS // 8, "big")
    text = PREFIX + encode(secret)
    token = ApiToken(
        name=name,
        role=role,
        digest=_digest(text),
        made_at=now,
        expires_at=None if days is None else now + days * DAY,
    )
    with authority.store.transaction() as rows:
        known = rows.tokens()
        if any(other.name == name for other in known):
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"There is a token {name!r} already.",
                f"Choose another name, or remove it first: tenure publisher token remove {name}.",
            )
        if len(known) >= MOST_TOKENS:
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"There are {len(known):,} tokens, and no more fit.",
                "Remove those that nobody uses: tenure publisher token list.",
            )
        rows.add_token(token)
        until = "" if days is None else f", for {days:,} days"
        authority.audit(rows, now, "token add", name, f"{role}{until}")
    return text, token


def list_tokens(authority: Authority) -> Sequence[ApiToken]:
    """All tokens, oldest first, those that have expired as well."""
    with authority.store.reading() as rows:
        return rows.tokens()


def remove_token(authority: Authority, name: str) -> None:
    """The token is good for nothing from now on.

    Raises:
        Refused: code `token_unknown`.
    """
    with authority.store.transaction() as rows:
        if all(token.name != name for token in rows.tokens()):
            raise Refused(
                Code.TOKEN_UNKNOWN, f"There is no token {name[:80]!r}.", "See: tenure publisher token list."
            )
        rows.remove_token(name)
        authority.audit(rows, authority.clock(), "token remove", name)


def bearer_of(authority: Authority, text: str) -> ApiToken | None:
    """The token that this text is; None: it is none, was removed, or has expired.

    Every kept digest is compared, each in constant time, so how long it takes tells nothing of any of them.
    """
    digest = _digest(text)
    found = [token for token in list_tokens(authority) if hmac.compare_digest(token.digest, digest)]
    now = authority.clock()
    return next((token for token in found if token.expires_at is None or now < token.expires_at), None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
