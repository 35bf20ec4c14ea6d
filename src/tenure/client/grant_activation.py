"""Activating a product with a MAK or a retail key: its publisher is asked, once, and the grant that comes has no end.

In two steps, so that the request can also be carried by hand: `draft_machine_activation` says what to send, `accept_grant`
takes what comes back. `GrantActivation` does both over the network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tenure.client.activation import (
    Progress,
    Surroundings,
    TryingAgain,
    state_to_ask_from,
    tell_nobody,
    waiting_may_cure,
)
from tenure.client.backoff import backoff
from tenure.client.catalogs import keep_newer_catalogs
from tenure.client.news import Informed, NewsPublisher, hear_news
from tenure.client.revocations import keep_newer_revocations, revocations_of
from tenure.client.state import HeldGrant
from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted, UsageError
from tenure.core.grant import Grant, PendingGrant
from tenure.core.policy import clocks_agree
from tenure.wire import trust
from tenure.wire.keys import derived_pair
from tenure.wire.request import sign_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from tenure.client.state import ClientState, ClientStore
    from tenure.core.clock import Clock
    from tenure.wire.enrolment import MachineActivated
    from tenure.wire.keys import SigningKey


class Publisher(NewsPublisher, Protocol):
    """A publisher's API, as far as a machine uses it."""

    def activate_machine(self, request: str) -> MachineActivated:
        """The grant for a machine's request.

        Raises:
            Refused, Unavailable, Untrusted: what the publisher said, or that it did not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class MachineActivationDraft:
    """A request on its way to the publisher."""

    publisher_id: UUID
    publisher_url: str | None
    catalog_seq: int
    """The newest catalog that the machine knew when it was drafted."""
    token: str
    pending: PendingGrant
    """What the answer must fit; kept until it comes."""


@dataclass(frozen=True, slots=True)
class ActivatedForGood:
    """The product is licensed: this grant was verified and is kept."""

    grant: Grant
    used: int
    """How many installations the key has, this one included."""
    limit: int


def draft_machine_activation(
    product_id: UUID, *, store: ClientStore, here: Surroundings, machine_key: Callable[[], SigningKey]
) -> MachineActivationDraft:
    """A signed request for this machine's grant; the product key itself is not in it.

    Raises:
        UsageError: code `not_set_up`, when the product has no key here, or this user may not read it; `key_type`, when it
            has a generic key.
        Refused: code `os_id_missing`.
        LocalFault: the store cannot be written.
    """
    state, machine, product = state_to_ask_from(product_id, store=store, here=here)
    if not product.key_type.secret:
        raise UsageError(
            Code.KEY_TYPE,
            "The product has a generic key, which activation hosts activate.",
            "Install its MAK or retail key first: tenure client install-key KEY.",
        )
    key = state.secret_keys.get(product_id)
    trusted = state.catalogs.get(product.publisher_id)
    if key is None or trusted is None:
        raise UsageError(
            Code.NOT_SET_UP,
            f"The key ...{product.partial_key} itself is not readable here."
            if key is None
            else f"The catalog of publisher {product.publisher_id} is gone from this machine.",
            "Run it as the user who installed the key, or install the key again: "
            "tenure client install-key KEY --catalog FILE.",
        )
    pair = derived_pair(key)
    pending = PendingGrant(
        machine_id=machine.machine_id,
        product_id=product_id,
        request_id=str(here.new_uuid()),
        fingerprint=machine.fingerprints[product.publisher_id],
        key_id=pair.kid,
        asked_at=here.clock(),
    )
    token = sign_request(
        request_id=pending.request_id,
        asker=pending.machine_id,
        audience=product_id,
        fingerprint=pending.fingerprint,
        pair=pair,
        key=machine_key(),
        now=pending.asked_at,
    )
    newest = trusted.newest
    return MachineActivationDraft(product.publisher_id, newest.publisher_url, newest.seq, token, pending)


def accept_grant(
    pending: PendingGrant, token: str, newer_catalogs: Sequence[str], *, store: ClientStore, clock: Clock
) -> Grant:
    """The product is activated with this grant, if it answers what is pending; a lease that it had is dropped.

    1. newer catalogs follow the known ones
    2. the machine and its keys are still what they were when it asked
    3. the grant verifies (`wire.trust.accept_grant`)

    Raises:
        Untrusted: naming what failed; nothing was taken then, but for newer catalogs that verified.
        LocalFault: the store cannot be written.
    """
    now = clock()
    granted: list[Grant] = []

    def change(state: ClientState) -> ClientState:
        state, grant = _with_grant(state, token, pending, now=now)
        granted.append(grant)
        return state

    # 1
    product = store.load().products.get(pending.product_id)
    unfollowed = keep_newer_catalogs(store, product.publisher_id, newer_catalogs) if product else None
    try:
        store.update(change)
    except Untrusted as error:
        # A grant under catalogs that could not be followed fails for their sake.
        raise (unfollowed or error) from error
    return granted[-1]


def _with_grant(
    state: ClientState, token: str, pending: PendingGrant, *, now: int
) -> tuple[ClientState, Grant]:
    machine, product = state.machine, state.products.get(pending.product_id)
    # 2
    if machine is None or product is None or machine.machine_id != pending.machine_id:
        raise Untrusted(
            Code.GRANT_INVALID,
            "The grant is for what this machine was when it asked; its id or its keys have changed since.",
            "Ask again: tenure client activate.",
        )
    trusted = state.catalogs.get(product.publisher_id)
    if trusted is None:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"No catalog of publisher {product.publisher_id} is here to verify a grant with.",
            "Install the product's key again: tenure client install-key KEY --catalog FILE.",
        )
    # 3
    revoked = revocations_of(state, product.publisher_id)
    grant = trust.accept_grant(token, trusted.newest, pending, revocations=revoked, now=now)
    if clocks_agree(grant.iat, now):
        # A signed time is better than any that this machine's own clock ever showed, also if it is earlier.
        state = state.with_machine(replace(machine, highest_seen=grant.iat))
    return state.at(now).with_grant(pending.product_id, HeldGrant(grant=token)), grant


class GrantActivation:
    """A machine that asks publishers for grants."""

    def __init__(
        self,
        store: ClientStore,
        connect: Callable[[str | None], Publisher],
        surroundings: Surroundings,
        machine_key: Callable[[], SigningKey],
        *,
        url: str | None = None,
        tell: Callable[[Progress], None] = tell_nobody,
    ) -> None:
        """`connect` gives the publisher at an address; `url` is used instead of the catalog's.

        `machine_key` signs requests; `tell` hears what happens before the outcome.
        """
        self._store = store
        self._connect = connect
        self._here = surroundings
        self._machine_key = machine_key
        self._url = url
        self._tell = tell

    def activate(self, product_id: UUID, *, seconds: float = 0) -> ActivatedForGood:
        """The product has a grant; while no publisher answers, it is asked again for `seconds`.

        Raises:
            As `ask`.
        """
        end = self._here.elapsed() + seconds
        failures = 0
        while True:
            try:
                return self.ask(product_id)
            except TenureError as error:
                pause = backoff(failures, self._here.draw())
                if not waiting_may_cure(error) or self._here.elapsed() + pause >= end:
                    raise
                failures += 1
                self._tell(TryingAgain(error, pause))
                self._here.pause(pause)

    def ask(self, product_id: UUID) -> ActivatedForGood:
        """The product has a grant; the same installation may ask as often as it likes.

        Raises:
            UsageError: as `draft_machine_activation`; `invalid_argument`, when nobody said where the publisher is.
            Refused, Unavailable, Untrusted: the publisher gave no grant that counts, and why.
            LocalFault: the store cannot be written.
        """
        draft = draft_machine_activation(
            product_id, store=self._store, here=self._here, machine_key=self._machine_key
        )
        publisher = self._connect(self._url or draft.publisher_url)
        answer = publisher.activate_machine(draft.token)
        try:
            newer = publisher.catalogs(draft.publisher_id, after=draft.catalog_seq)
            keep_newer_catalogs(self._store, draft.publisher_id, newer)
            listed = publisher.revocations(draft.publisher_id)
            keep_newer_revocations(self._store, draft.publisher_id, listed, now=self._here.clock())
        except (Refused, Unavailable, Untrusted):
            # It has answered all the same: its grant is judged by what is known.
            newer = ()
        grant = accept_grant(draft.pending, answer.grant, newer, store=self._store, clock=self._here.clock)
        return ActivatedForGood(grant, answer.used, answer.limit)

    def hear(self, product_id: UUID) -> Informed:
        """The machine knows what the product's publisher published since it last asked (`client.news`).

        Raises:
            As `hear_news`.
        """
        return hear_news(
            product_id,
            store=self._store,
            connect=lambda url: self._connect(self._url or url),
            clock=self._here.clock,
        )
