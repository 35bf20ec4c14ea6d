"""Formats are forever: the bytes of every document type, and what an independent library makes of them.

A file in `golden/` is never changed. When fields are added, a new file joins it, and the old one is still read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt
import pytest

from tenure.wire.catalog import catalog_of
from tenure.wire.certificate import certificate_of
from tenure.wire.grant import grant_of
from tenure.wire.jws import Typ, read
from tenure.wire.lease import lease_of
from tenure.wire.request import open_request
from tenure.wire.revocation import revocations_of
from unit.wire import example
from unit.wire.forgery import header_of, payload_of, spliced

if TYPE_CHECKING:
    from tenure.wire.keys import SigningKey

GOLDEN = Path(__file__).parent / "golden"


class Document(NamedTuple):
    """A document type: its file, what the code signs today, and by whom."""

    file: str
    typ: Typ
    signed_today: str
    signer: SigningKey

    @property
    def golden(self) -> str:
        """The token in the file, which ends with a line feed."""
        return (GOLDEN / self.file).read_text(encoding="ascii").removesuffix("\n")


DOCUMENTS = [
    Document("catalog.jws", Typ.CATALOG, example.CATALOG_TOKEN, example.ROOT),
    Document("host.jws", Typ.HOST, example.CERTIFICATE_TOKEN, example.SIGNING),
    Document("lease.jws", Typ.LEASE, example.LEASE_TOKEN, example.HOST),
    Document("request.jws", Typ.REQUEST, example.REQUEST_TOKEN, example.HOST),
    Document("grant.jws", Typ.GRANT, example.GRANT_TOKEN, example.SIGNING),
    Document("revocation.jws", Typ.REVOCATION, example.REVOCATIONS_TOKEN, example.SIGNING),
]
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.file)


@each_document
def test_a_document_is_signed_to_the_byte_as_ever(document: Document) -> None:
    """The same values under the same key give the token in the file."""
    assert document.signed_today == document.golden


def test_every_golden_file_is_held_against_something() -> None:
    """No file lies in the folder that no test reads."""
    assert {path.name for path in GOLDEN.iterdir()} == {document.file for document in DOCUMENTS}


def test_golden_documents_are_read_as_what_was_signed() -> None:
    """Each file, verified with its signer's key, gives the very values that were signed."""
    catalog, host, lease, request, grant, revocation = (document.golden for document in DOCUMENTS)
    assert catalog_of(read(catalog, Typ.CATALOG).verify(example.ROOT.public)) == example.CATALOG
    assert certificate_of(read(host, Typ.HOST).verify(example.SIGNING.public)) == example.CERTIFICATE
    assert lease_of(read(lease, Typ.LEASE).verify(example.HOST.public)) == example.LEASE
    revoked = revocations_of(read(revocation, Typ.REVOCATION).verify(example.SIGNING.public))
    assert revoked == example.REVOCATIONS
    assert grant_of(read(grant, Typ.GRANT).verify(example.SIGNING.public)) == example.GRANT
    opened = open_request(request, now=example.NOW)
    assert (opened.request_id, opened.asker, opened.audience) == (
        "request-1",
        example.HOST_ID,
        example.PUBLISHER_ID,
    )
    assert opened.proves(example.PAIR.public)


@each_document
def test_the_header_has_its_three_members_in_their_order(document: Document) -> None:
    """`alg`, `typ`, `kid`, and the kid is the signer's thumbprint."""
    header = header_of(document.golden)
    assert list(header) == ["alg", "typ", "kid"]
    assert header == {"alg": "EdDSA", "typ": document.typ.value, "kid": document.signer.kid}


@each_document
def test_every_payload_begins_alike(document: Document) -> None:
    """`ver` 1, then `iss`, `sub`, `jti` and `iat`."""
    payload = payload_of(document.golden)
    assert list(payload)[:5] == ["ver", "iss", "sub", "jti", "iat"]
    assert payload["ver"] == 1


def pyjwt(token: str, key: SigningKey) -> dict[str, Any]:
    """What PyJWT says of a token; it knows nothing of Tenure."""
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt.PyJWK(key.public.jwk),
        algorithms=["EdDSA"],
        options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
    )
    return claims


@each_document
def test_another_library_verifies_every_document(document: Document) -> None:
    """PyJWT, given the signer's JWK, accepts the token and reads the same claims."""
    assert pyjwt(document.golden, document.signer) == read(document.golden, document.typ).claims


@each_document
def test_the_other_library_is_no_yes_man(document: Document) -> None:
    """PyJWT refuses the same token under another key, and another payload under the same signature."""
    with pytest.raises(jwt.InvalidSignatureError):
        pyjwt(document.golden, example.STRANGER)
    with pytest.raises(jwt.InvalidSignatureError):
        pyjwt(spliced(document.golden, {**payload_of(document.golden), "iat": 0}), document.signer)
