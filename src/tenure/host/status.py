"""What a host can tell of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.certificate import WARNING_DAYS
from tenure.core.policy import DAY
from tenure.host.dns_memory import read_dns_memory
from tenure.host.revocation_status import revocation_statuses, revocation_warnings
from tenure.host.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from tenure.core.certificate import HostCertificate
    from tenure.core.server_certificate import ServerCertificate
    from tenure.host.dns_memory import DnsMemory
    from tenure.host.revocation_status import RevocationStatus
    from tenure.host.served import Served
    from tenure.host.settings import HostSettings
    from tenure.host.store import HostStore, RequestTotals
    from tenure.host.turned_away import DoorCounts


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
class DnsStatus:
    """Publishing in the DNS."""

    publishing: bool
    """Whether the host's server does it by itself."""
    memory: DnsMemory
    """What is published, and how the last attempts ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageStatus:
    """Where a host records."""

    name: str
    others: int
    """Hosts that recorded there lately, besides this one."""
    warnings: tuple[str, ...] = ()

    @property
    def counting(self) -> str:
        """With whom the host counts, in words."""
        if not self.others:
            return "This host counts alone."
        return f"This host shares its count with {self.others} other{'s' if self.others > 1 else ''}."


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
    turned_away: DoorCounts | None = None
    """Who never got so far; None: no server runs, or nothing is known."""
    storage: StorageStatus | None = None
    dns: DnsStatus
    revocations: tuple[RevocationStatus, ...]
    """One a publisher whose list is known."""
    warnings: tuple[str, ...]
    """What an administrator should do something about, in sentences."""
    tls: ServerCertificate | None = None
    """Of the host's port; None: it serves plain HTTP, or `warnings` say what keeps it from TLS."""

    @property
    def revoked(self) -> bool:
        """Whether a publisher has revoked this host."""
        return any(known.revocation is not None for known in self.revocations)


def host_status(
    store: HostStore,
    served: Served,
    counts: Mapping[int, int],
    now: int,
    *,
    dhcp_addresses: Sequence[tuple[str, str]] = (),
    storage: StorageStatus | None = None,
) -> HostStatus:
    """The host's status at `now`; `counts` are those of the ledger then, by pool row.

    `dhcp_addresses` are those of this machine's addresses that DHCP gave it, each with its interface.
    """
    certificates = [p.certificate for p in served.publishers.values() if p.certificate is not None]
    known = store.known_machines()
    stored = store.settings()
    settings = read_settings(stored)
    dns = DnsStatus(publishing=bool(settings.dns_publishing), memory=read_dns_memory(stored))
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
        storage=storage,
        dns=dns,
        revocations=revocation_statuses(served, now),
        warnings=(
            *_certificate_warnings(certificates, now),
            *revocation_warnings(served, now),
            *_dns_warnings(dns, settings, now),
            *map(_address_warning, dhcp_addresses),
            *(storage.warnings if storage is not None else ()),
        ),
    )


def _certificate_warnings(certificates: Sequence[HostCertificate], now: int) -> Iterator[str]:
    for certificate in certificates:
        days = (certificate.exp - now) // DAY
        if days < 0:
            yield "The certificate has ended; this host grants nothing. Renew it: tenure host activate."
        elif days < max(WARNING_DAYS):
            yield f"The certificate ends in {days} days. Renew it: tenure host activate."


def _dns_warnings(dns: DnsStatus, settings: HostSettings, now: int) -> Iterator[str]:
    if not dns.publishing:
        return
    if settings.dns_options is None:
        yield (
            "This host is to publish itself in the DNS, and what to publish is not set: tenure host publish-dns --zone "
            "ZONE --server ADDRESS --tsig-key FILE --save."
        )
    elif dns.memory.failed_too_long(now):
        days = (now - (dns.memory.failing_since or now)) // DAY
        yield (
            f"This host could not be published in the DNS for {days} days ({dns.memory.reason}) "
            "To try again now: tenure host publish-dns."
        )


def _address_warning(given: tuple[str, str]) -> str:
    address, interface = given
    return (
        f"The address {address} ({interface}) was given by DHCP. When it changes, DNS records and firewall rules point "
        "at it in vain, and machines find no host. Make it static, or reserve it for this machine on the DHCP server; "
        "with a reservation all is well."
    )
