"""Changing a publisher's own keys: a planned change of the signing key, one after a loss, and a change of the root.

A new key is made and kept aside first, then the catalog names it, then it takes its place. A rotation that is cut short
between two of these goes on where it stopped when it is asked for again, and never makes a second key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tenure.core.catalog import KeyEntry
from tenure.core.errors import Code, UsageError
from tenure.core.policy import CLOCK_TOLERANCE, DAY
from tenure.wire.catalog import SIGNED_BY_PUBLISHER
from tenure.wire.jws import Typ

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tenure.core.catalog import Catalog
    from tenure.publisher.authority import Authority
    from tenure.wire.keys import SigningKey

OVERLAP: Final = (0, 365 * DAY)
"""For how long the key before may stay open, in seconds."""
DEFAULT_OVERLAP: Final = 30 * DAY
"""Hosts ask for a certificate under the new key within a day of hearing of it; this is for those that are switched off."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did."""

    kid: str
    """The new key's."""
    closes: Mapping[str, int]
    """The keys before it, and when each is closed, Unix seconds."""
    seq: int
    """The newest catalog's."""


def rotate_signing_key(authority: Authority, *, overlap: int = DEFAULT_OVERLAP) -> Rotated:
    """A new signing key signs from now on; those before it are closed `overlap` seconds from now.

    Until then both are good, so that no host is without a certificate that machines accept. No lease ends by it.

    Raises:
        UsageError: `invalid_argument`, when the overlap is out of bounds; `not_set_up`, when the root key is not here.
    """
    low, high = OVERLAP
    if not low <= overlap <= high:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"The old signing key may stay open for {low} to {high // DAY} days; {overlap // DAY} were given.",
            "Give as many days as your customers' hosts may be switched off.",
        )
    return _new_signing_key(authority, closing=authority.clock() + overlap)


def replace_lost_signing_key(authority: Authority, *, since: int | None = None) -> Rotated:
    """A new signing key signs from now on, and nothing that the one before signed from `since` on is good any more.

    What was signed before `since` (Unix seconds; None: now) stays good where it is kept; what arrives under the lost
    key is refused everywhere that knows the new catalog, whatever its date, so hosts need a new certificate at once.
    The lost key's file need not be there.

    Raises:
        UsageError: `invalid_argument`, when `since` lies ahead; `not_set_up`, when the root key is not here.
    """
    now = authority.clock()
    if since is not None and since > now:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"A key that is lost from {since} on is not lost yet: it is {now} here.",
            "Give the earliest time at which somebody else may have had it, or rotate it as planned.",
        )
    return _new_signing_key(authority, closing=now if since is None else since)


def rotate_root(authority: Authority) -> Rotated:
    """The root before signs a last catalog, which names its successor; the new root signs the next one.

    1. the root before signs an edition that names both, itself as closed from now on
    2. the new root takes its place, and signs the same again as the next edition: products that pin only it need that

    Machines and hosts follow by themselves, since that first edition travels with every list of catalogs.

    Raises:
        UsageError: `not_set_up`, when the root key is not here: only the root that is pinned can name another.
    """
    new = authority.keys.next_root()
    now = authority.clock()
    if authority.catalogs().newest.root(new.kid) is None:
        # 1
        authority.revise(
            lambda catalog: replace(
                catalog,
                roots=(
                    *_closed(catalog.roots, now),
                    KeyEntry(new.kid, new.public.x, frozenset({Typ.CATALOG.value}), now),
                ),
            ),
            "rotate root",
            new.kid,
        )
    authority.keys.use_next_root()
    # 2
    newest = authority.revise(lambda catalog: catalog, "rotate root", f"first catalog by {new.kid}")
    return _rotated(new, newest, newest.roots)


def _new_signing_key(authority: Authority, *, closing: int) -> Rotated:
    new = authority.keys.next_signing_key()
    newest = authority.catalogs().newest
    if all(entry.kid != new.kid for entry in newest.keys):
        # Machines whose clock is behind must find it open already; nobody can have used it before.
        opens = authority.clock() - CLOCK_TOLERANCE
        entry = KeyEntry(new.kid, new.public.x, SIGNED_BY_PUBLISHER, opens)
        newest = authority.revise(
            lambda catalog: replace(catalog, keys=(*_closed(catalog.keys, closing), entry)),
            "rotate signing-key",
            new.kid,
        )
    authority.keys.use_next_signing_key()
    return _rotated(new, newest, newest.keys)


def _closed(entries: Iterable[KeyEntry], at: int) -> tuple[KeyEntry, ...]:
    """The entries, none of them open from `at` on; one that closes earlier stays so, and one that opens later never opens."""
    return tuple(
        replace(entry, closes=max(entry.opens, at)) if entry.closes is None or entry.closes > at else entry
        for entry in entries
    )


def _rotated(new: SigningKey, newest: Catalog, entries: Iterable[KeyEntry]) -> Rotated:
    return Rotated(
        new.kid,
        {entry.kid: entry.closes for entry in entries if entry.closes is not None and entry.kid != new.kid},
        newest.seq,
    )
