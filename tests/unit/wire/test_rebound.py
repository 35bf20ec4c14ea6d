"""A signer's own key does not make every document good: which claims bind it to one case, and which the signer may choose.

Every claim of every document that is about somebody gets another value and is signed anew by the very key that signed
before. What `CHOSEN` names is the signer's to say, and is accepted; anything else makes it another's document: of another
machine, product, host, request or publisher. Catalogs and revocation lists are a signer's word about everything, and bind
nothing but themselves to their publisher.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tenure.core.errors import Code, Refused, Untrusted
from tenure.wire.jws import Typ
from tenure.wire.request import open_request
from unit.wire.example import NOW, PAIR, PUBLISHER_ID
from unit.wire.forgery import Path, leaves, other, payload_of, resigned, value_at, with_value
from unit.wire.test_tampering import DOCUMENTS, Document

if TYPE_CHECKING:
    from collections.abc import Callable


def open_as_publisher(token: str) -> object:
    """A request as the publisher that it is for takes it: whole, and by a holder of the product key."""
    request = open_request(token, now=NOW)
    if request.audience != PUBLISHER_ID or not request.proves(PAIR.public):
        raise Untrusted(
            Code.SIGNATURE_INVALID, "The key's proof is for another request, or for another publisher."
        )
    return request


OPENED: Final[dict[Typ, Callable[[str], object]]] = {
    **{document.typ: document.open for document in DOCUMENTS},
    Typ.REQUEST: open_as_publisher,
}
CHOSEN: Final[dict[Typ, set[str]]] = {
    # `iat` and `exp` by a second only: that they lie in their bounds, test_trust_certificates and test_trust_grants say.
    Typ.HOST: {
        *("jti", "iat", "exp", "org", "agreement", "trial"),
        # Whose request it answers, and with which key, its host asks (unit/host/test_setup.py).
        *("key_id", "nonce"),
        # The terms are the publisher's; a lease is held against them.
        *(
            f"pools.workstations.{term}"
            for term in ("threshold", "window_days", "grace_days", "reduced_after_days")
        ),
        *(f"pools.workstations.{term}" for term in ("renewal_interval_s", "retry_interval_s")),
    },
    Typ.LEASE: {"jti", "count", "threshold", "renew_after", "epoch"},
    Typ.GRANT: {"jti", "iat"},
    Typ.REQUEST: {"iat", "fpr"},
}
EVERY_CLAIM = [
    pytest.param(document, path, id=f"{document.typ.name.lower()} {'.'.join(map(str, path))}")
    for document in DOCUMENTS
    if document.typ in CHOSEN
    for path in leaves(payload_of(document.token))
]


@pytest.mark.parametrize(("document", "path"), EVERY_CLAIM)
def test_a_claim_binds_or_is_the_signers_to_choose(document: Document, path: Path) -> None:
    """Re-bound by the right key: refused, but for what stands in the table."""
    payload = payload_of(document.token)
    changed = resigned(
        document.token, document.signer, with_value(payload, path, other(value_at(payload, path)))
    )
    if ".".join(map(str, path)) in CHOSEN[document.typ]:
        assert OPENED[document.typ](changed)
    else:
        with pytest.raises((Untrusted, Refused)):
            OPENED[document.typ](changed)


@pytest.mark.parametrize("claim", ["iss", "sub"])
@pytest.mark.parametrize("typ", [Typ.CATALOG, Typ.REVOCATION], ids=lambda typ: typ.name.lower())
def test_a_list_speaks_for_its_own_publisher_alone(typ: Typ, claim: str) -> None:
    """Also when the right key says otherwise."""
    document = next(one for one in DOCUMENTS if one.typ is typ)
    payload = payload_of(document.token)
    with pytest.raises(Untrusted):
        document.open(resigned(document.token, document.signer, {**payload, claim: other(payload[claim])}))
