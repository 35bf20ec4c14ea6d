"""The license status of a product on this machine, from documents that are verified anew each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.errors import Code, Untrusted
from tenure.core.license_status import Evidence, Judgement, judge
from tenure.core.policy import DEFAULT_POLICIES, Kind, Policy
from tenure.wire.trust import stored_lease

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.client.state import ClientState
    from tenure.core.lease import Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a machine holds for a product, and what follows from it."""

    judgement: Judgement
    reason: str
    """Why the status is what it is; the code of `problem` where a stored document was worth nothing."""
    lease: Lease | None
    """The lease, if one is held and verifies."""
    problem: Untrusted | None
    """Why what is stored counts as no lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a machine holds for a product, verified: it changes with the state, a verdict on it also with the time."""

    key_installed_at: int | None
    """None: no key is installed."""
    lease: Lease | None
    policy: Policy
    highest_seen: int
    """The latest of the highest time seen and the lease's `iat`."""
    problem: Untrusted | None
    """Why what is stored counts as no lease."""


def holding_of(state: ClientState, product_id: UUID) -> Holding:
    """What the machine holds for the product.

    1. a lease that does not verify at rest counts as none
    2. the policy is that of the lease's certificate; before the first lease the catalog's
    """
    # 1
    lease: Lease | None = None
    policy = _policy_before_a_lease(state, product_id)
    problem: Untrusted | None = None
    product = state.products.get(product_id)
    if product is not None and product_id in state.leases:
        try:
            lease, policy = _stored(state, product_id, product.publisher_id)  # 2
        except Untrusted as error:
            problem = error
    return Holding(
        key_installed_at=product.key_installed_at if product else None,
        lease=lease,
        policy=policy,
        highest_seen=max(state.machine.highest_seen if state.machine else 0, lease.iat if lease else 0),
        problem=problem,
    )


def judged(holding: Holding, *, fingerprint: str | None, now: int) -> Verdict:
    """The verdict at `now`, or at the highest time seen if that is later; `fingerprint` as for `verdict_on`."""
    lease, problem = holding.lease, holding.problem
    evidence = Evidence(
        key_installed_at=holding.key_installed_at,
        lease_expires=lease.exp if lease else None,
        machine_changed=lease is not None and lease.fingerprint != fingerprint,
    )
    judgement = judge(evidence, holding.policy, now, holding.highest_seen)
    reason = problem.code.value if problem else judgement.reason.value
    return Verdict(judgement=judgement, reason=reason, lease=lease, problem=problem)


def verdict_on(state: ClientState, product_id: UUID, *, fingerprint: str | None, now: int) -> Verdict:
    """The verdict at `now`; `fingerprint` is this machine's for the product's publisher, None where it has none."""
    return judged(holding_of(state, product_id), fingerprint=fingerprint, now=now)


def _stored(state: ClientState, product_id: UUID, publisher_id: UUID) -> tuple[Lease, Policy]:
    held = state.leases[product_id]
    trusted = state.catalogs.get(publisher_id)
    if trusted is None:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"The catalog of publisher {publisher_id} is not here, so the lease proves nothing.",
            "Install the product's key again with its catalog: tenure client install-key KEY --catalog FILE.",
        )
    lease, certificate = stored_lease(held.lease, held.certificate, trusted.newest, product_id=product_id)
    return lease, certificate.pools[lease.pool]


def _policy_before_a_lease(state: ClientState, product_id: UUID) -> Policy:
    for trusted in state.catalogs.values():
        product = trusted.newest.product(product_id)
        if product is not None:
            return trusted.newest.policy_of(product)
    # Without a catalog nobody promised any grace; the default policy has none either.
    return DEFAULT_POLICIES[Kind.WORKSTATION]
