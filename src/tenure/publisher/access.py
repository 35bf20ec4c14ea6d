"""Access to the publisher's API: whose token it is, and whether its role may do what is asked."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, Refused
from tenure.core.pacing import SECOND, Pace, Pacer
from tenure.core.peers import counted_as
from tenure.publisher.audit import Actor, AuditEvent, append_folded
from tenure.publisher.tokens import MAY, bearer_of

if TYPE_CHECKING:
    from tenure.publisher.authority import Authority
    from tenure.publisher.tokens import Permission

FAILURES_OF_ONE: Final = Pace(per_second=1, burst=10)
"""Wrong tokens of one address that are looked at closely, that is, audited."""
FAILURES_OF_ALL: Final = Pace(per_second=2, burst=50)
"""Each costs a transaction."""

_CURE: Final = "The publisher makes one: tenure publisher token add NAME --role ROLE."


class Access:
    """Lets in who has a token for it. One for as long as a server runs, since it counts the failures."""

    def __init__(self, authority: Authority, *, salt: str) -> None:
        """`salt` is random: nobody can choose an address that is counted with another's."""
        self._authority = authority
        self._of_one = Pacer(salt=salt)
        self._of_all = Pacer(slots=1)
        self._turn = threading.Lock()

    def admit(self, token: str | None, permission: Permission, address: str) -> Authority:
        """The authority, acting as whoever has this token. Nothing was done yet.

        1. there is a token, and it is one of this publisher's that has neither expired nor been removed
        2. its role may do this

        A right token passes however many wrong ones came before it, so nobody can lock its owner out; and 256 random
        bits are not guessed. What failures are limited for is the disk: they are audited, folded, at a bounded pace.

        Raises:
            Refused: `unauthorized`; `rate_limited`, when too many of those came from this address, or from all of them (1);
                `forbidden_role` (2).
        """
        if token is None:
            raise Refused(
                Code.UNAUTHORIZED,
                "This needs a token, as the header Authorization: Bearer TOKEN.",
                _CURE,
            )
        known = bearer_of(self._authority, token)  # 1
        if known is None:
            self._failed(address)
            raise Refused(
                Code.UNAUTHORIZED,
                "The token is none of this publisher's, was removed, or has expired.",
                _CURE,
            )
        actor = Actor(f"token {known.name}", address)
        if permission not in MAY[known.role]:  # 2
            self._audit(actor, "refused role", known.name, f"{known.role} may not {permission.value}")
            raise Refused(
                Code.FORBIDDEN_ROLE,
                f"The token {known.name} has the role {known.role}, which may not {permission.value}.",
                "Use a token whose role may: tenure publisher token list.",
            )
        return replace(self._authority, actor=actor)

    def _failed(self, address: str) -> None:
        now = self._authority.clock() * SECOND
        with self._turn:
            wait = self._of_one.wait(counted_as(address), FAILURES_OF_ONE, now)
            wait = wait or self._of_all.wait("", FAILURES_OF_ALL, now)
        if wait:
            raise Refused(
                Code.RATE_LIMITED,
                "Too many wrong tokens came.",
                "Come back when the answer says, with the right one.",
                retry_after=-(-wait // SECOND),
            )
        self._audit(Actor("nobody", address), "refused token", "api", "")

    def _audit(self, actor: Actor, action: str, subject: str, detail: str) -> None:
        with self._authority.store.transaction() as rows:
            event = AuditEvent(
                at=self._authority.clock(), actor=actor, action=action, subject=subject, detail=detail
            )
            append_folded(rows, event)
