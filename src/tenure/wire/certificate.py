"""`tenure-host+jwt`: the host certificate as a publisher's signing key signs it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from tenure.core.certificate import HostCertificate
from tenure.wire.catalog import PoolName
from tenure.wire.claims import Claims, Ed25519Jwk, KeyId, PolicyClaims, Seconds, as_uuid, claims_of, to_claims
from tenure.wire.jws import Typ, sign
from tenure.wire.keys import PublicKey, SigningKey


class Confirmation(Struct, frozen=True):
    """`cnf` (RFC 7800): the key whose holder the document is about."""

    jwk: Ed25519Jwk


class CertificateClaims(Claims, frozen=True, kw_only=True):
    """The payload of a host certificate; `iss` is the publisher, `sub` the host."""

    cnf: Confirmation
    pools: Annotated[dict[PoolName, PolicyClaims], Meta(min_length=1, max_length=1023)]
    org: Annotated[str, Meta(max_length=255)]
    agreement: Annotated[str, Meta(max_length=255)]
    trial: bool
    key_id: KeyId
    nonce: str
    exp: Seconds


def sign_certificate(certificate: HostCertificate, signing_key: SigningKey) -> str:
    """The certificate as a document."""
    claims = {
        **to_claims(
            issuer=str(certificate.publisher_id),
            subject=str(certificate.host_id),
            document_id=certificate.certificate_id,
            iat=certificate.iat,
        ),
        "exp": certificate.exp,
        "cnf": {"jwk": PublicKey(certificate.host_x).jwk},
        "pools": {pool: msgspec.to_builtins(policy) for pool, policy in certificate.pools.items()},
        "org": certificate.org,
        "agreement": certificate.agreement,
        "trial": certificate.trial,
        "key_id": certificate.key_id,
        "nonce": certificate.nonce,
    }
    return sign(Typ.HOST, claims, signing_key)


def certificate_of(payload: dict[str, Any]) -> HostCertificate:
    """The certificate in a verified payload.

    Raises:
        Untrusted: code `document_malformed`.
    """
    claims = claims_of(payload, CertificateClaims)
    return HostCertificate(
        certificate_id=claims.jti,
        publisher_id=claims.publisher_id,
        host_id=as_uuid(claims.sub, "sub"),
        host_kid=PublicKey(claims.cnf.jwk.x).kid,
        host_x=claims.cnf.jwk.x,
        pools={pool: policy.policy() for pool, policy in claims.pools.items()},
        org=claims.org,
        agreement=claims.agreement,
        trial=claims.trial,
        key_id=claims.key_id,
        nonce=claims.nonce,
        iat=claims.iat,
        exp=claims.exp,
    )
