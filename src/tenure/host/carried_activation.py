"""Activating a host without a network: its request is carried to the publisher, and the confirmation back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.core.errors import Code, Untrusted
from tenure.host.refresh import take_revocations
from tenure.host.setup import accept_certificate, draft_activation, follow_publisher
from tenure.wire.certificate import certificate_of
from tenure.wire.jws import Typ, read
from tenure.wire.parcel import CarriedRequest, Requests
from tenure.wire.pending import check_lives
from tenure.wire.request import request_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tenure.core.certificate import HostCertificate
    from tenure.core.clock import Clock
    from tenure.host.setup import KeyFolder
    from tenure.host.store import Enrolment, HostStore
    from tenure.wire.enrolment import HostActivated
    from tenure.wire.parcel import Confirmations
    from tenure.wire.pending import PendingFolder, PendingRequests
    from tenure.wire.request import ActivationRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedAway:
    """A host's request on its way to a publisher."""

    publisher_id: UUID
    publisher: str
    contact: str
    request_id: str
    valid_until: int
    """Unix seconds."""
    parcel: Requests


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a confirmation brought this host."""

    answer: HostActivated
    certificate: HostCertificate


def carry_away(
    publisher_id: UUID | None,
    *,
    store: HostStore,
    keys: KeyFolder,
    folder: PendingFolder,
    fingerprint_of: Callable[[UUID], str],
    new_uuid: Callable[[], UUID],
    clock: Clock,
) -> CarriedAway:
    """A request for this host's certificate, to be carried to the publisher; the home keeps what will answer it.

    Raises:
        UsageError: as `draft_activation`.
    """
    draft = draft_activation(
        publisher_id,
        store=store,
        keys=keys,
        fingerprint_of=fingerprint_of,
        new_uuid=new_uuid,
        clock=clock,
    )
    before = folder.pending(draft.publisher_id)
    folder.save_pending(draft.publisher_id, before.with_request(draft.token, now=clock()))
    return CarriedAway(
        publisher_id=draft.publisher_id,
        publisher=draft.catalog.name,
        contact=draft.catalog.contact,
        request_id=draft.request_id,
        valid_until=request_of(draft.token).exp,
        parcel=Requests(
            requests=(
                CarriedRequest(
                    request=draft.token, publisher_id=draft.publisher_id, catalog_seq=draft.catalog.seq
                ),
            )
        ),
    )


def accept_confirmation(
    parcel: Confirmations,
    *,
    store: HostStore,
    keys: KeyFolder,
    folder: PendingFolder,
    clock: Clock,
    publisher_id: UUID | None = None,
) -> list[Confirmed]:
    """The host is activated by the newest certificate in the parcel that answers a request of its own.

    1. the parcel's catalogs of publishers that are known here are followed, and a newer revocation list is taken
    2. a certificate is for this host if its publisher is known here, and its nonce is a pending request's
    3. that request is not too old
    4. it is not older than the certificate that the host holds by now
    5. it is taken as one that came over the network (`accept_certificate`)
    6. a refusal counts where no certificate answers that publisher's requests

    One of each publisher that the host knows is taken, or that of `publisher_id` alone. The same confirmation may come twice.

    Raises:
        Untrusted: catalogs do not follow (1); `certificate_invalid`, when none is for this host (2) or it is older (4); as
            `accept_certificate` (5).
        Refused: `request_expired` (3); what the publisher said (6). What others granted was taken all the same.
    """
    confirmed, refused = [], []
    for enrolment in store.enrolments():
        known = enrolment.publisher_id
        # 1
        _hear(parcel, enrolment, store=store, clock=clock)
        if publisher_id not in {None, known}:
            continue
        # 2
        pending = folder.pending(known)
        found = _newest_answer(parcel, known, pending)
        if found is None:
            refused.append(parcel.refusal_of(known, pending.by_id()))
            continue
        answer, claimed, request = found
        # 3
        check_lives(request, now=clock())
        # 4
        _check_not_older(claimed, enrolment.certificate)
        # 5
        certificate = accept_certificate(
            answer.certificate,
            (),
            publisher_id=known,
            request_id=request.request_id,
            store=store,
            keys=keys,
            clock=clock,
        )
        confirmed.append(Confirmed(answer, certificate))
    # 6
    for refusal in refused:
        if refusal is not None:
            raise refusal.error()
    if not confirmed:
        raise Untrusted(
            Code.CERTIFICATE_INVALID,
            f"None of {len(parcel.certificates)} certificates in it answers a request of this host.",
            "Take the confirmation of this host's request; or make a new one: tenure host activate --offline FILE.",
        )
    return confirmed


def _hear(parcel: Confirmations, enrolment: Enrolment, *, store: HostStore, clock: Clock) -> None:
    trusted = follow_publisher(enrolment, parcel.catalogs_of(enrolment.publisher_id), store=store)
    listed = parcel.newest_list_of(enrolment.publisher_id)
    # An old parcel brings an old list, and whoever altered one must not keep a certificate out: what is known counts.
    with suppress(Untrusted):
        take_revocations(trusted.newest, listed, store=store, clock=clock)


def _newest_answer(
    parcel: Confirmations, publisher_id: UUID, pending: PendingRequests
) -> tuple[HostActivated, HostCertificate, ActivationRequest] | None:
    requests = pending.by_id()
    own = []
    for answer in parcel.certificates:
        claimed = certificate_of(read(answer.certificate, Typ.HOST).claims)
        request = requests.get(claimed.nonce)
        if request is not None and claimed.publisher_id == publisher_id:
            own.append((answer, claimed, request))
    return max(own, key=lambda found: found[1].iat, default=None)


def _check_not_older(claimed: HostCertificate, held: str | None) -> None:
    if held is None:
        return
    since = certificate_of(read(held, Typ.HOST).claims).iat
    if claimed.iat < since:
        raise Untrusted(
            Code.CERTIFICATE_INVALID,
            f"This certificate is of {claimed.iat}; the host holds a newer one, of {since}.",
            "There is nothing to do: the newer one counts.",
        )
