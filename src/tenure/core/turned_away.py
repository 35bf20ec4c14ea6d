"""Why a server turns somebody away at its door: before anybody asked what he wants, or because he cannot say it.

Whoever was let in and then refused by a rule of licensing stands in the host's log instead.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reason(StrEnum):
    """The reasons. What `tenure host status --json` says of them; append-only."""

    NETWORK = "network"
    ADDRESS_RATE = "address_rate"
    TOTAL_RATE = "total_rate"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    CONNECTIONS = "connections"
    OVERSTAYED = "overstayed"


WORDS: Final[Mapping[str, str]] = {
    Reason.NETWORK: "requests from networks that are not allowed",
    Reason.ADDRESS_RATE: "requests beyond the rate of one address",
    Reason.TOTAL_RATE: "requests beyond the rate of all addresses",
    Reason.TOO_LARGE: "requests that were too large",
    Reason.UNREADABLE: "requests that could not be read",
    Reason.CONNECTIONS: "connections beyond those of one address",
    Reason.OVERSTAYED: "connections that came to no end",
}
"""What was turned away, for people."""


class TurnedAway(Protocol):
    """Whoever keeps count. Called from several threads."""

    def __call__(self, reason: Reason, address: str, *, times: int = 1) -> None:
        """Somebody at the address was turned away so many times; 0: it was tried and did not come about."""


def nobody_counts(reason: Reason, address: str, *, times: int = 1) -> None:
    """A `TurnedAway` of a server whose log is enough."""
