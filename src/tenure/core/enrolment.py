"""How many hosts or machines one key may activate, and how often (design, section 3; kms-facts, sections 3 and 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Refused
from tenure.core.product_key import KeyType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

HOSTS_PER_KEY: Final = 6
ACTIVATIONS_PER_HOST: Final = 10
USED_UP: Final = "0xC004C008"
"""The HRESULT of a host key that is used up, and of a retail key that was used on another machine."""
MAK_USED_UP: Final = "0xC004C020"
"""The HRESULT of a MAK that is used up: Microsoft's text for this number names no other type of key."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation on a MAK or a retail key, as its last grant was made out."""

    machine_id: UUID
    fingerprint: str
    """What it is counted by: a machine id may change (rearm), the installation stays the same."""


@dataclass(frozen=True, slots=True)
class HostSeat:
    """One host on a key, as its last certificate was made out."""

    host_id: UUID
    host_kid: str
    fingerprint: str
    activations: int
    """How often it was counted."""


def take_seat(seats: Sequence[HostSeat], host_id: UUID, host_kid: str, fingerprint: str) -> HostSeat:
    """The host's seat after an activation.

    One is counted when host id, host public key or fingerprint differs from that host's last certificate; repeats
    and certificate renewals are free.

    Raises:
        Refused: code `key_limit` (0xC004C008): a seventh host, or an eleventh activation of one.
    """
    seat = next((seat for seat in seats if seat.host_id == host_id), None)
    if seat is None:
        if len(seats) >= HOSTS_PER_KEY:
            raise Refused(
                Code.KEY_LIMIT,
                f"The host key has activated {len(seats)} hosts; {HOSTS_PER_KEY} are allowed.",
                "Ask the publisher for another key, or to free the place of a host that is gone.",
                USED_UP,
            )
        return HostSeat(host_id, host_kid, fingerprint, 1)
    if (seat.host_kid, seat.fingerprint) == (host_kid, fingerprint):
        return seat
    if seat.activations >= ACTIVATIONS_PER_HOST:
        raise Refused(
            Code.KEY_LIMIT,
            f"This host was activated {seat.activations} times; {ACTIVATIONS_PER_HOST} are allowed.",
            "Ask the publisher for another key.",
            USED_UP,
        )
    return HostSeat(host_id, host_kid, fingerprint, seat.activations + 1)


def take_installation(
    known: Installation | None, machine_id: UUID, fingerprint: str, *, used: int, limit: int, type_: KeyType
) -> Installation:
    """The installation's place after an activation; `known` is the one with this fingerprint on the key, if any.

    The same installation again is free, also with a new machine id, and also when the key is used up.

    Raises:
        Refused: code `key_limit`: 0xC004C020 of a MAK, 0xC004C008 of a retail key.
    """
    if known is None and used >= limit:
        raise Refused(
            Code.KEY_LIMIT,
            f"The {type_.label} key has activated {used:,} machines; {limit:,} are allowed.",
            "Ask the publisher for another key, or to free the place of a machine that is gone.",
            MAK_USED_UP if type_ is KeyType.MAK else USED_UP,
        )
    return Installation(machine_id, fingerprint)
