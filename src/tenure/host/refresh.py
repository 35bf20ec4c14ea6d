"""What a host hears of its publishers by itself: newer catalogs, and what was revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tenure.host.setup import enrolment_of, follow_publisher
from tenure.wire.catalog import catalog_of
from tenure.wire.jws import Typ, read
from tenure.wire.revocation import TrustedRevocations, kept_revocations, open_revocations
from tenure.wire.trust import first_catalogs

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.core.catalog import Catalog
    from tenure.core.clock import Clock
    from tenure.host.store import HostStore
    from tenure.wire.publication import PublisherUpdate


class Publisher(Protocol):
    """A publisher that can be asked."""

    def catalogs(self, publisher_id: UUID, *, after: int) -> tuple[str, ...]:
        """Its catalogs that lead from seq `after` to the newest.

        Raises:
            Refused, Unavailable, Untrusted: what it said, or that it did not answer.
        """
        ...

    def revocations(self, publisher_id: UUID) -> str | None:
        """Its newest revocation list; None when there is none yet.

        Raises:
            As `catalogs`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a host knows of a publisher now."""

    catalog: Catalog
    revocations: TrustedRevocations | None


def refresh(publisher_id: UUID, publisher: Publisher, *, store: HostStore, clock: Clock) -> Refreshed:
    """The host knows what the publisher publishes: first its newest catalog, which may name the key of the list.

    Raises:
        Refused, Unavailable, Untrusted: what the publisher said, or that it did not answer.
        Untrusted: a document does not verify, or the list is an old one (`revocation_rolled_back`); it was not taken.
    """
    enrolment = enrolment_of(publisher_id, store=store)
    known_seq = first_catalogs(enrolment.catalogs).newest.seq
    trusted = follow_publisher(enrolment, publisher.catalogs(publisher_id, after=known_seq), store=store)
    return take_revocations(trusted.newest, publisher.revocations(publisher_id), store=store, clock=clock)


def refresh_from_file(update: PublisherUpdate, *, store: HostStore, clock: Clock) -> Refreshed:
    """The host knows what the file says, as if its publisher had said it.

    Raises:
        Untrusted: as `refresh`, or the file is of a publisher that no key was installed for.
    """
    publisher_id = catalog_of(read(update.catalogs[0], Typ.CATALOG).claims).publisher_id
    enrolment = enrolment_of(publisher_id, store=store)
    trusted = follow_publisher(enrolment, update.catalogs, store=store)
    return take_revocations(trusted.newest, update.revocations, store=store, clock=clock)


def take_revocations(catalog: Catalog, token: str | None, *, store: HostStore, clock: Clock) -> Refreshed:
    """The host knows this list, or the same one as before; a newer one that comes between is never overwritten.

    Raises:
        Untrusted: it does not verify, or is an old one (`revocation_rolled_back`); it was not taken.
    """
    while True:
        kept = enrolment_of(catalog.publisher_id, store=store).revocations
        known = kept_revocations(kept, catalog)
        found = open_revocations(token, catalog, known, now=clock()) if token is not None else known
        if (
            found is None
            or found.token == kept
            or store.replace_revocations(catalog.publisher_id, kept, found.token)
        ):
            return Refreshed(catalog, found)
