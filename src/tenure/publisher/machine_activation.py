"""Activating a machine with a MAK or a retail key: from its request to its grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.core.enrolment import Installation, take_installation
from tenure.core.errors import Code, Refused
from tenure.core.grant import Grant
from tenure.core.product_key import KeyType
from tenure.publisher.refusals import refusals_audited
from tenure.publisher.request_checks import (
    answered_before,
    proven_key,
    remember_answer,
    usable_signing_key,
)
from tenure.publisher.store import Holder, catalogs_of
from tenure.wire.enrolment import MachineActivated
from tenure.wire.grant import sign_grant
from tenure.wire.jws import Typ
from tenure.wire.request import open_request

if TYPE_CHECKING:
    from tenure.core.catalog import Product
    from tenure.publisher.authority import Authority
    from tenure.publisher.store import IssuedKey


def activate_machine(authority: Authority, token: str) -> MachineActivated:
    """The machine's grant, and how many installations its key has of how many; committed before it is given.

    1. the request is whole, signed by the key that it carries, and not too old
    2. it is for a product of this publisher
    3. the same request again gets the same answer and counts nothing; other content under its id is refused
    4. its product key was issued here, and the asker holds it
    5. the key is not blocked
    6. it is a MAK or a retail key, and for this product
    7. the installation has a place on it, or there is one free (core.enrolment)
    8. place, grant, answer and audit are written together; some refusals are audited, too (publisher.refusals)

    Raises:
        Untrusted: `document_malformed` or `signature_invalid` (1); `state_damaged` (8): not the asker's fault.
        Refused: `request_expired` (1), `publisher_mismatch` (2), `request_changed` (3), `key_unknown` (4),
            `key_blocked` (5), `key_type` (6), `key_limit` (7).
    """
    now = authority.clock()
    request = open_request(token, now=now)  # 1
    asker = f"machine {request.asker}"
    with refusals_audited(authority, request, asker), authority.store.transaction() as rows:
        catalog = catalogs_of(rows).newest
        product = catalog.product(request.audience)
        if product is None:  # 2
            raise Refused(
                Code.PUBLISHER_MISMATCH,
                f"The request is for product {request.audience}; {catalog.name!r} has no such product.",
                "Check the publisher's address and the catalog that the key was installed with.",
            )
        before = answered_before(rows, request, token)  # 3
        if before is not None:
            return MachineActivated(grant=before.token, used=before.used, limit=before.limit)
        key = proven_key(rows, request)  # 4, 5
        _check_type(key, product)  # 6
        held = rows.installation(key.key_id, request.fingerprint)
        seat = take_installation(  # 7
            _installation(held),
            request.asker,
            request.fingerprint,
            used=rows.used(key.key_id),
            limit=key.limit,
            type_=key.type,
        )
        activation_id = held.activation_id if held is not None else authority.new_uuid()
        grant = Grant(
            grant_id=str(activation_id),
            publisher_id=catalog.publisher_id,
            machine_id=request.asker,
            product_id=product.product_id,
            fingerprint=request.fingerprint,
            key_id=key.key_id,
            nonce=request.request_id,
            iat=now,
        )
        document = sign_grant(grant, usable_signing_key(authority, catalog, Typ.GRANT, now))
        rows.save_holder(key.key_id, Holder(activation_id=activation_id, seat=seat, at=now))  # 8
        answer = remember_answer(rows, request, token, document=document, key=key)
        place = f"{answer.used:,} of {answer.limit:,}, activation {activation_id}"
        authority.audit(rows, now, "machine activate", key.key_id, place, asker=asker)
        return MachineActivated(grant=document, used=answer.used, limit=answer.limit)


def _installation(held: Holder | None) -> Installation | None:
    return held.seat if held is not None and isinstance(held.seat, Installation) else None


def _check_type(key: IssuedKey, product: Product) -> None:
    if key.type not in {KeyType.MAK, KeyType.RETAIL}:
        raise Refused(
            Code.KEY_TYPE,
            f"The product key ...{key.partial} is a {key.type.label} key.",
            "A machine is activated by its publisher with a MAK or a retail key.",
        )
    if key.product_number != product.number:
        raise Refused(
            Code.KEY_TYPE,
            f"The product key ...{key.partial} is for another product than {product.name!r}.",
            "Use the key of this product; a MAK activates one product only.",
        )
