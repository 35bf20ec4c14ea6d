"""A running host renews its certificates by itself (design, section 4: in their last 180 days, free of charge)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tenure.core.errors import TenureError
from tenure.core.policy import DAY
from tenure.host.renewal import renewals_due
from tenure.host.served import served_by
from tenure.programs import host
from tenure.programs.background import Job

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home
    from tenure.core.clock import Clock

log = logging.getLogger("tenure.host")


def renewal_job(home: Home, clock: Clock) -> Job:
    """The daily look at the certificates of the host in this home, the first at its start."""
    return Job(name="the renewal of certificates", run=lambda: _renew_due(home, clock), every=DAY)


def _renew_due(home: Home, clock: Clock) -> None:
    """Each certificate that is due was asked for; what one publisher answers keeps no other from being asked."""
    with host.open_store(home) as store:
        due = renewals_due(served_by(store), clock())
    for certificate in due:
        days = (certificate.exp - clock()) // DAY
        try:
            _, renewed = host.activate(
                home, publisher_url=None, publisher_id=certificate.publisher_id, clock=clock
            )
        except TenureError as error:
            log.warning(
                "the certificate of publisher %s, which ends in %d days, could not be renewed; the next try is "
                "tomorrow: %s",
                certificate.publisher_id,
                days,
                error,
            )
        else:
            log.info(
                "the certificate of publisher %s was renewed for %d days",
                certificate.publisher_id,
                (renewed.exp - clock()) // DAY,
            )
