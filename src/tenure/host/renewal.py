"""When a host renews its certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenure.core.certificate import HostCertificate
    from tenure.host.served import Served


def renewals_due(served: Served, now: int) -> tuple[HostCertificate, ...]:
    """The certificates to be renewed at `now`, the first to end first; one that has ended is among them."""
    certificates = (p.certificate for p in served.publishers.values() if p.certificate is not None)
    return tuple(sorted((c for c in certificates if now >= c.renews_from()), key=lambda c: c.exp))
