"""What a publisher asks of every activation request, a host's or a machine's, before and after it signs."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from tenure.core.errors import Code, Refused, Untrusted
from tenure.publisher.store import StoredAnswer
from tenure.wire.keys import PublicKey

if TYPE_CHECKING:
    from tenure.core.catalog import Catalog
    from tenure.publisher.authority import Authority
    from tenure.publisher.store import IssuedKey, Rows
    from tenure.wire.jws import Typ
    from tenure.wire.keys import SigningKey
    from tenure.wire.request import ActivationRequest


def answered_before(rows: Rows, request: ActivationRequest, token: str) -> StoredAnswer | None:
    """What the same request was answered; None: its id is new.

    Raises:
        Refused: code `request_changed`, when its id was used before with other content.
    """
    before = rows.answer(request.request_id)
    if before is not None and not hmac.compare_digest(before.request_digest, _digest(token)):
        raise Refused(
            Code.REQUEST_CHANGED,
            f"Request {request.request_id} was sent before with other content.",
            "Make a new request.",
        )
    return before


def remember_answer(
    rows: Rows, request: ActivationRequest, token: str, *, document: str, key: IssuedKey
) -> StoredAnswer:
    """The request was answered with `document`: it will get the same again. `used` counts the asker already."""
    answer = StoredAnswer(
        request_digest=_digest(token),
        token=document,
        key_id=key.key_id,
        used=rows.used(key.key_id),
        limit=key.limit,
    )
    rows.save_answer(request.request_id, answer)
    return answer


def proven_key(rows: Rows, request: ActivationRequest) -> IssuedKey:
    """The product key of the request: issued here, held by the asker, and not blocked.

    Raises:
        Refused: `key_unknown` or `key_blocked`.
    """
    key = rows.key(request.key_id)
    # Unknown and unproven are told alike: nobody learns which keys exist.
    if key is None or not request.proves(PublicKey(key.public_x)):
        raise Refused(
            Code.KEY_UNKNOWN,
            "The product key was not issued by this publisher.",
            "Check that key and catalog are of the same publisher; ask it for the right key.",
        )
    if key.blocked:
        raise Refused(
            Code.KEY_BLOCKED, f"The product key ...{key.partial} is blocked.", "Ask the publisher why."
        )
    return key


def usable_signing_key(authority: Authority, catalog: Catalog, typ: Typ, now: int) -> SigningKey:
    """The signing key, when everybody will accept what it signs now: a wrong key file must cost nobody a place.

    Raises:
        Untrusted: code `state_damaged`.
        UsageError: code `not_set_up`, when the key is not here.
    """
    signing_key = authority.keys.signing_key()
    try:
        catalog.key_at_receipt(signing_key.kid, typ, now)
    except Untrusted as error:
        raise Untrusted(
            Code.STATE_DAMAGED,
            f"The publisher's signing key is none that its catalog names. {error.detail}",
            "Restore the key file from the backup.",
        ) from error
    return signing_key


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
