"""What a product hears when it asks for its license: verified once from the product's own root, then judged by the time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tenure.client.verdict import Holding, holding_of, judged
from tenure.core.errors import Code, TenureError, Untrusted
from tenure.core.features import runs
from tenure.core.license_status import LicenseStatus, Reason
from tenure.core.policy import DEFAULT_POLICIES, Kind
from tenure.wire.jws import Typ, read
from tenure.wire.trust import TrustedCatalogs, first_catalogs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from tenure.client.state import ClientState
    from tenure.client.verdict import Verdict

_MINUTES_A_DAY = 1440
_ADMINISTRATOR = "Ask your administrator, or run: tenure client status"


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseCheck:
    """The license of one product on this machine at one moment. Times are aware, in UTC."""

    status: LicenseStatus
    reason: str
    """Why: `no_key`, `not_activated`, `activated`, `lease_expired`, `machine_changed`, or the code of an error."""
    message: str
    """The same in a sentence or two, for the people who use the product."""
    cure: str
    """What to do about it; empty where nothing needs to be done."""
    days_left: int | None
    """Days until the status ends by itself, rounded up; None where it does not."""
    warning: bool
    """Licensed, but for 30 days at most: the lease was not renewed for long."""
    expires: datetime | None
    """The end of the lease, also when it has passed; None: there is none, or the product is activated for good."""
    notification_from: datetime | None
    reduced_functionality_from: datetime | None
    product: str | None
    """Its name in the catalog; None where no catalog of its publisher is known."""
    product_id: UUID
    machine_id: UUID | None
    host: str | None
    """`name:port` of the host that granted the lease."""
    clock_moved_back: bool
    """The clock shows over 4 hours less than the machine has seen already; the latest time counts."""
    features: Mapping[str, LicenseStatus] = field(default_factory=dict)
    """The features that the catalog names, and from which status on each stops."""

    @property
    def licensed(self) -> bool:
        """Whether the status is `licensed`."""
        return self.status is LicenseStatus.LICENSED

    def allows(self, feature: str) -> bool:
        """Whether the feature runs at this status; one that the catalog does not name runs until `reduced_functionality`."""
        return runs(feature, self.features, self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What a machine holds for a product, verified from the product's root; good until a file changes."""

    product_id: UUID
    holding: Holding
    fingerprint: str | None
    """This machine's now."""
    product: str | None = None
    features: Mapping[str, LicenseStatus] = field(default_factory=dict)
    machine_id: UUID | None = None
    host: str | None = None
    fault: TenureError | None = None
    """What of the machine's state could not be used, and why."""


def proven(
    state: ClientState,
    product_id: UUID,
    *,
    root_kid: str,
    fingerprint_of: Callable[[UUID], str | None],
    damage: str | None,
) -> Proven:
    """What the state proves to a product that pins `root_kid`; `damage` tells of files that were passed over.

    Catalogs that do not come from that root count as none, and so does a lease under them.
    """
    fault = Untrusted(Code.STATE_DAMAGED, damage, _ADMINISTRATOR) if damage else None
    installed = state.products.get(product_id)
    trusted = state.catalogs.get(installed.publisher_id) if installed else None
    state = replace(state, catalogs={})
    if trusted is not None:
        try:
            state = state.with_catalogs(_from_root(trusted, root_kid))
        except Untrusted as error:
            fault = error
    definition = state.definition(product_id)
    held = state.leases.get(product_id)
    return Proven(
        product_id=product_id,
        holding=holding_of(state, product_id),
        fingerprint=fingerprint_of(installed.publisher_id) if installed else None,
        product=definition.name if definition else None,
        features=dict(definition.features) if definition else {},
        machine_id=state.machine.machine_id if state.machine else None,
        host=held.host.text if held else None,
        fault=fault,
    )


def nothing_proven(product_id: UUID, fault: TenureError | None) -> Proven:
    """What is proven where there is no key: nothing; `fault` is why nothing could be read, if that is so."""
    nothing = Holding(
        key_installed_at=None,
        lease=None,
        policy=DEFAULT_POLICIES[Kind.WORKSTATION],
        highest_seen=0,
        problem=None,
    )
    return Proven(product_id=product_id, holding=nothing, fingerprint=None, fault=fault)


def license_check(holds: Proven, now: int) -> LicenseCheck:
    """The answer at `now`; verifies nothing any more."""
    verdict = judged(holds.holding, fingerprint=holds.fingerprint, now=now)
    judgement, lease = verdict.judgement, verdict.lease
    minutes = judgement.minutes_remaining
    days_left = None if minutes is None else -(-minutes // _MINUTES_A_DAY)
    # Damage beside a lease that still proves the license is no reason for anything.
    fault = holds.fault or holds.holding.problem
    fault = None if judgement.status is LicenseStatus.LICENSED else fault
    message, cure = _words(verdict, holds.product or "This product", days_left, fault)
    return LicenseCheck(
        status=judgement.status,
        reason=fault.code.value if fault else verdict.reason,
        message=message,
        cure=cure,
        days_left=days_left,
        warning=judgement.warning,
        expires=_instant(lease.exp) if lease else None,
        notification_from=_instant(judgement.notification_from),
        reduced_functionality_from=_instant(judgement.reduced_functionality_from),
        product=holds.product,
        product_id=holds.product_id,
        machine_id=holds.machine_id,
        host=holds.host if lease else None,
        clock_moved_back=judgement.clock_moved_back,
        features=holds.features,
    )


def _from_root(trusted: TrustedCatalogs, root_kid: str) -> TrustedCatalogs:
    """The chain from the first catalog that this root signed: products of a later root know no earlier one."""
    kids = [read(token, Typ.CATALOG).kid for token in trusted.tokens]
    if kids[0] == root_kid:
        return trusted
    if root_kid in kids:
        return first_catalogs(trusted.tokens[kids.index(root_kid) :], root_kid=root_kid)
    raise Untrusted(
        Code.CHAIN_BROKEN,
        f"The catalog on this machine is signed by root {kids[0]}; this product trusts root {root_kid} alone.",
        "Install the product's key with the catalog of its publisher: tenure client install-key KEY --catalog FILE",
    )


def _words(
    verdict: Verdict, product: str, days_left: int | None, fault: TenureError | None
) -> tuple[str, str]:
    """The message and the cure."""
    status, reason = verdict.judgement.status, verdict.judgement.reason
    table = _MESSAGES if days_left is not None else _MESSAGES | _ENDLESS
    message = table[status, reason].format(product=product, left=_days(days_left))
    cure = _CURES.get(reason, "")
    if fault is not None:
        message, cure = f"{message} {fault.detail}", fault.cure or cure
    elif verdict.judgement.warning:
        message += " It was not renewed for long."
        cure = "Connect to the network of your organization, or ask your administrator."
    if verdict.judgement.clock_moved_back:
        message += " This machine's clock was set back; the latest time that it has seen counts."
        cure = f"Set the clock right. {cure}".strip()
    return message, cure


_S, _R = LicenseStatus, Reason

_MESSAGES: dict[tuple[LicenseStatus, Reason], str] = {
    (_S.UNLICENSED, _R.NO_KEY): "{product} has no product key on this machine.",
    (_S.INITIAL_GRACE, _R.NOT_ACTIVATED): "{product} is not activated yet; {left} to do it.",
    (
        _S.NOTIFICATION,
        _R.NOT_ACTIVATED,
    ): "{product} is not activated; {left} until it runs with reduced functionality.",
    (
        _S.REDUCED_FUNCTIONALITY,
        _R.NOT_ACTIVATED,
    ): "{product} is not activated and runs with reduced functionality.",
    (_S.LICENSED, _R.ACTIVATED): "{product} is licensed; {left}.",
    (
        _S.NOTIFICATION,
        _R.LEASE_EXPIRED,
    ): "The license of {product} has ended; {left} until it runs with reduced functionality.",
    (
        _S.REDUCED_FUNCTIONALITY,
        _R.LEASE_EXPIRED,
    ): "The license of {product} has ended; it runs with reduced functionality.",
    (
        _S.NOTIFICATION,
        _R.MACHINE_CHANGED,
    ): "The license of {product} was given to another installation; {left} until it runs with reduced functionality.",
    (
        _S.REDUCED_FUNCTIONALITY,
        _R.MACHINE_CHANGED,
    ): "The license of {product} was given to another installation; it runs with reduced functionality.",
}
"""One for every status and reason that exist together (`core.license_status.STATUS`)."""
_ENDLESS: dict[tuple[LicenseStatus, Reason], str] = {
    (_S.LICENSED, _R.ACTIVATED): "{product} is licensed on this machine for good.",
    (_S.NOTIFICATION, _R.MACHINE_CHANGED): "The license of {product} was given to another installation.",
}
"""In place of those above for machines with a grant, where no days are counted."""

_CURES: dict[Reason, str] = {
    Reason.NO_KEY: "Install the product's key: tenure client install-key KEY --catalog FILE",
    Reason.NOT_ACTIVATED: "Activate it: tenure client activate",
    Reason.LEASE_EXPIRED: "Connect to the network of your organization and activate: tenure client activate",
    Reason.MACHINE_CHANGED: "Activate it on this machine: tenure client activate",
}


def _days(days: int | None) -> str:
    if days is None:
        return ""
    return "1 day is left" if days == 1 else f"{days} days are left"


def _instant(seconds: int | None) -> datetime | None:
    """The time as products take it; beyond the calendar it is the calendar's end."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)
