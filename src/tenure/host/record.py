"""The page about a host that its administrator keeps: what must be known when its machine is gone. No secret is on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.host.settings import DEFAULT_PORT, Setting, read_settings, stored_number
from tenure.host.store import identity_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tenure.core.certificate import HostCertificate
    from tenure.host.served import Served
    from tenure.host.setup import KeyFolder
    from tenure.host.store import HostStore

_TIMES = (1, 2**53)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPublisher:
    """A publisher, as its customer must know it."""

    publisher_id: UUID
    name: str
    contact: str
    url: str | None
    key: str | None
    """The host key, all but its end masked."""
    certificate: HostCertificate | None
    pools: Mapping[str, int]
    """The thresholds of the pools that the certificate covers, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRecord:
    """What is on the page. Times in Unix seconds."""

    name: str
    """The machine's."""
    host_id: UUID
    epoch: int
    activated_at: int | None
    """When it was first activated; None before."""
    url: str | None
    """Where its server listens; None: it does not run."""
    port: int
    recorded_in: str | None
    """The shared database; None: everything is in the home."""
    files_elsewhere: tuple[str, ...]
    """Files that the host needs, outside of its home and so of its backup."""
    publishers: tuple[RecordedPublisher, ...]


def host_record(
    store: HostStore,
    served: Served,
    keys: KeyFolder,
    *,
    name: str,
    url: str | None,
    recorded_in: str | None,
    files_elsewhere: tuple[str, ...],
) -> HostRecord:
    """The host's record.

    Raises:
        UsageError: code `not_set_up`, before the first key is installed.
    """
    identity = identity_of(store)
    stored = store.settings()
    publishers = []
    for publisher_id, publisher in sorted(served.publishers.items(), key=lambda item: str(item[0])):
        key, certificate = keys.product_key(publisher_id), publisher.certificate
        publishers.append(
            RecordedPublisher(
                publisher_id=publisher_id,
                name=publisher.catalog.name,
                contact=publisher.catalog.contact,
                url=publisher.catalog.publisher_url,
                key=key.shown if key is not None else None,
                certificate=certificate,
                pools={pool: policy.threshold for pool, policy in sorted(certificate.pools.items())}
                if certificate is not None
                else {},
            )
        )
    return HostRecord(
        name=name,
        host_id=identity.host_id,
        epoch=identity.epoch,
        # Hosts that an older version activated did not write it down; their epoch is that of their activation.
        activated_at=stored_number(stored, Setting.ACTIVATED, _TIMES) or identity.epoch or None,
        url=url,
        port=read_settings(stored).port or DEFAULT_PORT,
        recorded_in=recorded_in,
        files_elsewhere=files_elsewhere,
        publishers=tuple(publishers),
    )
