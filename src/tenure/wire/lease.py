"""`tenure-lease+jwt`: the lease, minted by hand on the request path and read with everything checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from tenure.core.lease import Lease
from tenure.wire.base64url import encode
from tenure.wire.claims import VERSION, Claims, Fingerprint, Seconds, as_uuid, claims_of
from tenure.wire.jws import ALGORITHM, Typ, encode_json

if TYPE_CHECKING:
    from tenure.wire.keys import Signer


class LeaseClaims(Claims, frozen=True, kw_only=True):
    """The payload of a lease; `iss` is the host, `sub` the machine, `aud` the product.

    The order of the fields is the order of the bytes: members of `Claims` come first.
    """

    exp: Seconds
    aud: str
    pool: str
    nonce: str
    fpr: Fingerprint
    count: Annotated[int, Meta(ge=0)]
    threshold: Annotated[int, Meta(ge=1)]
    renew_after: Seconds
    epoch: Seconds


class LeaseMint:
    """Signs leases as fast as the key allows: the header is written once, the payload in one pass.

    A test holds its documents against the JOSE library's (tests/unit/wire/test_lease.py).
    """

    def __init__(self, signer: Signer) -> None:
        """A mint whose leases bear the signer's `kid`."""
        header = encode_json({"alg": ALGORITHM, "typ": Typ.LEASE.value, "kid": signer.kid})
        self._prefix = encode(header).encode("ascii") + b"."
        self._sign = signer.sign
        self._encode = msgspec.json.Encoder().encode

    def mint(self, lease: Lease) -> str:
        """The lease as a signed document."""
        claims = LeaseClaims(
            ver=VERSION,
            iss=str(lease.host_id),
            sub=str(lease.machine_id),
            jti=lease.lease_id,
            iat=lease.iat,
            exp=lease.exp,
            aud=str(lease.product_id),
            pool=lease.pool,
            nonce=lease.nonce,
            fpr=lease.fingerprint,
            count=lease.count,
            threshold=lease.threshold,
            renew_after=lease.renew_after,
            epoch=lease.epoch,
        )
        signing_input = self._prefix + encode(self._encode(claims)).encode("ascii")
        return f"{signing_input.decode('ascii')}.{encode(self._sign(signing_input))}"


def lease_of(payload: dict[str, Any]) -> Lease:
    """The lease in a verified payload.

    Raises:
        Untrusted: code `document_malformed`.
    """
    claims = claims_of(payload, LeaseClaims)
    return Lease(
        lease_id=claims.jti,
        host_id=as_uuid(claims.iss, "iss"),
        machine_id=as_uuid(claims.sub, "sub"),
        product_id=as_uuid(claims.aud, "aud"),
        pool=claims.pool,
        nonce=claims.nonce,
        fingerprint=claims.fpr,
        count=claims.count,
        threshold=claims.threshold,
        iat=claims.iat,
        exp=claims.exp,
        renew_after=claims.renew_after,
        epoch=claims.epoch,
    )
