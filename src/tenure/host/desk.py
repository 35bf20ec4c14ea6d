"""The activation desk: one request from its body to its answer.

    judge -> record (group commit) -> grant, or hold until the threshold is reached -> grant

A request is on disk before its answer leaves; a refused one is logged and counts nothing. Runs on one event loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from tenure.core.activation import check_certificate, check_client_clock, check_host_clock, reaches
from tenure.core.errors import Code, Refused, TenureError
from tenure.core.lease import Lease, term
from tenure.core.license_status import LicenseStatus
from tenure.core.peers import is_loopback
from tenure.host.ledger import Entry, Outcome, Receipt, Refusal
from tenure.host.served import Served
from tenure.host.waiting_room import Call, WaitingRoom
from tenure.wire.activation import MAX_WAIT, ActivationBody, Granted, Waiting
from tenure.wire.lease import LeaseMint
from tenure.wire.revoked import check_not_revoked

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable
    from uuid import UUID

    from tenure.core.clock import Clock
    from tenure.host.served import ServedProduct
    from tenure.wire.keys import Signer

RETRY_HELD: Final = 1
"""`Retry-After` seconds of a request that was held and is still short: it may ask again at once."""
RETRY_FULL: Final = 60
"""The same, when all seats of the waiting room are taken."""
RETRY_STOPPING: Final = 5
"""The same, while the host is stopping: a restarted host will be there."""

_STATUS_NUMBERS: Final = {status: number for number, status in enumerate(LicenseStatus)}


@dataclass(frozen=True, slots=True)
class Held:
    """A 202: recorded, the count still short."""

    body: Waiting
    retry_after: int
    waited: int | None
    """The seconds that were granted by `Prefer: wait`; None when the request was not held."""


class Desk:
    """Decides, records and answers. `served` is replaced as a whole when the host's documents change."""

    def __init__(
        self,
        *,
        submit: Callable[[Entry | Refusal], Future[Receipt | None]],
        clock: Clock,
        room: WaitingRoom | None = None,
    ) -> None:
        """A desk that serves nothing until `serve`; `submit` is a commit queue's."""
        self.served = Served(identity=None)
        self.room = WaitingRoom() if room is None else room  # an empty one is false
        self.counts: dict[int, int] = {}
        self._newest_row = 0
        self._stopping = False
        self._submit = submit
        self._clock = clock
        self._mint: LeaseMint | None = None

    def serve(self, served: Served, signer: Signer) -> None:
        """From now on requests are judged by this snapshot; whoever waits may be granted by it at once."""
        self.served = served
        self._mint = LeaseMint(signer)
        self._wake_reached()

    def counted(self, counts: dict[int, int], newest_row: int) -> None:
        """The ledger's counts after a commit; pools that reach their threshold wake those who wait for them."""
        self.counts = counts
        self._newest_row = newest_row
        if len(self.room):
            self._wake_reached()

    def close(self) -> None:
        """Held requests are let go, and new ones are not held any more."""
        self._stopping = True
        self.room.close()

    async def activate(self, body: ActivationBody, *, address: str, wait: int) -> Granted | Held:
        """The answer to a request, `wait` being what `Prefer: wait` asked for (0: nothing).

        1. the product is served; 2. the host's own clock is right; 3. its certificate is valid and not revoked; 4. the
        clocks agree; 5. the request is recorded, unless its address brought too many new machines, and no other with
        its id was; 6. it is granted, or held, or answered as waiting.

        Raises:
            Refused, Unavailable: the codes of design section 5, each logged before it is raised.
        """
        now = self._clock()
        try:
            product = self.served.product(body.product_id)  # 1
            check_host_clock(self._newest_row, now)  # 2
            check_not_revoked(product.revocation, now)  # 3
            check_certificate(product.certificate, now)
            check_client_clock(body.client_time, now)  # 4
        except TenureError as error:
            await self._submit(_refusal(body, address, error, now))
            raise
        newcomers = 0 if is_loopback(address) else self.served.new_machines
        entry = _entry(body, product, address, newcomers, now)
        receipt = await self._record(entry)  # 5
        if receipt.come_back_in:
            raise Refused(
                Code.RATE_LIMITED,
                f"From {address} more new machines came within an hour than this host takes from one address.",
                "Machines that it knows are served. Its administrator can raise the limit: tenure host limits.",
                retry_after=receipt.come_back_in,
            )
        if receipt.conflict:
            raise Refused(
                Code.INVALID_REQUEST,
                f"Request {body.request_id} was sent before with other content.",
                "Use a new request_id for a new request.",
            )
        # 6
        if receipt.outcome is Outcome.GRANTED:
            return self._grant(body, product, receipt.count)
        may_wait = body.license_status is not LicenseStatus.LICENSED
        seconds = min(wait, MAX_WAIT) if may_wait else 0
        if not seconds:
            return self._held(product, receipt.count, product.retry_interval_s)
        return await self._hold(body, product, entry, receipt.count, seconds)

    async def _hold(
        self, body: ActivationBody, product: ServedProduct, entry: Entry, count: int, seconds: int
    ) -> Granted | Held:
        """Wait in the room; on waking the count is read anew and the grant committed, then answered."""
        if self._stopping:
            return self._held(product, count, RETRY_STOPPING)
        seat = self.room.enter(product.terms.row, (product.row, entry.machine_id))
        if seat is None:
            return self._held(product, count, RETRY_FULL)
        # The threshold may have been reached between this request's commit and its taking a seat.
        if reaches(self.counts.get(product.terms.row, 0), product.terms.threshold):
            seat.call(Call.THRESHOLD)
        started = self._clock()
        why = await seat.called(seconds)
        self.room.leave(seat)
        if why is Call.STOPPING:
            return self._held(product, count, RETRY_STOPPING, seconds)
        if why is not Call.THRESHOLD:
            return self._held(product, count, RETRY_HELD, seconds)
        # A new certificate may have woken it: the grant is judged by what is served now.
        product = self.served.products.get(body.product_id, product)
        now = self._clock()
        try:
            check_not_revoked(product.revocation, now)
        except TenureError as error:
            await self._submit(_refusal(body, entry.address, error, now))
            raise
        entry.pool, entry.now, entry.waking = product.terms, now, True
        receipt = await self._record(entry)
        if receipt.outcome is Outcome.GRANTED:
            return self._grant(body, product, receipt.count)
        # The count fell again before this request's turn: back to a seat for what is left of its time.
        left = seconds - (self._clock() - started)
        if left <= 0:
            return self._held(product, receipt.count, RETRY_HELD, seconds)
        return await self._hold(body, product, entry, receipt.count, left)

    async def _record(self, entry: Entry) -> Receipt:
        receipt = await self._submit(entry)
        if receipt is None:  # pragma: no cover - a ledger that breaks its contract
            raise AssertionError("the ledger gave an entry no receipt")
        return receipt

    def _grant(self, body: ActivationBody, product: ServedProduct, count: int) -> Granted:
        identity = self.served.identity
        if self._mint is None or identity is None:  # pragma: no cover - no product is served without both
            raise AssertionError("a product is served without a host key")
        iat, exp = term(product.policy, self._clock())
        lease = Lease(
            lease_id=_lease_id(identity.host_id, body),
            host_id=identity.host_id,
            machine_id=body.machine_id,
            product_id=body.product_id,
            pool=product.pool,
            nonce=str(body.request_id),
            fingerprint=body.fingerprint,
            count=count,
            threshold=product.terms.threshold,
            iat=iat,
            exp=exp,
            renew_after=iat + product.renewal_interval_s,
            epoch=identity.epoch,
        )
        return Granted(
            lease=self._mint.mint(lease),
            certificate=product.certificate_token,
            count=count,
            threshold=product.terms.threshold,
            renewal_interval_s=product.renewal_interval_s,
            catalog_seq=product.catalog_seq,
            revocation_seq=product.revocation_seq,
        )

    def _held(self, product: ServedProduct, count: int, retry_after: int, waited: int | None = None) -> Held:
        threshold = product.terms.threshold
        body = Waiting(
            count=count,
            threshold=threshold,
            missing=max(0, threshold - count),
            retry_interval_s=product.retry_interval_s,
            contact=product.contact,
            catalog_seq=product.catalog_seq,
            revocation_seq=product.revocation_seq,
        )
        return Held(body, retry_after, waited)

    def _wake_reached(self) -> None:
        for terms in {product.terms for product in self.served.products.values()}:
            if reaches(self.counts.get(terms.row, 0), terms.threshold):
                self.room.wake(terms.row)


def _entry(body: ActivationBody, product: ServedProduct, address: str, newcomers: int, now: int) -> Entry:
    return Entry(
        now=now,
        pool=product.terms,
        product_row=product.row,
        product_id=body.product_id.bytes,
        machine_id=body.machine_id.bytes,
        fingerprint=_short(body.fingerprint.encode()),
        request_id=body.request_id.bytes,
        digest=_short(
            f"{body.hostname}\n{body.fingerprint}\n{body.virtual:d}\n{body.license_status}\n"
            f"{body.minutes_remaining}\n{body.client_time}".encode()
        ),
        hostname=body.hostname,
        address=address,
        virtual=body.virtual,
        license_status=_STATUS_NUMBERS[body.license_status],
        minutes_remaining=body.minutes_remaining,
        newcomers=newcomers,
    )


def _refusal(body: ActivationBody, address: str, error: TenureError, now: int) -> Refusal:
    return Refusal(
        now=now,
        product_id=body.product_id.bytes,
        machine_id=body.machine_id.bytes,
        request_id=body.request_id.bytes,
        hostname=body.hostname,
        address=address,
        code=error.code.value,
    )


def _lease_id(host_id: UUID, body: ActivationBody) -> str:
    """A UUIDv8 (RFC 9562) of host, machine, product and request.

    Derived, so that a re-send after a lost answer gets the lease that the log knows by its request; by hand, because
    `uuid5` costs as much as everything else that the desk does.
    """
    named = host_id.bytes + body.machine_id.bytes + body.product_id.bytes + body.request_id.bytes
    digits = blake2b(named, digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _short(data: bytes) -> bytes:
    """16 bytes that stand for `data`: rows stay small, and nobody can be told from them."""
    return blake2b(data, digest_size=16).digest()
