"""What a host keeps beside its ledger: who it is, whose catalogs and certificates it holds, its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tenure.core.catalog import Catalog
    from tenure.core.license_status import LicenseStatus


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """Who a host is, from its first installed key on."""

    host_id: UUID
    epoch: int
    """Unix seconds of the activation or the last restore; 0 before the first activation."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A publisher as a host knows it: its catalogs as they travel, and what else there is of it so far."""

    publisher_id: UUID
    catalogs: tuple[str, ...]
    certificate: str | None
    """The host's own."""
    revocations: str | None
    """The newest revocation list."""


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The numbers under which pools and products stand in the ledger."""

    pools: Mapping[tuple[UUID, str], int]
    products: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class RequestTotals:
    """How many requests were answered, and how, since the host was set up."""

    granted: int
    waiting: int
    refused: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.granted + self.waiting + self.refused


class HostStore(Protocol):
    """Small transactions, each whole or not at all. Every method raises as `Ledger.commit` does."""

    def identity(self) -> HostIdentity | None:
        """Who this host is; None before the first key is installed."""
        ...

    def set_identity(self, identity: HostIdentity) -> None:
        """The host is this one."""
        ...

    def enrolments(self) -> Sequence[Enrolment]:
        """All publishers whose catalogs this host holds."""
        ...

    def save_catalogs(self, publisher_id: UUID, tokens: Sequence[str], newest: Catalog) -> None:
        """The publisher's catalogs are these; every pool and product of the newest has a row."""
        ...

    def save_certificate(self, publisher_id: UUID, token: str) -> None:
        """The host's certificate of this publisher is this one."""
        ...

    def replace_revocations(self, publisher_id: UUID, before: str | None, after: str) -> bool:
        """The publisher's list is `after`, if it was `before`; whether it was: another program may come between."""
        ...

    def rows(self) -> StoredRows:
        """The numbers of all pools and products."""
        ...

    def settings(self) -> Mapping[str, str]:
        """All settings that were made."""
        ...

    def save_setting(self, name: str, value: str) -> None:
        """The setting has this value."""
        ...

    def known_machines(self) -> Mapping[int, int]:
        """How many machines each pool knows, by its row, in the window or not."""
        ...

    def totals(self) -> RequestTotals:
        """How many requests were answered, and how."""
        ...

    def requests_by_status(self) -> Mapping[LicenseStatus, int]:
        """How many accepted requests in the log came from machines of each license status; 0 is left out."""
        ...


def identity_of(store: HostStore) -> HostIdentity:
    """Who this host is.

    Raises:
        UsageError: code `not_set_up`, before the first key is installed.
    """
    identity = store.identity()
    if identity is None:
        raise UsageError(
            Code.NOT_SET_UP,
            "This host has no key yet.",
            "Install the one that the publisher gave you: tenure host install-key KEY --catalog FILE.",
        )
    return identity
