"""Activating a host: from its request to its certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.core.certificate import LIFETIME_SECONDS, HostCertificate
from tenure.core.enrolment import HostSeat, take_seat
from tenure.core.errors import Code, Refused
from tenure.core.product_key import KeyType
from tenure.publisher.refusals import refusals_audited
from tenure.publisher.request_checks import (
    answered_before,
    proven_key,
    remember_answer,
    usable_signing_key,
)
from tenure.publisher.revocations import check_host_not_revoked
from tenure.publisher.store import Holder, catalogs_of, publisher_id_of
from tenure.wire.certificate import sign_certificate
from tenure.wire.enrolment import HostActivated
from tenure.wire.jws import Typ
from tenure.wire.request import open_request

if TYPE_CHECKING:
    from tenure.core.catalog import Catalog
    from tenure.publisher.authority import Authority
    from tenure.publisher.store import IssuedKey
    from tenure.wire.request import ActivationRequest


def activate_host(authority: Authority, token: str) -> HostActivated:
    """The host's certificate, and how many hosts its key has of how many; committed before it is given.

    1. the request is whole, signed by the key that it carries, and not too old
    2. it is for this publisher
    3. the same request again gets the same answer and counts nothing; other content under its id is refused
    4. its product key was issued here, and the asker holds it
    5. neither the key is blocked nor the host revoked
    6. it is a host key
    7. there is a place for the host on it (core.enrolment)
    8. certificate, place, answer and audit are written together; some refusals are audited, too (publisher.refusals)

    Raises:
        Untrusted: `document_malformed` or `signature_invalid` (1); `state_damaged` (8): not the asker's fault.
        Refused: `request_expired` (1), `publisher_mismatch` (2), `request_changed` (3), `key_unknown` (4),
            `key_blocked` (5), `key_type` (6), `key_limit` (7).
    """
    now = authority.clock()
    request = open_request(token, now=now)  # 1
    asker = f"host {request.asker}"
    with refusals_audited(authority, request, asker), authority.store.transaction() as rows:
        publisher_id = publisher_id_of(rows)
        if request.audience != publisher_id:  # 2
            raise Refused(
                Code.PUBLISHER_MISMATCH,
                f"The request is for publisher {request.audience}; this is {publisher_id}.",
                "Check the publisher's address and the catalog that the host key was installed with.",
            )
        before = answered_before(rows, request, token)  # 3
        if before is not None:
            return HostActivated(certificate=before.token, used=before.used, limit=before.limit)
        key = proven_key(rows, request)  # 4, 5
        check_host_not_revoked(rows, request.asker)  # 5
        if key.type is not KeyType.HOST:  # 6
            raise Refused(
                Code.KEY_TYPE,
                f"The product key ...{key.partial} is a {key.type.label} key.",
                "A host needs a host key.",
            )
        holders = rows.holders(key.key_id)
        seats = [h.seat for h in holders if isinstance(h.seat, HostSeat)]
        seat = take_seat(seats, request.asker, request.asker_kid, request.fingerprint)  # 7
        known = next((h for h in holders if h.sub == request.asker), None)
        catalog = catalogs_of(rows).newest
        signing_key = usable_signing_key(authority, catalog, Typ.HOST, now)
        certificate = sign_certificate(  # 8
            _certificate(catalog, request, key, certificate_id=str(authority.new_uuid()), now=now),
            signing_key,
        )
        activation_id = known.activation_id if known is not None else authority.new_uuid()
        rows.save_holder(key.key_id, Holder(activation_id=activation_id, seat=seat, at=now))
        answer = remember_answer(rows, request, token, document=certificate, key=key)
        place = f"{answer.used} of {answer.limit}, activation {activation_id}"
        authority.audit(rows, now, "host activate", key.key_id, place, asker=asker)
        return HostActivated(certificate=certificate, used=answer.used, limit=answer.limit)


def _certificate(
    catalog: Catalog, request: ActivationRequest, key: IssuedKey, *, certificate_id: str, now: int
) -> HostCertificate:
    pools = {pool: policy for pool, policy in catalog.pools.items() if key.pools is None or pool in key.pools}
    if not pools:
        raise Refused(
            Code.KEY_TYPE,
            "The publisher's catalog has no pool that this key covers.",
            "The publisher adds a product first: tenure publisher product add.",
        )
    return HostCertificate(
        certificate_id=certificate_id,
        publisher_id=catalog.publisher_id,
        host_id=request.asker,
        host_kid=request.asker_kid,
        host_x=request.asker_x,
        pools=pools,
        org=key.customer,
        agreement=key.agreement,
        trial=key.trial,
        key_id=key.key_id,
        nonce=request.request_id,
        iat=now,
        exp=now + LIFETIME_SECONDS,
    )
