"""Taking an activation back: the machine or the host is gone, and its place is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.enrolment import HostSeat, Installation
from tenure.core.errors import Code, Refused
from tenure.core.revocation import Revocable
from tenure.publisher.revocations import take_back

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.publisher.authority import Authority
    from tenure.publisher.store import Holder, IssuedKey


@dataclass(frozen=True, slots=True)
class Released:
    """An activation that is no more."""

    holder: Holder
    key: IssuedKey
    used: int
    """Places of the key that are still taken."""


def release_activation(authority: Authority, activation_id: UUID, *, reason: str) -> Released:
    """The activation's place is free, and what was signed for it is revoked from now on: grant or host certificate.

    The same installation takes a new place when it activates again.

    Raises:
        Refused: code `activation_unknown`.
        UsageError: code `invalid_argument`, when the reason cannot be printed or the list of revocations is full;
            `not_set_up`.
    """
    now = authority.clock()
    with authority.store.transaction() as rows:
        found = rows.holder(activation_id)
        if found is None:
            raise Refused(
                Code.ACTIVATION_UNKNOWN,
                f"There is no activation {activation_id}; it may have been released already.",
                "Activations of a key are listed by: tenure publisher key show KEY_ID.",
            )
        holder, key = found
        rows.remove_holder(activation_id)
        match holder.seat:
            case Installation():
                take_back(authority, rows, Revocable.GRANT, str(activation_id), reason=reason, now=now)
            case HostSeat() as seat:
                take_back(authority, rows, Revocable.HOST, str(seat.host_id), reason=reason, now=now)
        said = f": {reason}" if reason else ""
        authority.audit(
            rows,
            now,
            "activation release",
            str(activation_id),
            f"{holder.sub} on key {key.key_id}{said}",
        )
        return Released(holder, key, rows.used(key.key_id))
