"""Nothing in a signed document can be changed: every claim and every character of every type, by a generated table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tenure.core.errors import Code, TenureError, Untrusted
from tenure.wire.jws import Typ, read
from tenure.wire.request import open_request
from tenure.wire.revocation import open_revocations
from tenure.wire.trust import accept_grant, accept_lease, first_catalogs
from unit.wire.example import (
    CATALOG,
    CATALOG_TOKEN,
    CERTIFICATE_TOKEN,
    GRANT_TOKEN,
    HOST,
    LEASE_TOKEN,
    NOW,
    PENDING,
    PENDING_GRANT,
    REQUEST_TOKEN,
    REVOCATIONS_TOKEN,
    ROOT,
    SIGNING,
    STRANGER,
)
from unit.wire.forgery import Path, leaves, other, payload_of, resigned, spliced, value_at, with_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.wire.keys import SigningKey


class Document(NamedTuple):
    """A type, a good token, its signer, and how a receiver opens it."""

    typ: Typ
    token: str
    signer: SigningKey
    open: Callable[[str], object]


DOCUMENTS = [
    Document(Typ.CATALOG, CATALOG_TOKEN, ROOT, lambda token: first_catalogs([token], root_kid=ROOT.kid)),
    Document(
        Typ.HOST,
        CERTIFICATE_TOKEN,
        SIGNING,
        lambda token: accept_lease(
            LEASE_TOKEN, token, CATALOG, PENDING, revocations=None, now=NOW, highest_epoch=None
        ),
    ),
    Document(
        Typ.LEASE,
        LEASE_TOKEN,
        HOST,
        lambda token: accept_lease(
            token, CERTIFICATE_TOKEN, CATALOG, PENDING, revocations=None, now=NOW, highest_epoch=None
        ),
    ),
    Document(Typ.REQUEST, REQUEST_TOKEN, HOST, lambda token: open_request(token, now=NOW)),
    Document(
        Typ.GRANT,
        GRANT_TOKEN,
        SIGNING,
        lambda token: accept_grant(token, CATALOG, PENDING_GRANT, revocations=None, now=NOW),
    ),
    Document(
        Typ.REVOCATION,
        REVOCATIONS_TOKEN,
        SIGNING,
        lambda token: open_revocations(token, CATALOG, None, now=NOW),
    ),
]
EVERY_CLAIM = [
    pytest.param(document, path, id=f"{document.typ.name.lower()} {'.'.join(map(str, path))}")
    for document in DOCUMENTS
    for path in leaves(payload_of(document.token))
]
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.typ.name.lower())


def refused(document: Document, token: str) -> Untrusted:
    """The error that the receiver of this token sees: Untrusted, never another."""
    with pytest.raises(TenureError) as caught:
        document.open(token)
    assert isinstance(caught.value, Untrusted)
    return caught.value


@each_document
def test_the_tables_below_start_from_what_is_accepted(document: Document) -> None:
    """The unchanged token opens, and the forger's own re-signing of it with the right key makes the same token."""
    assert document.open(document.token)
    assert resigned(document.token, document.signer) == document.token
    assert spliced(document.token, payload_of(document.token)) == document.token


@pytest.mark.parametrize(("document", "path"), EVERY_CLAIM)
def test_no_claim_can_be_changed(document: Document, path: Path) -> None:
    """Another value under the old signature, under a stranger's, and under a stranger's in the signer's name."""
    payload = payload_of(document.token)
    value = value_at(payload, path)
    changed = with_value(payload, path, other(value))
    assert changed != payload
    refused(document, spliced(document.token, changed))
    refused(document, resigned(document.token, STRANGER, changed))
    refused(document, resigned(document.token, STRANGER, changed, kid=document.signer.kid))


@pytest.mark.parametrize(("document", "path"), EVERY_CLAIM)
def test_no_claim_can_be_emptied(document: Document, path: Path) -> None:
    """Null, a list or another number in a claim's place, under the old signature: refused, and never a traceback."""
    payload = payload_of(document.token)
    empty: list[Any] = [None, [], {}, "", 0, 2**53, -1]
    for value in empty:
        changed = with_value(payload, path, value)
        if changed != payload:
            refused(document, spliced(document.token, changed))


@each_document
def test_no_claim_can_be_added(document: Document) -> None:
    """A member that readers pass over is signed like any other."""
    error = refused(document, spliced(document.token, {**payload_of(document.token), "note": "x"}))
    assert error.code is Code.SIGNATURE_INVALID


@each_document
def test_a_stranger_cannot_sign_the_very_same_document(document: Document) -> None:
    """Unchanged claims under another key are refused, whichever kid they bear."""
    refused(document, resigned(document.token, STRANGER))
    forged = refused(document, resigned(document.token, STRANGER, kid=document.signer.kid))
    assert forged.code is Code.SIGNATURE_INVALID


@each_document
def test_no_character_can_be_replaced(document: Document) -> None:
    """At every place of the token the next character of the alphabet, and a dot: refused."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    for place, character in enumerate(document.token):
        following = alphabet[(alphabet.index(character) + 1) % len(alphabet)]
        for put in {following, "."} - {character}:
            refused(document, document.token[:place] + put + document.token[place + 1 :])


@each_document
def test_the_last_character_has_no_second_form(document: Document) -> None:
    """Of its 64 values one is accepted: its unused bits are part of the token."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for put in set(alphabet) - {document.token[-1]}:
        refused(document, document.token[:-1] + put)


@each_document
def test_no_character_can_be_removed_or_repeated(document: Document) -> None:
    """Shorter or longer by one at any place: refused. A letter equal to its neighbor gives the same text: one case."""
    shorter = {document.token[:place] + document.token[place + 1 :] for place in range(len(document.token))}
    longer = {document.token[:place] + document.token[place - 1 :] for place in range(1, len(document.token))}
    for token in shorter | longer:
        refused(document, token)


@each_document
def test_parts_of_two_documents_make_no_third(document: Document) -> None:
    """Header, payload and signature belong together: none can be taken from another good document."""
    parts = document.token.split(".")
    for another in DOCUMENTS:
        for part, theirs in enumerate(another.token.split(".")):
            mixed = [*parts[:part], theirs, *parts[part + 1 :]]
            if mixed != parts:
                refused(document, ".".join(mixed))


@each_document
def test_no_document_passes_for_one_of_another_type(document: Document) -> None:
    """Signed by the very key that a receiver expects, a document of another type is refused by its `typ`."""
    for another in DOCUMENTS:
        if another is not document:
            token = resigned(another.token, document.signer)
            assert refused(document, token).code is Code.DOCUMENT_MALFORMED
            with pytest.raises(Untrusted, match="was expected"):
                read(token, document.typ)
