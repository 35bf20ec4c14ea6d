"""`tenure-grant+jwt`: the activation of one machine as a publisher's signing key signs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure.core.grant import Grant
from tenure.wire.claims import Claims, Fingerprint, KeyId, as_uuid, claims_of, to_claims
from tenure.wire.jws import Typ, sign

if TYPE_CHECKING:
    from tenure.wire.keys import SigningKey


class GrantClaims(Claims, frozen=True, kw_only=True):
    """The payload of a grant; `iss` is the publisher, `sub` the machine, `aud` the product. It has no `exp`."""

    aud: str
    fpr: Fingerprint
    key_id: KeyId
    nonce: str


def sign_grant(grant: Grant, signing_key: SigningKey) -> str:
    """The grant as a document."""
    claims = {
        **to_claims(
            issuer=str(grant.publisher_id),
            subject=str(grant.machine_id),
            document_id=grant.grant_id,
            iat=grant.iat,
        ),
        "aud": str(grant.product_id),
        "fpr": grant.fingerprint,
        "key_id": grant.key_id,
        "nonce": grant.nonce,
    }
    return sign(Typ.GRANT, claims, signing_key)


def grant_of(payload: dict[str, Any]) -> Grant:
    """The grant in a verified payload.

    Raises:
        Untrusted: code `document_malformed`.
    """
    claims = claims_of(payload, GrantClaims)
    return Grant(
        grant_id=claims.jti,
        publisher_id=claims.publisher_id,
        machine_id=as_uuid(claims.sub, "sub"),
        product_id=as_uuid(claims.aud, "aud"),
        fingerprint=claims.fpr,
        key_id=claims.key_id,
        nonce=claims.nonce,
        iat=claims.iat,
    )
