"""The license status of a product on this machine, from documents that are verified anew each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.client.revocations import revocations_of
from tenure.core.errors import Code, Untrusted
from tenure.core.license_status import Evidence, Judgement, judge
from tenure.core.policy import DEFAULT_POLICIES, Kind, Policy
from tenure.wire.revoked import check_grant
from tenure.wire.trust import stored_grant, stored_lease

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.client.state import ClientState
    from tenure.core.catalog import Catalog
    from tenure.core.grant import Grant
    from tenure.core.lease import Lease
    from tenure.core.revocation import Revocation, RevocationList


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a machine holds for a product, and what follows from it."""

    judgement: Judgement
    reason: str
    """Why the status is what it is; the code of `problem` where a stored document was worth nothing."""
    lease: Lease | None
    """The lease, if one is held and verifies."""
    grant: Grant | None
    """The grant, if one is held and verifies; then no lease is looked at."""
    problem: Untrusted | None
    """Why what is stored counts as no activation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a machine holds for a product, verified: it changes with the state, a verdict on it also with the time."""

    key_installed_at: int | None
    """None: no key is installed."""
    lease: Lease | None
    policy: Policy
    highest_seen: int
    """The latest of the highest time seen and the `iat` of what is held."""
    problem: Untrusted | None
    """Why what is stored counts as no activation."""
    grant: Grant | None = None
    change_noted_at: int | None = None
    """Since when the grant has been another installation's, as far as it was noted."""
    grant_revocation: Revocation | None = None
    """What revokes the grant, now or at a time to come."""


def holding_of(state: ClientState, product_id: UUID) -> Holding:
    """What the machine holds for the product.

    1. a grant that verifies at rest is the activation
    2. else a lease that does, and was not granted after its host was revoked
    3. the policy is that of the lease's certificate; without a lease the catalog's
    """
    product = state.products.get(product_id)
    highest_seen = state.machine.highest_seen if state.machine else 0
    policy = _catalogs_policy(state, product_id)
    held_grant = state.grants.get(product_id)
    revoked = revocations_of(state, product.publisher_id) if product is not None else None
    lease: Lease | None = None
    grant: Grant | None = None
    problem: Untrusted | None = None
    if product is not None and held_grant is not None:
        try:
            trusted = _catalog_of(state, product.publisher_id)
            grant = stored_grant(held_grant.grant, trusted, product_id=product_id)  # 1
        except Untrusted as error:
            problem = error
    if product is not None and grant is None and product_id in state.leases:
        try:
            lease, policy = _stored_lease(state, product_id, product.publisher_id, revoked)  # 2, 3
            problem = None
        except Untrusted as error:
            problem = error
    signed_at = grant.iat if grant else lease.iat if lease else 0
    return Holding(
        key_installed_at=product.key_installed_at if product else None,
        lease=lease,
        policy=policy,
        highest_seen=max(highest_seen, signed_at),
        problem=problem,
        grant=grant,
        change_noted_at=held_grant.change_noted_at if held_grant and grant else None,
        grant_revocation=revoked.of_grant(grant) if grant and revoked else None,
    )


def judged(holding: Holding, *, fingerprint: str | None, now: int) -> Verdict:
    """The verdict at `now`, or at the highest time seen if that is later; `fingerprint` as for `verdict_on`."""
    lease, grant, problem = holding.lease, holding.grant, holding.problem
    try:
        check_grant(holding.grant_revocation, max(now, holding.highest_seen))
    except Untrusted as error:
        grant, problem = None, error
    held = grant or lease
    evidence = Evidence(
        key_installed_at=holding.key_installed_at,
        lease_expires=lease.exp if lease else None,
        granted=grant is not None,
        machine_changed=held is not None and held.fingerprint != fingerprint,
        change_noted_at=holding.change_noted_at if grant else None,
    )
    judgement = judge(evidence, holding.policy, now, holding.highest_seen)
    reason = problem.code.value if problem else judgement.reason.value
    return Verdict(judgement=judgement, reason=reason, lease=lease, grant=grant, problem=problem)


def verdict_on(state: ClientState, product_id: UUID, *, fingerprint: str | None, now: int) -> Verdict:
    """The verdict at `now`; `fingerprint` is this machine's for the product's publisher, None where it has none."""
    return judged(holding_of(state, product_id), fingerprint=fingerprint, now=now)


def _stored_lease(
    state: ClientState, product_id: UUID, publisher_id: UUID, revoked: RevocationList | None
) -> tuple[Lease, Policy]:
    held = state.leases[product_id]
    catalog = _catalog_of(state, publisher_id)
    lease, certificate = stored_lease(
        held.lease,
        held.certificate,
        catalog,
        revocations=revoked,
        product_id=product_id,
    )
    return lease, certificate.pools[lease.pool]


def _catalog_of(state: ClientState, publisher_id: UUID) -> Catalog:
    trusted = state.catalogs.get(publisher_id)
    if trusted is None:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"The catalog of publisher {publisher_id} is not here, so the license proves nothing.",
            "Install the product's key again with its catalog: tenure client install-key KEY --catalog FILE.",
        )
    return trusted.newest


def _catalogs_policy(state: ClientState, product_id: UUID) -> Policy:
    for trusted in state.catalogs.values():
        product = trusted.newest.product(product_id)
        if product is not None:
            return trusted.newest.policy_of(product)
    # Without a catalog nobody promised any grace; the default policy has none either.
    return DEFAULT_POLICIES[Kind.WORKSTATION]
