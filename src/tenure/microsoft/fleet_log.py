"""Where imported facts are kept: a set of them, so that importing in any order, twice or in pieces changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import msgspec

from tenure.microsoft.events import Fact, Happening, KmsRequest
from tenure.microsoft.license_snapshot import LicenseSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kept: TypeAlias = Fact | LicenseSnapshot


class FleetLog(Protocol):
    """Keeps facts. One batch is one transaction: all of it is kept, or nothing."""

    def add(self, batch: Sequence[Kept]) -> int:
        """Every fact of the batch is kept; gives how many were not known before.

        A snapshot that says the same as a known one is that one, seen again: the later time stays.
        """
        ...

    def requests(self) -> Iterator[KmsRequest]:
        """Every request at a host, in no order."""
        ...

    def happenings(self) -> Iterator[Happening]:
        """Everything else that events told, in no order."""
        ...

    def snapshots(self) -> Iterator[LicenseSnapshot]:
        """What machines and hosts said about their licenses, in no order."""
        ...


@dataclass
class MemoryFleetLog:
    """A log in memory."""

    def __post_init__(self) -> None:
        """Nothing is known."""
        self._facts: set[Fact] = set()
        self._snapshots: dict[LicenseSnapshot, int] = {}

    def add(self, batch: Sequence[Kept]) -> int:
        """As the protocol says."""
        before = len(self._facts) + len(self._snapshots)
        for fact in batch:
            if isinstance(fact, LicenseSnapshot):
                key = msgspec.structs.replace(fact, taken_at=0)
                self._snapshots[key] = max(fact.taken_at, self._snapshots.get(key, 0))
            else:
                self._facts.add(fact)
        return len(self._facts) + len(self._snapshots) - before

    def requests(self) -> Iterator[KmsRequest]:
        """As the protocol says."""
        return (fact for fact in self._facts if isinstance(fact, KmsRequest))

    def happenings(self) -> Iterator[Happening]:
        """As the protocol says."""
        return (fact for fact in self._facts if not isinstance(fact, KmsRequest))

    def snapshots(self) -> Iterator[LicenseSnapshot]:
        """As the protocol says."""
        return (msgspec.structs.replace(key, taken_at=at) for key, at in self._snapshots.items())
