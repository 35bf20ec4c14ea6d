"""Requests that were carried away and may still be answered: for 30 days, one asker's for one publisher or product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tenure.core.errors import Code, Refused
from tenure.wire.request import request_of

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.wire.request import ActivationRequest

MAX_PENDING: Final = 10
"""An administrator who asks again and again gets the answers to the last ten."""


@dataclass(frozen=True, slots=True)
class PendingRequests:
    """The asker's own request documents, oldest first."""

    tokens: tuple[str, ...] = ()

    def with_request(self, token: str, *, now: int) -> PendingRequests:
        """Those that still live, and this one."""
        return PendingRequests((*(t for t in self.tokens if now < request_of(t).exp), token)[-MAX_PENDING:])

    def by_id(self) -> dict[str, ActivationRequest]:
        """The requests by their ids, which are the nonces of their answers."""
        return {request.request_id: request for request in map(request_of, self.tokens)}


class PendingFolder(Protocol):
    """Where an asker keeps what it carried away, by the `aud` of the requests."""

    def pending(self, audience: UUID) -> PendingRequests:
        """The requests to this publisher, or for this product."""
        ...

    def save_pending(self, audience: UUID, requests: PendingRequests) -> None:
        """They are these."""
        ...


def check_lives(request: ActivationRequest, *, now: int) -> None:
    """Passes while a pending request may be answered: now < `exp`.

    Raises:
        Refused: code `request_expired`.
    """
    if now >= request.exp:
        raise Refused(
            Code.REQUEST_EXPIRED,
            f"The request that this answers was good until {request.exp}; it is {now} here.",
            "Make a new request: activate --offline FILE.",
        )
