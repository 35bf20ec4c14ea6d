"""Activating products without a network: requests are carried to their publishers, and the confirmation back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.client.catalogs import keep_newer_catalogs
from tenure.client.grant_activation import ActivatedForGood, accept_grant, draft_machine_activation
from tenure.client.revocations import keep_newer_revocations
from tenure.core.errors import Code, Refused, TenureError, Untrusted, UsageError
from tenure.core.grant import PendingGrant
from tenure.wire.grant import grant_of
from tenure.wire.jws import Typ, read
from tenure.wire.parcel import CarriedRequest, Requests
from tenure.wire.pending import check_lives
from tenure.wire.request import request_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from tenure.client.activation import Surroundings
    from tenure.client.state import ClientState, ClientStore, HeldGrant
    from tenure.core.clock import Clock
    from tenure.core.grant import Grant
    from tenure.wire.enrolment import MachineActivated
    from tenure.wire.keys import SigningKey
    from tenure.wire.parcel import Confirmations
    from tenure.wire.pending import PendingFolder
    from tenure.wire.request import ActivationRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedAway:
    """A machine's requests on their way to publishers."""

    machine_id: UUID
    products: tuple[str, ...]
    """Their names."""
    publishers: tuple[str, ...]
    """Whom they are for, each with how to reach it, if its catalog says."""
    valid_until: int
    """Unix seconds."""
    parcel: Requests


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a confirmation did to one product."""

    product_id: UUID
    outcome: ActivatedForGood | TenureError


def products_to_carry(state: ClientState, product: str | None) -> list[UUID]:
    """The product that is named, or all that have a MAK or a retail key.

    Raises:
        UsageError: `product_unknown`; `not_set_up`, when none has.
    """
    if product is not None:
        return [state.find(product)]
    products = [installed.product_id for installed in state.installed if installed.key_type.secret]
    if not products:
        raise UsageError(
            Code.NOT_SET_UP,
            "No MAK and no retail key is installed here, and only these are activated by a publisher.",
            "Install one: tenure client install-key KEY --catalog FILE. Generic keys need a host, not this.",
        )
    return products


def carry_away(
    product_ids: Sequence[UUID],
    *,
    store: ClientStore,
    here: Surroundings,
    machine_key: Callable[[], SigningKey],
    folder: PendingFolder,
) -> CarriedAway:
    """A request for each product's grant, to be carried to its publisher; the home keeps what will answer them.

    Raises:
        As `draft_machine_activation`.
    """
    drafts = [
        draft_machine_activation(product_id, store=store, here=here, machine_key=machine_key)
        for product_id in product_ids
    ]
    for draft in drafts:
        audience = draft.pending.product_id
        before = folder.pending(audience)
        folder.save_pending(audience, before.with_request(draft.token, now=draft.pending.asked_at))
    state = store.load()
    catalogs = [state.catalogs[draft.publisher_id].newest for draft in drafts]
    known = [
        catalog.product(draft.pending.product_id) for catalog, draft in zip(catalogs, drafts, strict=True)
    ]
    return CarriedAway(
        machine_id=drafts[0].pending.machine_id,
        products=tuple(product.name for product in known if product is not None),
        publishers=tuple(dict.fromkeys(f"{c.name} ({c.contact})" if c.contact else c.name for c in catalogs)),
        valid_until=request_of(drafts[0].token).exp,
        parcel=Requests(
            requests=tuple(
                CarriedRequest(
                    request=draft.token, publisher_id=draft.publisher_id, catalog_seq=draft.catalog_seq
                )
                for draft in drafts
            )
        ),
    )


def accept_confirmation(
    parcel: Confirmations,
    *,
    store: ClientStore,
    folder: PendingFolder,
    clock: Clock,
    product_id: UUID | None = None,
) -> list[Confirmed]:
    """Each product, or the one that is named, is activated by the newest grant in the parcel that answers its request.

    1. newer catalogs and revocation lists of the installed products' publishers are kept, if they follow the known ones
    2. a grant is for this machine if its product is installed here, and its nonce is a pending request's
    3. that request is not too old
    4. it is not older than the grant that the product has by now
    5. it is taken as one that came over the network (`accept_grant`), after the parcel's catalogs
    6. a refusal is told where no grant answers the product's requests

    What keeps one product from it does not stop the others. The same confirmation may come twice.

    Raises:
        Untrusted: `grant_invalid`, when nothing in it is for this machine; `document_malformed`.
        LocalFault: the store cannot be written.
    """
    # 1
    _hear(parcel, store=store, clock=clock)
    confirmed: list[Confirmed] = []
    state = store.load()
    for product in state.installed:
        if product_id not in {None, product.product_id}:
            continue
        # 2
        pending = folder.pending(product.product_id).by_id()
        found = _newest_answer(parcel, product.product_id, pending)
        if found is None:
            # 6
            refusal = parcel.refusal_of(product.product_id, pending)
            if refusal is not None:
                confirmed.append(Confirmed(product.product_id, refusal.error()))
            continue
        answer, request = found
        try:
            # 3
            check_lives(request, now=clock())
            # 4
            _check_not_older(answer, state.grants.get(product.product_id))
            # 5
            grant = _take(answer, request, parcel.catalogs_of(product.publisher_id), store=store, clock=clock)
        except (Refused, Untrusted) as error:
            confirmed.append(Confirmed(product.product_id, error))
        else:
            done = ActivatedForGood(grant, answer.used, answer.limit)
            confirmed.append(Confirmed(product.product_id, done))
    if not confirmed:
        raise Untrusted(
            Code.GRANT_INVALID,
            f"None of {len(parcel.grants)} grants in it answers a request of this machine.",
            "Take the confirmation of this machine's request; or make a new one: tenure client activate --offline FILE.",
        )
    return confirmed


def _hear(parcel: Confirmations, *, store: ClientStore, clock: Clock) -> None:
    """What does not follow is passed over, as what came over the network: an old parcel brings an old list."""
    for publisher_id in {product.publisher_id for product in store.load().installed}:
        keep_newer_catalogs(store, publisher_id, parcel.catalogs_of(publisher_id))
        keep_newer_revocations(store, publisher_id, parcel.newest_list_of(publisher_id), now=clock())


def _check_not_older(answer: MachineActivated, held: HeldGrant | None) -> None:
    if held is None:
        return
    claimed, since = (grant_of(read(token, Typ.GRANT).claims).iat for token in (answer.grant, held.grant))
    if claimed < since:
        raise Untrusted(
            Code.GRANT_INVALID,
            f"This grant is of {claimed}; the product has a newer one, of {since}.",
            "There is nothing to do: the newer one counts.",
        )


def _newest_answer(
    parcel: Confirmations, product_id: UUID, requests: Mapping[str, ActivationRequest]
) -> tuple[MachineActivated, ActivationRequest] | None:
    own = []
    for answer in parcel.grants:
        claimed = grant_of(read(answer.grant, Typ.GRANT).claims)
        request = requests.get(claimed.nonce)
        if request is not None and claimed.product_id == product_id:
            own.append((claimed.iat, answer, request))
    newest = max(own, key=lambda found: found[0], default=None)
    return newest[1:] if newest is not None else None


def _take(
    answer: MachineActivated,
    request: ActivationRequest,
    catalogs: Sequence[str],
    *,
    store: ClientStore,
    clock: Clock,
) -> Grant:
    pending = PendingGrant(
        machine_id=request.asker,
        product_id=request.audience,
        request_id=request.request_id,
        fingerprint=request.fingerprint,
        key_id=request.key_id,
        asked_at=request.iat,
    )
    return accept_grant(pending, answer.grant, catalogs, store=store, clock=clock)
