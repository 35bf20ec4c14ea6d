"""When a host renews its certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.wire.jws import Typ, read

if TYPE_CHECKING:
    from tenure.core.certificate import HostCertificate
    from tenure.host.served import Served, ServedPublisher


@dataclass(frozen=True, slots=True)
class RenewalDue:
    """A certificate that its host should renew."""

    certificate: HostCertificate
    key_closes: bool
    """Its publisher has closed the key that signed it, or will: machines that know of it take no lease under it then."""


def renewals_due(served: Served, now: int) -> tuple[RenewalDue, ...]:
    """What is to be renewed at `now`: first those whose key closes, then the first to end; one that has ended is among them."""
    known = (
        RenewalDue(publisher.certificate, _key_closes(publisher))
        for publisher in served.publishers.values()
        if publisher.certificate is not None
    )
    due = (one for one in known if one.key_closes or now >= one.certificate.renews_from())
    return tuple(sorted(due, key=lambda one: (not one.key_closes, one.certificate.exp)))


def _key_closes(publisher: ServedPublisher) -> bool:
    if publisher.certificate_token is None:
        return False
    kid = read(publisher.certificate_token, Typ.HOST).kid
    return any(entry.kid == kid and entry.closes is not None for entry in publisher.catalog.keys)
