"""The endpoints of a publisher's administration: each stands behind a permission, and what stands in no table is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

from tenure.adapters.http.publisher_faults import done
from tenure.adapters.http.query import Parameters
from tenure.adapters.http.rsgi import json_answer
from tenure.core.errors import Code, Refused
from tenure.core.peers import is_loopback
from tenure.core.product_key import KeyType
from tenure.publisher.audit_records import AuditQuery, page_of_audit
from tenure.publisher.key_records import KeyQuery, page_of_keys, show_key
from tenure.publisher.keys import issue_host_key, issue_machine_key
from tenure.publisher.release import release_activation
from tenure.publisher.revocations import revoke_key
from tenure.publisher.tokens import Permission
from tenure.publisher.told import audit_entry, key_details, key_facts
from tenure.wire.activation import MAX_BODY
from tenure.wire.administration import (
    ActivationReleased,
    AuditEntries,
    HostKeyWanted,
    KeyDetails,
    KeyIssued,
    KeyRevoked,
    Keys,
    KeyWanted,
    MakWanted,
    ReleaseWanted,
    RetailKeyWanted,
    RevocationWanted,
    decode_key_wanted,
    decode_release_wanted,
    decode_revocation_wanted,
)
from tenure.wire.openapi import Operation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tenure.adapters.http.rsgi import Answer, Endpoint, Request
    from tenure.core.product_key import ProductKey
    from tenure.publisher.access import Access
    from tenure.publisher.authority import Authority
    from tenure.publisher.store import IssuedKey

PAGE: Final = 100
MAX_PAGE: Final = 1_000
"""Keys or rows that are told at once, when nobody says how many and at most."""

_BEARER: Final = "bearer "
_LONGEST_HEADER: Final = 200
"""Characters of an Authorization header that is looked at; ours have 57."""
_KEY_ID_LENGTH: Final = 43
"""A JWK thumbprint: SHA-256 in base64url."""
_KEY_FILTERS: Final = ("customer", "agreement", "product", "holder", "partial", "text")
_AUDIT_FILTERS: Final = ("actor", "action", "subject")
_NO_STORE: Final = [("cache-control", "no-store")]

_Handler: TypeAlias = "Callable[[Authority, Request], Awaitable[Answer]]"


def _parameters(*names: str, numbers: tuple[str, ...] = ()) -> tuple[Mapping[str, Any], ...]:
    texts = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    limits = [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in numbers]
    return (*texts, *limits)


def _in_path(name: str, **schema: str) -> tuple[Mapping[str, Any], ...]:
    return ({"name": name, "in": "path", "required": True, "schema": {"type": "string", **schema}},)


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/admin/keys",
        "Keys that were issued, oldest first (role reader)",
        None,
        {200: Keys},
        _parameters(*_KEY_FILTERS, "type", "after", numbers=("limit",)),
        bearer=True,
    ),
    Operation(
        "POST",
        "/v1/admin/keys",
        "Issue a key, told in this one answer (role issuer)",
        KeyWanted,
        {201: KeyIssued},
        bearer=True,
    ),
    Operation(
        "GET",
        "/v1/admin/keys/{key_id}",
        "A key and its holders (role reader)",
        None,
        {200: KeyDetails},
        _in_path("key_id"),
        bearer=True,
    ),
    Operation(
        "POST",
        "/v1/admin/keys/{key_id}/revocation",
        "Revoke a key; there is no way back (role admin)",
        RevocationWanted,
        {200: KeyRevoked},
        _in_path("key_id"),
        bearer=True,
    ),
    Operation(
        "POST",
        "/v1/admin/activations/{activation_id}/release",
        "Free the place of a host or machine that is gone (role support)",
        ReleaseWanted,
        {200: ActivationReleased},
        _in_path("activation_id", format="uuid"),
        bearer=True,
    ),
    Operation(
        "GET",
        "/v1/admin/audit",
        "Rows of the audit, newest first (role reader)",
        None,
        {200: AuditEntries},
        _parameters(*_AUDIT_FILTERS, numbers=("since", "until", "before", "limit")),
        bearer=True,
    ),
)


class AdminEndpoints:
    """What a publisher serves to those who have a token for it."""

    def __init__(self, access: Access) -> None:
        """Whoever is let in acts through the authority that `access` gives."""
        self._access = access

    def routes(self) -> Mapping[str, Endpoint]:
        """The paths, each behind its permission."""
        table: Mapping[str, tuple[Permission, _Handler]] = {
            "GET /v1/admin/keys": (Permission.READ, _keys),
            "POST /v1/admin/keys": (Permission.ISSUE, _issue),
            "GET /v1/admin/keys/*": (Permission.READ, _key),
            "POST /v1/admin/keys/*/revocation": (Permission.REVOKE, _revoke),
            "POST /v1/admin/activations/*/release": (Permission.RELEASE, _release),
            "GET /v1/admin/audit": (Permission.READ, _audit),
        }
        return {route: self._behind(permission, handler) for route, (permission, handler) in table.items()}

    def _behind(self, permission: Permission, handler: _Handler) -> Endpoint:
        """The handler behind its permission.

        1. the connection is TLS, or from this machine itself; on any other the token is not even looked at
        2. the token lets its bearer do this (publisher.access)
        3. only then anything else of the request is read
        """

        async def endpoint(request: Request) -> Answer:
            if request.scope.scheme != "https" and not is_loopback(request.address):  # 1
                raise Refused(
                    Code.INSECURE_CONNECTION,
                    "The publisher's administration is served over TLS, or on the machine itself.",
                    "Give the publisher a certificate. A token that was sent has been readable on its way:"
                    " remove it, and make another.",
                )
            token = _bearer(request.header("authorization"))
            authority = await done(self._access.admit, token, permission, request.address)  # 2
            return await handler(authority, request)  # 3

        return endpoint


async def _keys(authority: Authority, request: Request) -> Answer:
    asked = Parameters(request.scope.query_string, (*_KEY_FILTERS, "type", "after", "limit"))
    query = KeyQuery(type=_key_type(asked.text("type")), **{name: asked.text(name) for name in _KEY_FILTERS})
    page = await done(
        page_of_keys,
        authority,
        query,
        after=asked.text("after") or None,
        limit=asked.number("limit", least=1, most=MAX_PAGE) or PAGE,
    )
    return _answer(Keys(keys=tuple(key_facts(report) for report in page.reports), next=page.after))


async def _key(authority: Authority, request: Request) -> Answer:
    return _answer(key_details(await done(show_key, authority, _key_id(request))))


async def _issue(authority: Authority, request: Request) -> Answer:
    wanted = decode_key_wanted(await request.json_body(MAX_BODY))
    key, issued = await done(_issued, authority, wanted)
    told = KeyIssued(
        key=key.text,
        key_id=issued.key_id,
        type=key.type.label,
        product_id=None if isinstance(wanted, HostKeyWanted) else wanted.product_id,
        activations=issued.limit,
    )
    return _answer(told, status=201)


def _issued(authority: Authority, wanted: KeyWanted) -> tuple[ProductKey, IssuedKey]:
    match wanted:
        case HostKeyWanted():
            return issue_host_key(
                authority,
                pools=wanted.pools,
                customer=wanted.customer,
                agreement=wanted.agreement,
                trial=wanted.trial,
            )
        case MakWanted() | RetailKeyWanted():
            return issue_machine_key(
                authority,
                KeyType.MAK if isinstance(wanted, MakWanted) else KeyType.RETAIL,
                product_id=wanted.product_id,
                activations=wanted.activations if isinstance(wanted, MakWanted) else 1,
                customer=wanted.customer,
                agreement=wanted.agreement,
            )


async def _revoke(authority: Authority, request: Request) -> Answer:
    wanted = decode_revocation_wanted(await request.json_body(MAX_BODY))
    revoked = await done(revoke_key, authority, _key_id(request), reason=wanted.reason, since=wanted.since)
    return _answer(
        KeyRevoked(
            key_id=revoked.revocation.subject,
            since=revoked.revocation.since,
            reason=revoked.revocation.reason,
            changed=revoked.changed,
            revocation_seq=revoked.seq,
        )
    )


async def _release(authority: Authority, request: Request) -> Answer:
    wanted = decode_release_wanted(await request.json_body(MAX_BODY))
    activation_id = _uuid(request.arguments[0])
    released = await done(release_activation, authority, activation_id, reason=wanted.reason)
    return _answer(
        ActivationReleased(
            activation_id=activation_id,
            sub=released.holder.sub,
            key_id=released.key.key_id,
            used=released.used,
            left=max(0, released.key.limit - released.used),
        )
    )


async def _audit(authority: Authority, request: Request) -> Answer:
    asked = Parameters(request.scope.query_string, (*_AUDIT_FILTERS, "since", "until", "before", "limit"))
    query = AuditQuery(
        since=asked.number("since"),
        until=asked.number("until"),
        **{name: asked.text(name) for name in _AUDIT_FILTERS},
    )
    limit = asked.number("limit", least=1, most=MAX_PAGE) or PAGE
    page = await done(page_of_audit, authority, query, before=asked.number("before"), limit=limit)
    return _answer(AuditEntries(entries=tuple(audit_entry(row) for row in page.rows), next=page.before))


def _answer(told: object, *, status: int = 200) -> Answer:
    """Nobody on the way keeps it: it may hold a product key."""
    return json_answer(told, status=status, headers=_NO_STORE)


def _bearer(header: str | None) -> str | None:
    """The token of `Authorization: Bearer TOKEN` (RFC 6750, section 2.1); None: there is none."""
    if header is None or len(header) > _LONGEST_HEADER or header[: len(_BEARER)].lower() != _BEARER:
        return None
    return header[len(_BEARER) :].strip()


def _key_type(label: str) -> KeyType | None:
    if not label:
        return None
    for kind in KeyType:
        if kind.secret and kind.label == label:
            return kind
    raise Refused(Code.INVALID_REQUEST, "type is host, mak or retail.")


def _key_id(request: Request) -> str:
    """The whole id in the path: people may write the beginning of one, programs had better not."""
    key_id = request.arguments[0]
    if len(key_id) != _KEY_ID_LENGTH:
        raise Refused(Code.KEY_UNKNOWN, f"A key's id has {_KEY_ID_LENGTH} characters.")
    return key_id


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused(Code.ACTIVATION_UNKNOWN, "An activation's id is a UUID.") from error
