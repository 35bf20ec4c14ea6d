"""The ledger: what a host remembers of requests. Values and ports; `host.recording` says what is done with them.

What goes into a ledger and comes out of it can be written as MessagePack: a ledger may work in a process of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenure.core.counting import KnownMachine, Sighting
    from tenure.host.retention import Retention


class Outcome(IntEnum):
    """What became of a request. The value is what databases hold; never renumber."""

    GRANTED = 0
    WAITING = 1
    REFUSED = 2


class PoolTerms(Struct, frozen=True, array_like=True):
    """A pool as the ledger counts it."""

    row: int
    """The pool's number in this host's storage."""
    window_seconds: int
    threshold: int


class Entry(Struct, kw_only=True, array_like=True, tag=True):
    """An acceptable request, ready to be recorded. Ids are their 16 bytes, times Unix seconds."""

    now: int
    pool: PoolTerms
    product_row: int
    product_id: bytes
    machine_id: bytes
    fingerprint: bytes
    """16 bytes that stand for the fingerprint."""
    request_id: bytes
    digest: bytes
    """16 bytes that stand for all known fields of the request."""
    hostname: str
    address: str
    virtual: bool
    license_status: int
    minutes_remaining: int
    waking: bool = False
    """The request was recorded before, waited, and asks for its grant now."""
    newcomers: int = 0
    """How many new machines its address may bring in an hour; 0: any number."""


class Refusal(Struct, kw_only=True, array_like=True, tag=True):
    """A request that a rule refused: it is logged, and counts nothing."""

    now: int
    product_id: bytes
    machine_id: bytes
    request_id: bytes
    hostname: str
    address: str
    code: str


class Receipt(Struct, frozen=True, array_like=True):
    """What was recorded of an entry, by the time that it was on disk."""

    outcome: Outcome
    count: int
    """The pool's count after the commit that recorded it."""
    conflict: bool = False
    """The request id was used before by this machine and product for another content."""
    come_back_in: int = 0
    """Not 0: its address brought too many new machines; it was not recorded, and may come after so many seconds."""


@dataclass(slots=True)
class Installation:
    """The last request of a machine for a product: by it a re-send is recognized."""

    request_id: bytes
    digest: bytes
    outcome: int
    log_id: int
    """The log row of the last request."""
    logged_at: int
    """When that row was begun; repeated waits fold into it for an hour."""


class Rows(Protocol):
    """The rows of one open transaction."""

    def machine(self, pool: int, machine_id: bytes) -> KnownMachine | None:
        """The row of a machine id."""
        ...

    def machine_by_fingerprint(self, pool: int, fingerprint: bytes) -> KnownMachine | None:
        """The row of a fingerprint."""
        ...

    def save_machine(self, entry: Entry, first_seen: int) -> None:
        """The machine's row says what `entry` says; it is made if there is none."""
        ...

    def forget_machine(self, pool: int, machine_id: bytes) -> None:
        """The row of a machine id, and what it last asked in this pool, are gone."""
        ...

    def installation(self, product: int, machine_id: bytes) -> Installation | None:
        """The last request of a machine for a product."""
        ...

    def save_installation(self, entry: Entry, installation: Installation) -> None:
        """The last request of a machine for a product is this one."""
        ...

    def log(self, entry: Entry, outcome: Outcome, sighting: Sighting, count: int) -> int:
        """A log row; its id."""
        ...

    def fold(self, log_id: int, now: int) -> None:
        """The log row stands for one request more, the last of them at `now`."""
        ...

    def log_refusal(self, refusal: Refusal) -> None:
        """A log row of a refusal."""
        ...

    def add_totals(self, totals: Mapping[tuple[int, int, str], int]) -> None:
        """Daily totals of (day, outcome, code) rise by these numbers."""
        ...


class Ledger(Protocol):
    """Where a host records requests. Used from one thread at a time."""

    def commit(self, batch: Sequence[Entry | Refusal]) -> list[Receipt | None]:
        """The batch is on disk, as one transaction; a receipt for each entry, None for each refusal.

        Raises:
            Unavailable: code `storage_unavailable`; nothing of the batch counts, and counts are read again.
            Untrusted: code `state_damaged`.
        """
        ...

    def counts(self, now: int) -> dict[int, int]:
        """The count of each pool, by its row, at `now`."""
        ...

    def tidy(self, retention: Retention, now: int) -> None:
        """One small step of letting go of what is older than `retention` says; called each second, it comes round.

        Raises:
            As `commit`.
        """
        ...

    def changed_elsewhere(self) -> bool:
        """Whether another program wrote to the storage since the last call; what was counted is read again then."""
        ...

    @property
    def newest_row(self) -> int:
        """The latest time that stands in a machine's row, 0 when there is none."""
        ...

    def close(self) -> None:
        """The storage is let go; nothing else is called afterwards."""
        ...
