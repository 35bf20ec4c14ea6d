"""A host's licenses, one a pool: what an administrator who knows KMS hosts looks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.license_status import LicenseStatus
from tenure.host.settings import HostSettings, read_settings
from tenure.host.status import host_status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from tenure.core.certificate import HostCertificate
    from tenure.host.served import Served
    from tenure.host.store import HostStore, RequestTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLicense:
    """What a publisher's certificate lets this host do for one pool. Times in Unix seconds."""

    publisher_id: UUID
    publisher: str
    pool: str
    partial_key: str | None
    """The last five characters of the host key; None: its file is another user's."""
    license_status: LicenseStatus
    """`licensed` under a valid certificate, `unlicensed` before the first, `notification` outside its time."""
    certificate_expires: int | None
    count: int
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLicenses:
    """Everything that `slmgr /dlv` tells of a host."""

    host_id: UUID | None
    org: str | None
    trial: bool
    licenses: tuple[HostLicense, ...]
    settings: HostSettings
    requests: RequestTotals
    by_status: Mapping[LicenseStatus, int]
    """Accepted requests, by the license status of the machine that asked."""

    @property
    def publishers(self) -> tuple[tuple[UUID, str, bool], ...]:
        """Every publisher: its id, its name, and whether this host holds a certificate of it."""
        found = {
            one.publisher_id: (one.publisher, one.certificate_expires is not None) for one in self.licenses
        }
        return tuple((publisher_id, name, activated) for publisher_id, (name, activated) in found.items())


def host_licenses(
    store: HostStore,
    served: Served,
    counts: Mapping[int, int],
    *,
    partial_key_of: Callable[[UUID], str | None],
    now: int,
) -> HostLicenses:
    """The host's licenses at `now`; `counts` are those of the ledger, by pool row."""
    status = host_status(store, served, counts, now)
    seats = {(pool.publisher_id, pool.pool): pool.count for pool in status.pools}
    return HostLicenses(
        host_id=status.host_id,
        org=status.org,
        trial=status.trial,
        licenses=tuple(
            HostLicense(
                publisher_id=publisher_id,
                publisher=publisher.catalog.name,
                pool=pool,
                partial_key=partial_key_of(publisher_id),
                license_status=_status(publisher.certificate, pool, now),
                certificate_expires=publisher.certificate.exp if publisher.certificate else None,
                count=seats.get((publisher_id, pool), 0),
                threshold=policy.threshold,
            )
            for publisher_id, publisher in served.publishers.items()
            for pool, policy in sorted(
                (publisher.certificate.pools if publisher.certificate else publisher.catalog.pools).items()
            )
        ),
        settings=read_settings(store.settings()),
        requests=status.requests,
        by_status=store.requests_by_status(),
    )


def _status(certificate: HostCertificate | None, pool: str, now: int) -> LicenseStatus:
    if certificate is None or pool not in certificate.pools:
        return LicenseStatus.UNLICENSED
    return LicenseStatus.LICENSED if certificate.valid_at(now) else LicenseStatus.NOTIFICATION
