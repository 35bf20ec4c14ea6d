"""The door of a server: every request passes it before anything of it is read but the peer's address.

    1. the peer's network may ask          else not_allowed_from_here
    2. its address is within its pace      else rate_limited
    3. all addresses together are in pace  else rate_limited

Loopback passes unseen: it is the administrator, or a proxy that stands for many. Passing costs about two microseconds.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.adapters.http.folded_log import FoldedLog
from tenure.adapters.os.randomness import new_salt
from tenure.core.errors import Code, Refused
from tenure.core.pacing import SECOND, Pace, Pacer
from tenure.core.peers import counted_as, is_loopback
from tenure.core.turned_away import Reason, nobody_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.core.peers import AllowedNetworks
    from tenure.core.turned_away import TurnedAway

SPREAD_SECONDS: Final = 60
"""Those who were sent away come back at the pace that let them wait, spread over at most so long."""

log = logging.getLogger("tenure.http")


@dataclass(frozen=True, slots=True)
class DoorRules:
    """Who may pass, and how often."""

    allowed: AllowedNetworks | None
    """None: everybody."""
    of_one: Pace
    of_all: Pace


class Door:
    """One server's door, on its event loop. `rules` may be replaced at any time, from any thread."""

    def __init__(
        self,
        rules: DoorRules,
        *,
        turned_away: TurnedAway = nobody_counts,
        now: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`turned_away` hears of everybody who may not pass; `now` is nanoseconds of a clock that nobody sets."""
        self.rules = rules
        self._turned_away = turned_away
        self._now = now
        self._one = Pacer(salt=new_salt())
        self._all = Pacer(slots=1)
        self._sent_away = 0
        self._log = FoldedLog(log)

    def admit(self, address: str) -> None:
        """The peer may ask now, and that it does counts.

        Raises:
            Refused: code `not_allowed_from_here`, or `rate_limited` with the seconds after which it may ask again.
        """
        if is_loopback(address):
            return
        rules = self.rules
        # 1
        if rules.allowed is not None and not rules.allowed.allows(address):
            self._turned_away(Reason.NETWORK, address)
            self._log.warn(
                Reason.NETWORK, f"a request from {address} was refused: its network is not allowed"
            )
            raise Refused(
                Code.NOT_ALLOWED_FROM_HERE,
                f"This host does not serve {address}: its network is not among those allowed.",
                "Use the host of your own network, or have its administrator run: tenure host networks.",
            )
        # 2
        now = self._now()
        wait = self._one.wait(counted_as(address), rules.of_one, now)
        if wait:
            raise self._too_many(Reason.ADDRESS_RATE, address, f"from {address}", rules.of_one, wait)
        # 3: after the address's own pace, so that one sender's flood does not use up what is everybody's.
        wait = self._all.wait("", rules.of_all, now)
        if wait:
            raise self._too_many(
                Reason.TOTAL_RATE, address, "from all addresses together", rules.of_all, wait
            )

    def _too_many(self, reason: Reason, address: str, whose: str, pace: Pace, wait: int) -> Refused:
        self._turned_away(reason, address)
        self._log.warn(reason, f"requests {whose} are refused: more than {pace.per_second:,} a second")
        self._sent_away += 1
        spread = self._sent_away // pace.per_second % SPREAD_SECONDS
        return Refused(
            Code.RATE_LIMITED,
            f"More requests come {whose} than the {pace.per_second:,} a second that this server takes.",
            "Come back when the answer says; a host's administrator can raise the limit: tenure host limits.",
            retry_after=-(-wait // SECOND) + spread,
        )
