"""What a publisher keeps: who it is, its catalogs, the keys it issued, who holds them, and an audit of all of it.

Everything is read and written inside a transaction, so a decision and what follows from it stand or fall together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tenure.core.enrolment import Installation
from tenure.core.errors import Code, Untrusted, UsageError
from tenure.publisher.audit import AuditRows
from tenure.publisher.tokens import TokenRows
from tenure.wire.trust import TrustedCatalogs, first_catalogs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    from tenure.core.enrolment import HostSeat
    from tenure.core.product_key import KeyType
    from tenure.core.revocation import Revocable, Revocation
    from tenure.wire.keys import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A secret product key as its publisher keeps it: the public half of the derived pair, never the key."""

    key_id: str
    public_x: str
    type: KeyType
    product_number: int
    pools: tuple[str, ...] | None
    """The pools that a host may grant with it; None: all of the catalog's."""
    limit: int
    """How many hosts or machines it may activate."""
    customer: str
    agreement: str
    trial: bool
    partial: str
    """Its last five characters."""
    issued_at: int
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds an activation of a key."""

    activation_id: UUID
    """Of a machine also the id of its grant."""
    seat: HostSeat | Installation
    at: int
    """When it last got a certificate or a grant, Unix seconds."""

    @property
    def sub(self) -> UUID:
        """The host or the machine, by its own id."""
        return self.seat.machine_id if isinstance(self.seat, Installation) else self.seat.host_id


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a request was answered: the same request again gets the same."""

    request_digest: bytes
    token: str
    key_id: str
    used: int
    """Places of the key that were taken then, this one included."""
    limit: int


class Rows(AuditRows, TokenRows, Protocol):
    """The rows of one open transaction."""

    def publisher_id(self) -> UUID | None:
        """Who the publisher is; None before `init`."""
        ...

    def set_publisher_id(self, publisher_id: UUID) -> None:
        """The publisher is this one."""
        ...

    def catalogs(self) -> tuple[str, ...]:
        """The catalogs as they travel."""
        ...

    def save_catalogs(self, tokens: Sequence[str]) -> None:
        """The catalogs are these."""
        ...

    def add_key(self, key: IssuedKey) -> None:
        """The key was issued."""
        ...

    def key(self, key_id: str) -> IssuedKey | None:
        """The key that was issued under this id."""
        ...

    def issued_keys(self, *, after: str | None = None) -> Iterator[tuple[IssuedKey, int]]:
        """All keys that were issued, oldest first, each with how many of its places are taken. Read one by one.

        `after`: only those that were issued after the key of this id, which exists.
        """
        ...

    def keys_beginning(self, start: str) -> Sequence[IssuedKey]:
        """The keys whose id begins so, oldest first; ten at most."""
        ...

    def keys_held_by(self, holder: str) -> Sequence[str]:
        """The ids of the keys of which a host or machine of this id, or of this fingerprint, holds an activation."""
        ...

    def save_customer(self, key_id: str, customer: str, agreement: str) -> None:
        """The key is this customer's, under this agreement."""
        ...

    def used(self, key_id: str) -> int:
        """How many places of a key are taken."""
        ...

    def block_key(self, key_id: str) -> None:
        """The key of this id activates nothing any more."""
        ...

    def holders(self, key_id: str) -> Sequence[Holder]:
        """Who holds activations of a key, oldest first."""
        ...

    def installation(self, key_id: str, fingerprint: str) -> Holder | None:
        """Which installation with this fingerprint holds an activation of a key."""
        ...

    def holder(self, activation_id: UUID) -> tuple[Holder, IssuedKey] | None:
        """Who holds this activation, and of which key."""
        ...

    def save_holder(self, key_id: str, holder: Holder) -> None:
        """The holder's activation stands; one of the same id is replaced."""
        ...

    def remove_holder(self, activation_id: UUID) -> None:
        """The place is free again."""
        ...

    def free_places(self, host_id: UUID) -> int:
        """The host holds no activation of any key; how many it held."""
        ...

    def revoke(self, revocation: Revocation) -> None:
        """The subject is revoked so; an earlier word about it is replaced."""
        ...

    def revocation(self, kind: Revocable, subject: str) -> Revocation | None:
        """How the subject is revoked."""
        ...

    def revocations(self) -> Sequence[Revocation]:
        """All that is revoked, in the order in which it first was."""
        ...

    def revocation_list(self) -> str | None:
        """The newest signed list; None before the first."""
        ...

    def save_revocation_list(self, token: str) -> None:
        """The newest signed list is this one."""
        ...

    def answer(self, request_id: str) -> StoredAnswer | None:
        """What the request of this id was answered."""
        ...

    def save_answer(self, request_id: str, answer: StoredAnswer) -> None:
        """The request of this id was answered."""
        ...


class PublisherStore(Protocol):
    """Where the rows are."""

    def transaction(self) -> AbstractContextManager[Rows]:
        """Rows to read and write, committed at the end of the block, undone by an error; one at a time.

        Raises:
            Unavailable: code `storage_unavailable`.
            Untrusted: code `state_damaged`.
        """
        ...

    def reading(self) -> AbstractContextManager[Rows]:
        """Rows to read, as of one moment."""
        ...


class KeyRing(Protocol):
    """The publisher's own keys."""

    def root(self) -> SigningKey:
        """The key that signs catalogs; may be offline.

        Raises:
            UsageError: code `not_set_up`, when it is not here.
        """
        ...

    def signing_key(self) -> SigningKey:
        """The key that signs certificates."""
        ...

    def next_root(self) -> SigningKey:
        """The root that is to follow: made at the first call, the same at every other until `use_next_root`."""
        ...

    def use_next_root(self) -> None:
        """The next root is the root; the one before is kept aside. Without a next one nothing happens."""
        ...

    def next_signing_key(self) -> SigningKey:
        """The signing key that is to follow, as `next_root`."""
        ...

    def use_next_signing_key(self) -> None:
        """The next signing key is the signing key, as `use_next_root`."""
        ...


def publisher_id_of(rows: Rows) -> UUID:
    """Who the publisher is.

    Raises:
        UsageError: code `not_set_up`, before `init`.
    """
    publisher_id = rows.publisher_id()
    if publisher_id is None:
        raise UsageError(
            Code.NOT_SET_UP,
            "There is no publisher in this home.",
            "Make one with: tenure publisher init --name NAME.",
        )
    return publisher_id


def catalogs_of(rows: Rows) -> TrustedCatalogs:
    """The publisher's own catalogs, verified as everybody else will verify them.

    Raises:
        UsageError: code `not_set_up`, before `init`.
        Untrusted: code `state_damaged`, when they do not verify.
    """
    publisher_id_of(rows)
    try:
        return first_catalogs(rows.catalogs())
    except Untrusted as error:
        raise Untrusted(
            Code.STATE_DAMAGED,
            f"The publisher's own catalogs do not verify. {error.detail}",
            "Stop the publisher and restore the newest backup of its home.",
        ) from error
