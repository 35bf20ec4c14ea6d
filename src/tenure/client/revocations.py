"""What a machine knows to be revoked, and how a newer list takes its place.

Only a list that verifies does anything: a forged one, or none, leaves everything as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.core.errors import Code, Untrusted
from tenure.wire.revocation import kept_revocations, open_revocations

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.client.state import ClientState, ClientStore
    from tenure.core.revocation import RevocationList
    from tenure.wire.revocation import TrustedRevocations


def revocations_of(state: ClientState, publisher_id: UUID) -> RevocationList | None:
    """The newest list of the publisher that is known here and verifies."""
    known = known_revocations(state, publisher_id)
    return known.newest if known is not None else None


def follow_revocations(state: ClientState, publisher_id: UUID, token: str, *, now: int) -> ClientState:
    """The state with this list, as it came from the network; `now` is the raw clock.

    Raises:
        Untrusted: it does not verify, or is no newer than the one that is known; nothing was taken then.
    """
    trusted = state.catalogs.get(publisher_id)
    if trusted is None:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"No catalog of publisher {publisher_id} is here to verify a revocation list with.",
            "Install the product's key again: tenure client install-key KEY --catalog FILE.",
        )
    found = open_revocations(token, trusted.newest, known_revocations(state, publisher_id), now=now)
    return state.with_revocations(publisher_id, found.token)


def keep_newer_revocations(
    store: ClientStore, publisher_id: UUID, token: str | None, *, now: int
) -> Untrusted | None:
    """A list that came with an answer is kept if it follows; if not, why not: the answer is judged by what is known.

    Raises:
        LocalFault: the store cannot be written.
    """
    if token is not None:
        try:
            store.update(lambda state: follow_revocations(state, publisher_id, token, now=now))
        except Untrusted as error:
            return error
    return None


def known_revocations(state: ClientState, publisher_id: UUID) -> TrustedRevocations | None:
    """The same, with the token that it stands in."""
    token, trusted = state.revocations.get(publisher_id), state.catalogs.get(publisher_id)
    return kept_revocations(token, trusted.newest) if trusted is not None else None
