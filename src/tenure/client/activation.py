"""Activating a product, and renewing its lease: one after the other the hosts are asked, and one answer is taken.

Only a verified lease changes what the machine holds. A 202, a refusal, a forged answer or silence leave everything as it
was, but for newer catalogs and a newer revocation list that verified.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from tenure.client.backoff import backoff
from tenure.client.catalogs import keep_newer_catalogs
from tenure.client.exchange import converse, hold
from tenure.client.host_choice import answered, failed, hosts_to_ask
from tenure.client.passed_over import PassedOver, no_host
from tenure.client.revocations import keep_newer_revocations, revocations_of
from tenure.client.seen import seen
from tenure.client.state import HeldLease, Machine
from tenure.client.verdict import verdict_on
from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted, UsageError
from tenure.core.lease import Pending
from tenure.core.os_id import FROM_SYSTEM, os_id_refusal
from tenure.wire.activation import MAX_MINUTES, MAX_WAIT, ActivationBody, Granted, Waiting
from tenure.wire.certificate import certificate_of
from tenure.wire.jws import Typ, read
from tenure.wire.trust import accept_lease

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.client.discovery import Dns
    from tenure.client.exchange import HostTransport
    from tenure.client.host_address import HostAddress
    from tenure.client.state import ClientState, ClientStore, InstalledProduct
    from tenure.core.clock import Clock
    from tenure.core.lease import Lease

_SHORTEST_PAUSE: Final = 1
"""Seconds between two requests of one machine, whatever a host says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the machine gives to its use cases."""

    clock: Clock
    fingerprint_of: Callable[[UUID], str]
    """This installation's fingerprint for a publisher."""
    hostname: str
    virtual: bool
    new_uuid: Callable[[], UUID]
    draw: Callable[[], float]
    """A random number in [0, 1)."""
    elapsed: Callable[[], float]
    """Seconds on a clock that nobody sets."""
    pause: Callable[[float], None]
    """Lets so many seconds pass."""
    dns: Dns
    """Asked for hosts where none is set."""
    fingerprint_source: Callable[[], str] = lambda: FROM_SYSTEM
    """Where the fingerprint is from, as `core.os_id` knows it."""


@dataclass(frozen=True, slots=True)
class Activated:
    """The product is licensed: this lease was verified and is kept."""

    lease: Lease
    host: HostAddress


@dataclass(frozen=True, slots=True)
class StillShort:
    """The host counted this machine, but the threshold is not reached yet (202)."""

    waiting: Waiting
    host: HostAddress
    retry_after: int

    def refusal(self) -> Refused:
        """The same as an error: `count_insufficient`, 0xC004F038."""
        told = self.waiting
        return Refused(
            Code.COUNT_INSUFFICIENT,
            f"Host {self.host.text} counts {told.count} of {told.threshold} machines; {told.missing} more are missing.",
            "This machine is counted. Activate more machines, or wait for them: tenure client activate --wait 600.",
        )


@dataclass(frozen=True, slots=True)
class TryingAgain:
    """No host gave an answer; the machine asks again after a pause."""

    error: TenureError
    seconds: float


Progress: TypeAlias = StillShort | PassedOver | TryingAgain
"""What happens on the way, for whoever watches."""


def tell_nobody(_progress: Progress) -> None:
    """Nobody watches."""


class Activation:
    """A machine that asks hosts for leases."""

    def __init__(
        self,
        store: ClientStore,
        transport: HostTransport,
        surroundings: Surroundings,
        *,
        tell: Callable[[Progress], None] = tell_nobody,
        domain: str = "",
    ) -> None:
        """`tell` hears what happens before the outcome; `domain` is where to look for hosts, whatever is set."""
        self._store = store
        self._transport = transport
        self._here = surroundings
        self._tell = tell
        self._domain = domain

    def activate(self, product_id: UUID, *, seconds: float = 0) -> Activated | StillShort:
        """The product has a new lease, or the threshold was still not reached after `seconds` of waiting.

        While there is time, a request is held by the host and asked again after a 202; after a lost connection or a
        503 the pauses double (`backoff`), and are never shorter than what the host said, up to a minute.

        Raises:
            UsageError: code `not_set_up`, when no key is installed.
            Refused, Unavailable, Untrusted: no host gave a lease, or none was found, and why.
            LocalFault: the store cannot be written.
        """
        end = self._here.elapsed() + seconds
        failures = 0
        while True:
            left = end - self._here.elapsed()
            try:
                outcome = self.ask(product_id, wait=min(MAX_WAIT, math.ceil(max(0.0, left))))
            except TenureError as error:
                told = min(error.retry_after or 0, MAX_WAIT)
                pause = max(backoff(failures, self._here.draw()), told)
                if not waiting_may_cure(error) or self._here.elapsed() + pause >= end:
                    raise
                failures += 1
                self._tell(TryingAgain(error, pause))
            else:
                if isinstance(outcome, Activated):
                    return outcome
                failures = 0
                # A host that does not hold requests may name hours; whoever waits by hand asks once a minute.
                pause = min(max(outcome.retry_after, _SHORTEST_PAUSE), MAX_WAIT)
                if self._here.elapsed() + pause >= end:
                    return outcome
                self._tell(outcome)
            self._here.pause(pause)

    def renew(self, product_id: UUID) -> Activated | StillShort:
        """The lease is renewed now instead of when it is due; whatever happens, the present one still counts.

        Raises:
            UsageError: code `not_set_up`, when the product was never activated here.
            Others: as `activate`.
        """
        if product_id not in self._store.load().leases:
            raise UsageError(
                Code.NOT_SET_UP,
                f"Product {product_id} has no lease on this machine.",
                "Activate it first: tenure client activate.",
            )
        return self.activate(product_id)

    def ask(self, product_id: UUID, *, wait: int) -> Activated | StillShort:
        """The first answer that any host gives, in their order; each may hold the request for `wait` seconds.

        Raises:
            As `activate`. Of several hosts each that gave no lease is told as passed over before.
        """
        state, machine, product = state_to_ask_from(product_id, store=self._store, here=self._here)
        choice = hosts_to_ask(machine, self._here.dns, self._here.draw, domain=self._domain)
        passed_over: list[PassedOver] = []
        for host in choice.hosts:
            if passed_over:
                self._tell(passed_over[-1])
            try:
                outcome = self._ask_host(host, state, machine, product, wait)
            except (Refused, Unavailable, Untrusted) as error:
                passed_over.append(PassedOver(host, error))
                self._note(machine, partial(failed, choice=choice, host=host, error=error))
            else:
                self._note(machine, partial(answered, choice=choice, host=host))
                return outcome
        if len(passed_over) > 1:
            self._tell(passed_over[-1])
        raise no_host(passed_over, choice.failure)

    def _note(self, machine: Machine, learn: Callable[[Machine], Machine]) -> None:
        """What was learned of a host is kept, if it is new to the machine that asked."""

        def change(state: ClientState) -> ClientState:
            return state.with_machine(learn(state.machine)) if state.machine is not None else state

        if learn(machine) != machine:
            self._store.update(change)

    def _ask_host(
        self, host: HostAddress, state: ClientState, machine: Machine, product: InstalledProduct, wait: int
    ) -> Activated | StillShort:
        now = self._here.clock()
        fingerprint = machine.fingerprints[product.publisher_id]
        judgement = verdict_on(state, product.product_id, fingerprint=fingerprint, now=now).judgement
        body = ActivationBody(
            machine_id=machine.machine_id,
            product_id=product.product_id,
            request_id=self._here.new_uuid(),
            hostname=self._here.hostname,
            fingerprint=fingerprint,
            virtual=self._here.virtual,
            license_status=judgement.status,
            minutes_remaining=min(judgement.minutes_remaining or 0, MAX_MINUTES),
            client_time=now,
        )
        trusted = state.catalogs.get(product.publisher_id)
        revoked = revocations_of(state, product.publisher_id)
        conversation = converse(
            body,
            product.publisher_id,
            known_seq=trusted.newest.seq if trusted else 0,
            known_revocations=revoked.seq if revoked else 0,
            wait=wait,
        )
        heard = hold(conversation, host, self._transport)
        unfollowed = keep_newer_catalogs(self._store, product.publisher_id, heard.catalogs)
        # After the catalogs, of which a newer one may name the key that signed the list.
        unlisted = keep_newer_revocations(
            self._store, product.publisher_id, heard.revocations, now=self._here.clock()
        )
        if isinstance(heard.answer, Waiting):
            return StillShort(heard.answer, host, heard.retry_after)
        pending = Pending(
            machine_id=body.machine_id,
            product_id=body.product_id,
            request_id=body.request_id,
            fingerprint=body.fingerprint,
        )
        try:
            return Activated(self._accept(heard.answer, pending, product.publisher_id, host), host)
        except Untrusted as error:
            # A lease under catalogs or a list that could not be followed fails for their sake.
            raise (unfollowed or unlisted or error) from error

    def _accept(self, granted: Granted, pending: Pending, publisher_id: UUID, host: HostAddress) -> Lease:
        """The lease is verified and kept; the highest time seen is its `iat`."""
        now = self._here.clock()
        draw = self._here.draw()
        taken: list[Lease] = []

        def change(state: ClientState) -> ClientState:
            state, lease = with_granted(
                state, granted, pending, publisher_id=publisher_id, host=host, draw=draw, now=now
            )
            taken.append(lease)
            return state

        self._store.update(change)
        return taken[-1]


def state_to_ask_from(
    product_id: UUID, *, store: ClientStore, here: Surroundings
) -> tuple[ClientState, Machine, InstalledProduct]:
    """The state to ask for a product from: a copied installation has a machine id of its own from here on.

    Raises:
        UsageError: code `not_set_up`, when the product has no key.
        Refused: code `os_id_missing`, when the product's publisher wants no machine like this one.
        LocalFault: the store cannot be written.
    """
    now = here.clock()
    known = store.load()
    product = known.products.get(product_id)
    if product is None:
        raise UsageError(
            Code.NOT_SET_UP,
            f"No key is installed for product {product_id}.",
            "tenure client install-key KEY --catalog FILE",
            hresult="0xC004F014",
        )
    refusal = os_id_refusal(known.definition(product_id), here.fingerprint_source())
    if refusal is not None:
        raise refusal
    fingerprint = here.fingerprint_of(product.publisher_id)
    asking: list[Machine] = []

    def change(state: ClientState) -> ClientState:
        machine = state.machine or Machine(machine_id=here.new_uuid())
        asking.append(recognized(machine, product.publisher_id, fingerprint, here.new_uuid))
        return seen(state.with_machine(asking[-1]), now, here.fingerprint_of)

    return store.update(change), asking[-1], product


def recognized(
    machine: Machine, publisher_id: UUID, fingerprint: str, new_uuid: Callable[[], UUID]
) -> Machine:
    """The machine as it may ask a publisher's hosts: a copy of another installation takes a new machine id.

    So a clone never shares the id of its original (design, section 3).
    """
    known = machine.fingerprints.get(publisher_id)
    if known == fingerprint:
        return machine
    if known is None:
        return replace(machine, fingerprints={**machine.fingerprints, publisher_id: fingerprint})
    return replace(machine, machine_id=new_uuid(), fingerprints={publisher_id: fingerprint})


def with_granted(
    state: ClientState,
    granted: Granted,
    pending: Pending,
    *,
    publisher_id: UUID,
    host: HostAddress,
    draw: float,
    now: int,
) -> tuple[ClientState, Lease]:
    """The state that holds the lease which just arrived, and the lease; `now` is the raw clock.

    Raises:
        Untrusted: the lease does not verify, or its host was superseded.
    """
    trusted = state.catalogs.get(publisher_id)
    machine = state.machine
    if trusted is None or machine is None:
        raise Untrusted(
            Code.CHAIN_BROKEN,
            f"No catalog of publisher {publisher_id} is here to verify a lease with.",
            "Install the product's key again: tenure client install-key KEY --catalog FILE.",
        )
    if machine.machine_id != pending.machine_id or pending.product_id not in state.products:
        # Another program ran rearm or remove-key while the host was answering.
        raise Untrusted(
            Code.LEASE_INVALID,
            "The lease is for what this machine was when it asked; its id or its keys have changed since.",
            "Ask again: tenure client activate.",
        )
    # Only to look up the epoch; that the certificate is genuine, `accept_lease` sees to.
    host_id = certificate_of(read(granted.certificate, Typ.HOST).claims).host_id
    lease, _ = accept_lease(
        granted.lease,
        granted.certificate,
        trusted.newest,
        pending,
        revocations=revocations_of(state, publisher_id),
        now=now,
        highest_epoch=machine.epochs.get(host_id),
    )
    state = state.with_machine(
        replace(
            machine,
            # A signed time is better than any that this machine's own clock ever showed, also if it is earlier.
            highest_seen=lease.iat,
            epochs={**machine.epochs, host_id: lease.epoch},
        )
    )
    held = HeldLease(
        lease=granted.lease,
        certificate=granted.certificate,
        draw=draw,
        host=host,
        found=host not in machine.hosts,
    )
    return state.with_lease(pending.product_id, held), lease


def waiting_may_cure(error: TenureError) -> bool:
    """Whether waiting may cure it."""
    return isinstance(error, Unavailable) or error.code is Code.RATE_LIMITED
