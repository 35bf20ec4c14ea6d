"""Revoking hosts, keys and activations, and the signed list that tells everybody.

Nothing comes back: a revocation is never undone, only moved to an earlier time. The list is signed anew whenever
something was revoked, and each day, so that a host which hears nothing for a week knows that something is in its way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Refused, Untrusted, UsageError
from tenure.core.policy import DAY
from tenure.core.revocation import LATEST, LONGEST_REASON, Revocable, Revocation, RevocationList
from tenure.publisher.key_records import find_key
from tenure.publisher.request_checks import usable_signing_key
from tenure.publisher.store import catalogs_of
from tenure.publisher.texts import check_text
from tenure.wire.jws import Typ, read
from tenure.wire.revocation import TrustedRevocations, open_revocations, revocations_of, sign_revocations
from tenure.wire.revoked import in_words

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.publisher.authority import Authority
    from tenure.publisher.store import Rows

LIFETIME_SECONDS: Final = 7 * DAY
"""From a list's `iat` to its `next_update`."""
RENEWAL_SECONDS: Final = DAY
"""The age from which on a list is signed anew although nothing was revoked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """What revoking something did."""

    revocation: Revocation
    """As the list says it now."""
    changed: bool
    """False: it was revoked before, from then on or earlier."""
    seq: int
    """Of the newest list."""
    places_freed: int = 0
    """Places of keys that others may take now."""


def revoke_key(authority: Authority, key_id: str, *, reason: str, since: int | None) -> Revoked:
    """The key activates nothing any more, and all that it activated is revoked from `since` on (None: now).

    `key_id` may be the beginning of it, as `find_key` takes it.
    Hosts certified with it stop when they hear of it, leases that they granted before run out, and grants are void.

    Raises:
        Refused: code `key_unknown`.
        UsageError: `invalid_argument`, when reason or time cannot stand in a list, or the list is full; `not_set_up`.
        Untrusted: code `state_damaged`.
    """
    now = authority.clock()
    with authority.store.transaction() as rows:
        key_id = find_key(rows, key_id).key_id
        rows.block_key(key_id)
        revoked = take_back(authority, rows, Revocable.KEY, key_id, reason=reason, since=since, now=now)
        _audit(authority, rows, revoked, now)
        return revoked


def revoke_host(authority: Authority, host_id: UUID, *, reason: str, since: int | None) -> Revoked:
    """The host is revoked from `since` on (None: now), and its places on keys are free for others.

    A host that holds no place here is revoked all the same: a backup may have forgotten it.

    Raises:
        UsageError, Untrusted: as `revoke_key`.
    """
    now = authority.clock()
    with authority.store.transaction() as rows:
        freed = rows.free_places(host_id)
        revoked = take_back(
            authority, rows, Revocable.HOST, str(host_id), reason=reason, since=since, now=now
        )
        _audit(authority, rows, revoked, now)
        return replace(revoked, places_freed=freed)


def take_back(
    authority: Authority,
    rows: Rows,
    kind: Revocable,
    subject: str,
    *,
    reason: str,
    now: int,
    since: int | None = None,
) -> Revoked:
    """The subject is revoked from `since` on (None: now), and a list that says so is signed, in an open transaction.

    For use cases that free the place themselves and write the audit in their own words.

    Raises:
        UsageError: `invalid_argument`, when reason or time cannot stand in a list, or the list is full; `not_set_up`.
        Untrusted: code `state_damaged`.
    """
    check_text("reason", reason, longest=LONGEST_REASON)
    since = now if since is None else since
    if not 0 <= since <= LATEST:
        raise UsageError(Code.INVALID_ARGUMENT, "A revocation begins between the years 1970 and 9999.")
    before = rows.revocation(kind, subject)
    if before is not None and before.since <= since:
        return Revoked(revocation=before, changed=False, seq=_fresh_list(authority, rows, now).newest.seq)
    revocation = Revocation(
        kind=kind, subject=subject, since=since, reason=reason or (before.reason if before else "")
    )
    rows.revoke(revocation)
    return Revoked(revocation=revocation, changed=True, seq=_sign_list(authority, rows, now).newest.seq)


def check_host_not_revoked(rows: Rows, host_id: UUID) -> None:
    """Passes when the publisher may certify the host.

    Raises:
        Refused: code `key_blocked`.
    """
    revocation = rows.revocation(Revocable.HOST, str(host_id))
    if revocation is not None:
        raise Refused(
            Code.KEY_BLOCKED,
            f"Host {host_id} was {in_words(revocation)}; no key activates it again.",
            "Set the host up anew, in an empty home: it then has another id.",
        )


def current_list(authority: Authority) -> TrustedRevocations:
    """The list, signed anew if it is a day old, by a signing key that was replaced since, or there is none yet.

    Raises:
        UsageError: code `not_set_up`.
        Untrusted: code `state_damaged`.
    """
    with authority.store.transaction() as rows:
        return _fresh_list(authority, rows, authority.clock())


def published_list(authority: Authority, publisher_id: UUID) -> str | None:
    """The newest list that was signed; None before the first, and for another publisher's id."""
    with authority.store.reading() as rows:
        return rows.revocation_list() if rows.publisher_id() == publisher_id else None


def _fresh_list(authority: Authority, rows: Rows, now: int) -> TrustedRevocations:
    token = rows.revocation_list()
    if token is not None:
        document = read(token, Typ.REVOCATION)
        known = revocations_of(document.claims)
        if now - known.iat < RENEWAL_SECONDS and document.kid == authority.keys.signing_key().kid:
            return TrustedRevocations(known, token)
    return _sign_list(authority, rows, now)


def _sign_list(authority: Authority, rows: Rows, now: int) -> TrustedRevocations:
    """A list of all that is revoked, one seq higher, is signed and kept."""
    catalog = catalogs_of(rows).newest
    token = rows.revocation_list()
    before = revocations_of(read(token, Typ.REVOCATION).claims) if token is not None else None
    iat = max(now, before.iat) if before is not None else now
    newest = RevocationList(
        publisher_id=catalog.publisher_id,
        seq=before.seq + 1 if before is not None else 1,
        iat=iat,
        next_update=iat + LIFETIME_SECONDS,
        entries=tuple(rows.revocations()),
    )
    try:
        signed = sign_revocations(
            newest,
            document_id=str(authority.new_uuid()),
            signing_key=usable_signing_key(authority, catalog, Typ.REVOCATION, now),
        )
    except Untrusted as error:
        if error.code is not Code.DOCUMENT_MALFORMED:
            raise
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"The revocation list is full. {error.detail}",
            "Give shorter reasons, or none; what stands in the list cannot be taken out.",
        ) from error
    rows.save_revocation_list(signed)
    # Read as everybody else will read it: what nobody accepts must not be taken for published.
    return open_revocations(signed, catalog, None, now=now)


def _audit(authority: Authority, rows: Rows, revoked: Revoked, now: int) -> None:
    if revoked.changed:
        revocation = revoked.revocation
        authority.audit(
            rows, now, f"{revocation.kind.value} revoke", revocation.subject, in_words(revocation)
        )
