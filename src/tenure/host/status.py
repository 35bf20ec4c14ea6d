"""What a host can tell of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.certificate import WARNING_DAYS
from tenure.core.policy import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from tenure.core.certificate import HostCertificate
    from tenure.host.served import Served
    from tenure.host.store import HostStore, RequestTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStatus:
    """A pool."""

    publisher_id: UUID
    pool: str
    count: int
    """Machines in the window."""
    threshold: int
    machines: int
    """All that the host knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatus:
    """`tenure host status`. Times in Unix seconds."""

    host_id: UUID | None
    org: str | None
    activated: bool
    trial: bool
    certificate_expires: int | None
    """The earliest end of all certificates."""
    pools: tuple[PoolStatus, ...]
    requests: RequestTotals
    warnings: tuple[str, ...]
    """What an administrator should do something about, in sentences."""


def host_status(store: HostStore, served: Served, counts: Mapping[int, int], now: int) -> HostStatus:
    """The host's status at `now`; `counts` are those of the ledger then, by pool row."""
    certificates = [p.certificate for p in served.publishers.values() if p.certificate is not None]
    known = store.known_machines()
    seats = {
        (product.certificate.publisher_id, product.pool): product for product in served.products.values()
    }
    return HostStatus(
        host_id=served.identity.host_id if served.identity else None,
        org=", ".join(sorted({c.org for c in certificates if c.org})) or None,
        activated=bool(certificates),
        trial=any(c.trial for c in certificates),
        certificate_expires=min((c.exp for c in certificates), default=None),
        pools=tuple(
            PoolStatus(
                publisher_id=publisher_id,
                pool=pool,
                count=counts.get(product.terms.row, 0),
                threshold=product.terms.threshold,
                machines=known.get(product.terms.row, 0),
            )
            for (publisher_id, pool), product in sorted(
                seats.items(), key=lambda item: (str(item[0][0]), item[0][1])
            )
        ),
        requests=store.totals(),
        warnings=tuple(_certificate_warnings(certificates, now)),
    )


def _certificate_warnings(certificates: Sequence[HostCertificate], now: int) -> Iterator[str]:
    for certificate in certificates:
        days = (certificate.exp - now) // DAY
        if days < 0:
            yield "The certificate has ended; this host grants nothing. Renew it: tenure host activate."
        elif days < max(WARNING_DAYS):
            yield f"The certificate ends in {days} days. Renew it: tenure host activate."
