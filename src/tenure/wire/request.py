"""`tenure-request+jwt`: what a host or a machine sends to the publisher, online or as a file (installation ID)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Refused, Untrusted
from tenure.core.policy import CLOCK_TOLERANCE, DAY
from tenure.wire.base64url import decode, encode
from tenure.wire.certificate import Confirmation
from tenure.wire.claims import Claims, Fingerprint, KeyId, Seconds, as_uuid, claims_of, to_claims
from tenure.wire.jws import Typ, read, sign
from tenure.wire.keys import PublicKey

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.wire.keys import SigningKey

LIFETIME_SECONDS: Final = 30 * DAY
"""How long a request may be on its way, by mail or on paper."""


class RequestClaims(Claims, frozen=True, kw_only=True):
    """The payload of a request; `iss` and `sub` are the asker, `aud` the publisher (host) or product (machine)."""

    exp: Seconds
    aud: str
    cnf: Confirmation
    fpr: Fingerprint
    key_id: KeyId
    key_proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationRequest:
    """A request; from `open_request` its signature is its own key's. Whether the key proof holds, `proves` tells."""

    request_id: str
    asker: UUID
    audience: UUID
    asker_x: str
    fingerprint: str
    key_id: str
    key_proof: str
    iat: int
    exp: int

    @property
    def asker_kid(self) -> str:
        """JWK thumbprint of the asker's key."""
        return PublicKey(self.asker_x).kid

    def proves(self, key_public: PublicKey) -> bool:
        """Whether the asker held the product key whose derived public half is `key_public`."""
        same = hmac.compare_digest(self.key_id, key_public.kid)
        return same and key_public.verifies(
            decode(self.key_proof), _proof_input(self.request_id, self.asker_kid)
        )


def sign_request(
    *,
    request_id: str,
    asker: UUID,
    audience: UUID,
    fingerprint: str,
    pair: SigningKey,
    key: SigningKey,
    now: int,
) -> str:
    """A request by `asker`, signed with its own `key`; `pair` is the product key's derived pair."""
    claims = {
        **to_claims(issuer=str(asker), subject=str(asker), document_id=request_id, iat=now),
        "exp": now + LIFETIME_SECONDS,
        "aud": str(audience),
        "cnf": {"jwk": key.public.jwk},
        "fpr": fingerprint,
        "key_id": pair.kid,
        "key_proof": encode(pair.sign(_proof_input(request_id, key.kid))),
    }
    return sign(Typ.REQUEST, claims, key)


def open_request(token: str, *, now: int) -> ActivationRequest:
    """The request in `token`, signed by the key that it names and not too old.

    1. form and size; 2. the signature is by `cnf.jwk`, which `kid` names; 3. `iss` and `sub` agree; 4. `iat` lies
    not over 4 hours ahead, and `exp` is ahead and at most 30 days after `iat`.

    Raises:
        Untrusted: `document_malformed` (1, 3) or `signature_invalid` (2).
        Refused: code `request_expired` (4).
    """
    # 1
    document = read(token, Typ.REQUEST)
    claims = claims_of(document.claims, RequestClaims)
    decode(claims.key_proof)
    # 2
    key = PublicKey(claims.cnf.jwk.x)
    if document.kid != key.kid:
        raise Untrusted(Code.SIGNATURE_INVALID, "The request's kid does not name the key that it carries.")
    document.verify(key)
    # 3
    if claims.iss != claims.sub:
        raise Untrusted(Code.DOCUMENT_MALFORMED, "A request's iss and sub are both the asker.")
    # 4
    if not claims.iat - CLOCK_TOLERANCE <= now < claims.exp <= claims.iat + LIFETIME_SECONDS:
        raise Refused(
            Code.REQUEST_EXPIRED,
            f"The request was made at {claims.iat} and ends at {claims.exp}; it is {now} here.",
            "Check both clocks, then make a new request.",
        )
    return _request(claims)


def request_of(token: str) -> ActivationRequest:
    """What a request says of itself: nothing of it is verified. For its own asker, and to tell requests apart.

    Raises:
        Untrusted: code `document_malformed`.
    """
    return _request(claims_of(read(token, Typ.REQUEST).claims, RequestClaims))


def _request(claims: RequestClaims) -> ActivationRequest:
    return ActivationRequest(
        request_id=claims.jti,
        asker=as_uuid(claims.sub, "sub"),
        audience=as_uuid(claims.aud, "aud"),
        asker_x=claims.cnf.jwk.x,
        fingerprint=claims.fpr,
        key_id=claims.key_id,
        key_proof=claims.key_proof,
        iat=claims.iat,
        exp=claims.exp,
    )


def _proof_input(request_id: str, asker_kid: str) -> bytes:
    return f"{request_id}.{asker_kid}".encode()
