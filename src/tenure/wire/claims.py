"""What every document's payload has, and the small shapes that several share."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.core.policy import Policy
from tenure.wire.printable import one_line

VERSION: Final = 1

END: Final = r"$(?!\n)"
"""The end of a pattern: `$` alone would also let a line feed through after it."""

Seconds = Annotated[int, Meta(ge=0, le=2**53)]
"""Whole Unix seconds."""
Name = Annotated[str, Meta(min_length=1, max_length=255)]
"""What people read."""
Fingerprint = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:+/=-]{16,128}" + END)]
"""What tells installations apart; opaque to hosts and publishers."""
KeyId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}" + END)]
"""A JWK thumbprint (RFC 7638, SHA-256) in base64url."""


class Claims(Struct, frozen=True, kw_only=True):
    """What every payload has. Unknown members are ignored: fields are append-only."""

    ver: Literal[1]
    iss: Annotated[str, Meta(max_length=128)]
    sub: Annotated[str, Meta(max_length=128)]
    jti: Annotated[str, Meta(min_length=1, max_length=128)]
    iat: Seconds

    @property
    def publisher_id(self) -> UUID:
        """`iss`, where it is a publisher.

        Raises:
            Untrusted: code `document_malformed`.
        """
        return as_uuid(self.iss, "iss")


class Ed25519Jwk(Struct, frozen=True, forbid_unknown_fields=True):
    """A public key (RFC 8037, section 2); anything more in it, a private part least of all, is refused."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: KeyId


class PolicyClaims(Struct, frozen=True, kw_only=True):
    """A policy; its bounds are checked by `core.policy`."""

    threshold: int
    lease_days: int
    window_days: int
    grace_days: int
    reduced_after_days: int
    renewal_interval_s: int
    retry_interval_s: int

    def policy(self) -> Policy:
        """The policy as the rules know it.

        Raises:
            Untrusted: code `document_malformed`, when it is out of bounds.
        """
        try:
            return msgspec.convert(self, Policy, from_attributes=True)
        except (UsageError, msgspec.ValidationError) as error:
            raise Untrusted(Code.DOCUMENT_MALFORMED, f"A policy is out of bounds: {error}") from error


C = TypeVar("C", bound=Claims)


def claims_of(payload: dict[str, Any], type_: type[C]) -> C:
    """The payload as claims of `type_`.

    Raises:
        Untrusted: code `document_malformed`; names the member that is missing or wrong.
    """
    try:
        return msgspec.convert(payload, type_)
    except msgspec.ValidationError as error:
        raise Untrusted(
            Code.DOCUMENT_MALFORMED,
            f"A document does not hold what it should: {one_line(error)}.",
            "Get the document again from where it comes from; if that is newer than this program, update this program.",
        ) from error


def to_claims(*, issuer: str, subject: str, document_id: str, iat: int) -> dict[str, Any]:
    """The members that every payload begins with, in the order that golden bytes pin."""
    return {"ver": VERSION, "iss": issuer, "sub": subject, "jti": document_id, "iat": iat}


def as_uuid(text: str, member: str) -> UUID:
    """The UUID in `text`, in its canonical form only.

    Raises:
        Untrusted: code `document_malformed`.
    """
    try:
        value = UUID(text)
    except ValueError:
        value = None
    if value is None or str(value) != text:
        raise Untrusted(Code.DOCUMENT_MALFORMED, f"{member} is no UUID in its canonical form.")
    return value
