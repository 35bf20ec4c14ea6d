"""What a machine tells of its products."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tenure.client.verdict import verdict_on
from tenure.core.lease import renewal_due
from tenure.core.license_status import LicenseStatus, Reason
from tenure.core.os_id import os_id_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.client.host_address import HostAddress
    from tenure.client.state import ClientState
    from tenure.core.errors import Refused, Untrusted
    from tenure.core.lease import Lease
    from tenure.core.product_key import KeyType

_NO_PRODUCT: Final = UUID(int=0)
"""The nil UUID, which no product has."""


class HostSource(StrEnum):
    """How a machine knows a host."""

    SET = "set"
    """An administrator named it."""
    DNS = "dns"
    """It was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductStatus:
    """One product on this machine. Times in Unix seconds; None where there is nothing to tell."""

    license_status: LicenseStatus
    reason: str
    product: str | None
    product_id: UUID | None
    partial_key: str | None
    key_type: KeyType | None
    machine_id: UUID | None
    fingerprint_source: str
    host: HostAddress | None
    host_source: HostSource | None
    """How the host is known."""
    lease_id: str | None
    lease_expires: int | None
    notification_from: int | None
    reduced_functionality_from: int | None
    renew_after: int | None
    minutes_remaining: int | None
    last_activation: int | None
    activation_id: str | None
    """The id of the grant; None: there is none."""
    count: int | None
    threshold: int | None
    warning: bool
    """Licensed, but for 30 days at most."""
    clock_moved_back: bool
    problem: Untrusted | None
    """Why a stored lease or grant counts as none."""
    refusal: Refused | None
    """Why the machine may not ask for the product at all."""

    @property
    def for_good(self) -> bool:
        """Whether it is licensed without an end."""
        return self.license_status is LicenseStatus.LICENSED and self.activation_id is not None


def product_status(
    state: ClientState,
    product_id: UUID | None,
    *,
    fingerprint_of: Callable[[UUID], str | None],
    fingerprint_source: str,
    now: int,
) -> ProductStatus:
    """The product's status at `now`; a product without a key, or None, is `unlicensed`."""
    wanted = product_id or _NO_PRODUCT
    installed = state.products.get(wanted)
    fingerprint = fingerprint_of(installed.publisher_id) if installed else None
    verdict = verdict_on(state, wanted, fingerprint=fingerprint, now=now)
    definition = state.definition(wanted)
    judgement, lease, grant = verdict.judgement, verdict.lease, verdict.grant
    held = lease or grant
    host, source = _host(state, wanted, lease)
    refusal = os_id_refusal(definition, fingerprint_source) if installed else None
    never = verdict.reason == Reason.NOT_ACTIVATED
    return ProductStatus(
        license_status=judgement.status,
        reason=refusal.code.value if refusal is not None and never else verdict.reason,
        product=definition.name if definition else None,
        product_id=product_id,
        partial_key=installed.partial_key if installed else None,
        key_type=installed.key_type if installed else None,
        machine_id=state.machine.machine_id if state.machine else None,
        fingerprint_source=fingerprint_source,
        host=host,
        host_source=source,
        lease_id=lease.lease_id if lease else None,
        lease_expires=lease.exp if lease else None,
        notification_from=judgement.notification_from,
        reduced_functionality_from=judgement.reduced_functionality_from,
        renew_after=renewal_due(lease, 0.0) if lease else None,
        minutes_remaining=judgement.minutes_remaining,
        last_activation=held.iat if held else None,
        activation_id=grant.grant_id if grant else None,
        count=lease.count if lease else None,
        threshold=lease.threshold if lease else None,
        warning=judgement.warning,
        clock_moved_back=judgement.clock_moved_back,
        problem=verdict.problem,
        refusal=refusal,
    )


def all_statuses(
    state: ClientState, *, fingerprint_of: Callable[[UUID], str | None], fingerprint_source: str, now: int
) -> list[ProductStatus]:
    """The status of every installed product, the first installed first."""
    return [
        product_status(
            state,
            product.product_id,
            fingerprint_of=fingerprint_of,
            fingerprint_source=fingerprint_source,
            now=now,
        )
        for product in state.installed
    ]


def _host(
    state: ClientState, product_id: UUID, lease: Lease | None
) -> tuple[HostAddress | None, HostSource | None]:
    """The host that granted the lease, unless an administrator has set others since; then the first of those.

    Without a lease, the host that was found and answered last; one that is set no more has no source. None where the
    product's key is for its publisher, and no host is asked.
    """
    installed = state.products.get(product_id)
    if installed is not None and installed.key_type.secret and lease is None:
        return None, None
    hosts = state.machine.hosts if state.machine else ()
    held = state.leases[product_id] if lease else None
    if hosts:
        return (held.host if held and held.host in hosts else hosts[0]), HostSource.SET
    if held is not None:
        return held.host, HostSource.DNS if held.found else None
    found = state.machine.found_host if state.machine else None
    return (found.host, HostSource.DNS) if found else (None, None)
