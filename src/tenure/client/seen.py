"""What a machine notes whenever a program that may write looks at it: the time, and that it is another one than it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenure.core.errors import Untrusted
from tenure.wire.grant import grant_of
from tenure.wire.jws import Typ, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.client.state import ClientState, HeldGrant


def seen(state: ClientState, now: int, fingerprint_of: Callable[[UUID], str | None]) -> ClientState:
    """The state, `now` having been seen; every grant that is another installation's says since when it was noted.

    One that is this installation's again says so no more. `fingerprint_of` is asked by publisher id; None is no
    installation's.
    """
    grants = {
        product_id: _noted(held, state.products[product_id].publisher_id, now, fingerprint_of)
        if product_id in state.products
        else held
        for product_id, held in state.grants.items()
    }
    return replace(state, grants=grants).at(now)


def _noted(
    held: HeldGrant, publisher_id: UUID, now: int, fingerprint_of: Callable[[UUID], str | None]
) -> HeldGrant:
    try:
        # Whether the grant is genuine, a verdict finds out; here only what it says is compared.
        fingerprint = grant_of(read(held.grant, Typ.GRANT).claims).fingerprint
    except Untrusted:
        return held
    if fingerprint == fingerprint_of(publisher_id):
        return replace(held, change_noted_at=None)
    return held if held.change_noted_at is not None else replace(held, change_noted_at=now)
