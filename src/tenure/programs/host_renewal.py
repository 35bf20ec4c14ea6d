"""A running host renews its certificates by itself, free of charge (design, section 4).

It does so in their last 180 days, and when the publisher closes the key that signed them (docs/how-to/rotate-keys.md).
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from tenure.core.errors import TenureError
from tenure.core.policy import DAY
from tenure.host.renewal import renewals_due
from tenure.host.served import served_by
from tenure.programs import host
from tenure.programs.background import Job

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.core.clock import Clock
    from tenure.host.renewal import RenewalDue

EVERY: Final = 3_600.0
"""Seconds between two looks."""

log = logging.getLogger("tenure.host")


class Renewals:
    """The hourly look at the certificates of a host, and what comes of it."""

    def __init__(self, home: Home, clock: Clock, elapsed: Callable[[], float] = time.monotonic) -> None:
        """Nothing is looked at before it is called; `elapsed` counts seconds, and is never set."""
        self._home = home
        self._clock = clock
        self._elapsed = elapsed
        self._again_at: dict[UUID, float] = {}

    def __call__(self) -> None:
        """Each certificate that is due was asked for; what one publisher answers keeps no other from being asked.

        One that only grows old is asked for once a day, so that a closed network does not fill the log for half a year.
        """
        with host.open_store(self._home) as store:
            due = renewals_due(served_by(store), self._clock())
        for one in due:
            publisher_id = one.certificate.publisher_id
            if one.key_closes or self._elapsed() >= self._again_at.get(publisher_id, 0.0):
                self._renew(one)
                # A little less than a day: the look comes at whole hours, more or less.
                self._again_at[publisher_id] = self._elapsed() + DAY - EVERY / 2

    def _renew(self, due: RenewalDue) -> None:
        certificate, clock = due.certificate, self._clock
        why = (
            "whose signing key its publisher closes"
            if due.key_closes
            else f"which ends in {(certificate.exp - clock()) // DAY} days"
        )
        try:
            _, renewed = host.activate(
                self._home, publisher_url=None, publisher_id=certificate.publisher_id, clock=clock
            )
        except TenureError as error:
            log.warning(
                "the certificate of publisher %s, %s, could not be renewed; the next try is %s: %s",
                certificate.publisher_id,
                why,
                "in an hour" if due.key_closes else "tomorrow",
                error,
            )
        else:
            log.info(
                "the certificate of publisher %s, %s, was renewed for %d days",
                certificate.publisher_id,
                why,
                (renewed.exp - clock()) // DAY,
            )


def renewal_job(home: Home, clock: Clock) -> Job:
    """The hourly look, the first at the host's start."""
    return Job(name="the renewal of certificates", run=Renewals(home, clock), every=EVERY)
