"""`tenure-revocation+jwt`: what a publisher revoked, how the list travels, and how a newer one takes its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.core.revocation import (
    LATEST,
    LONGEST_REASON,
    Revocable,
    Revocation,
    RevocationList,
    check_next_list,
)
from tenure.wire.claims import END, Claims, KeyId, Seconds, as_uuid, claims_of, to_claims
from tenure.wire.jws import Typ, read, sign
from tenure.wire.keys import PublicKey
from tenure.wire.printable import one_line

if TYPE_CHECKING:
    from tenure.core.catalog import Catalog
    from tenure.wire.keys import SigningKey

Since = Annotated[int, Meta(ge=0, le=LATEST)]
Reason = Annotated[str, Meta(max_length=LONGEST_REASON, pattern=r"^[^\x00-\x1f\x7f-\x9f]*" + END)]
GrantId = Annotated[str, Meta(min_length=1, max_length=128)]
Id = TypeVar("Id")


class Entry(Struct, Generic[Id], frozen=True):
    """Something revoked."""

    id: Id
    since: Since = msgspec.field(name="from")
    reason: Reason = ""


class RevocationClaims(Claims, frozen=True, kw_only=True):
    """The payload of a revocation list; `iss` and `sub` are the publisher's id."""

    seq: Annotated[int, Meta(ge=1, le=2**53)]
    next_update: Seconds
    hosts: tuple[Entry[UUID], ...]
    keys: tuple[Entry[KeyId], ...]
    grants: tuple[Entry[GrantId], ...]


class RevocationBody(Struct, frozen=True):
    """`GET /v1/publishers/{id}/revocations`."""

    revocations: str


@dataclass(frozen=True, slots=True)
class TrustedRevocations:
    """A verified list, and the token that it stands in, as it travels."""

    newest: RevocationList
    token: str


def sign_revocations(revoked: RevocationList, *, document_id: str, signing_key: SigningKey) -> str:
    """The list as a document.

    Raises:
        Untrusted: code `document_malformed`, when it would be longer than 1 MiB.
    """
    publisher = str(revoked.publisher_id)
    claims = {
        **to_claims(issuer=publisher, subject=publisher, document_id=document_id, iat=revoked.iat),
        "seq": revoked.seq,
        "next_update": revoked.next_update,
        "hosts": _entries(revoked, Revocable.HOST),
        "keys": _entries(revoked, Revocable.KEY),
        "grants": _entries(revoked, Revocable.GRANT),
    }
    return sign(Typ.REVOCATION, claims, signing_key)


def revocations_of(payload: dict[str, Any]) -> RevocationList:
    """The list in a verified payload.

    Raises:
        Untrusted: code `document_malformed`.
    """
    claims = claims_of(payload, RevocationClaims)
    if claims.sub != claims.iss:
        raise Untrusted(
            Code.DOCUMENT_MALFORMED, "A revocation list's iss and sub are both the publisher's id."
        )
    entries = (
        Revocation(kind=kind, subject=str(entry.id), since=entry.since, reason=entry.reason)
        for kind, listed in (
            (Revocable.HOST, claims.hosts),
            (Revocable.KEY, claims.keys),
            (Revocable.GRANT, claims.grants),
        )
        for entry in listed
    )
    try:
        return RevocationList(
            publisher_id=as_uuid(claims.iss, "iss"),
            seq=claims.seq,
            iat=claims.iat,
            next_update=claims.next_update,
            entries=tuple(entries),
        )
    except UsageError as error:
        raise Untrusted(Code.DOCUMENT_MALFORMED, error.detail) from error


def open_revocations(
    token: str, catalog: Catalog, known: TrustedRevocations | None, *, now: int
) -> TrustedRevocations:
    """The list that just arrived, when it may take the place of `known`; the one that is known already stays.

    1. the catalog names the signing key, which may sign revocation lists and is open now
    2. signature
    3. the issuer is the catalog's publisher
    4. it will also hold at rest
    5. its seq is higher than the known one's

    Raises:
        Untrusted: `document_malformed`; `chain_broken` (1, 3, 4), `signature_invalid` (2), `revocation_rolled_back` (5).
    """
    if known is not None and token == known.token:
        return known
    document = read(token, Typ.REVOCATION)
    found = revocations_of(document.claims)
    # 1
    entry = catalog.key_at_receipt(document.kid, Typ.REVOCATION, now)
    # 2
    document.verify(PublicKey(entry.x))
    # 3
    _check_issuer(found, catalog)
    # 4
    catalog.key_at_rest(document.kid, Typ.REVOCATION, found.iat)
    # 5
    if known is not None:
        check_next_list(known.newest, found)
    return TrustedRevocations(found, token)


def stored_revocations(token: str, catalog: Catalog) -> TrustedRevocations:
    """The list in `token`, at rest: its key was open when it signed.

    Raises:
        Untrusted: `document_malformed`, `chain_broken` or `signature_invalid`.
    """
    document = read(token, Typ.REVOCATION)
    found = revocations_of(document.claims)
    entry = catalog.key_at_rest(document.kid, Typ.REVOCATION, found.iat)
    document.verify(PublicKey(entry.x))
    _check_issuer(found, catalog)
    return TrustedRevocations(found, token)


def kept_revocations(token: str | None, catalog: Catalog) -> TrustedRevocations | None:
    """The list that is kept here, if there is one and it holds at rest.

    One that does not any more counts as none, so that a newer one can take its place: its key was stolen, and the
    publisher has closed it from before the list was signed.
    """
    if token is None:
        return None
    try:
        return stored_revocations(token, catalog)
    except Untrusted:
        return None


def revokes_anything(token: str) -> bool:
    """Whether the list says that anything is revoked, verified or not; one that does not has nothing to tell anybody.

    Raises:
        Untrusted: code `document_malformed`.
    """
    return bool(revocations_of(read(token, Typ.REVOCATION).claims).entries)


def revocations_in(data: bytes) -> str:
    """The list's token in what a host or publisher answers.

    Raises:
        Untrusted: code `document_malformed`.
    """
    try:
        return msgspec.json.decode(data, type=RevocationBody).revocations
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Untrusted(
            Code.DOCUMENT_MALFORMED, f"What arrived is no revocation list: {one_line(error)}."
        ) from error


def _check_issuer(found: RevocationList, catalog: Catalog) -> None:
    if found.publisher_id != catalog.publisher_id:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"The revocation list is of publisher {found.publisher_id}; {catalog.publisher_id} was expected.",
        )


def _entries(revoked: RevocationList, kind: Revocable) -> list[dict[str, Any]]:
    return [
        {"id": entry.subject, "from": entry.since, **({"reason": entry.reason} if entry.reason else {})}
        for entry in revoked.entries
        if entry.kind is kind
    ]
