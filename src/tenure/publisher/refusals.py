"""Attempts that were refused and that an auditor wants to see: somebody holds a key, or a request, that is not his."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Refused
from tenure.publisher.audit import Actor, AuditEvent, append_folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.publisher.authority import Authority
    from tenure.publisher.store import Rows
    from tenure.wire.request import ActivationRequest

AUDITED: Final = frozenset({Code.KEY_LIMIT, Code.KEY_BLOCKED, Code.REQUEST_CHANGED})
"""Whoever gets one of these holds a key of ours or knows a request of ours, so there are as many subjects as keys.

The others anybody can bring about as often as he likes, under as many names as he likes.
"""


@contextmanager
def refusals_audited(authority: Authority, request: ActivationRequest, asker: str) -> Iterator[None]:
    """A refusal that leaves the block is in the audit, folded by key and code; the block's transaction was undone then."""
    try:
        yield
    except Refused as error:
        if error.code in AUDITED:
            with authority.store.transaction() as rows:
                event = AuditEvent(
                    at=authority.clock(),
                    actor=Actor(asker, authority.actor.address),
                    action=f"refused {error.code}",
                    subject=_key_id(rows, request, error.code),
                )
                append_folded(rows, event)
        raise


def _key_id(rows: Rows, request: ActivationRequest, code: Code) -> str:
    """The key that was asked for: the request has proven that it holds it, except where its id was used before."""
    answered = rows.answer(request.request_id) if code is Code.REQUEST_CHANGED else None
    return answered.key_id if answered is not None else request.key_id
