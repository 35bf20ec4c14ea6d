"""What a host remembers of its publishing: which records are its own, and how the last attempts ended.

A host takes back exactly what it published and nothing else, so it must know that for sure: a record is remembered
before it is sent. What is remembered is text in the host's settings, as options are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import msgspec

from tenure.core.policy import DAY
from tenure.host.dns_plan import DnsRecord  # noqa: TC001 - msgspec reads the annotations of DnsMemory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenure.host.store import HostStore

MEMORY_SETTING: Final = "dns_published"
PERIOD: Final = DAY
"""Seconds between publications that succeed; Windows publishes once a day, too."""
FIRST_RETRY: Final = 600
"""Seconds after a first failure; doubled after each further one, up to the period."""
_DOUBLINGS: Final = 8
"""More than it takes to reach the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsMemory:
    """Times in Unix seconds."""

    records: dict[str, tuple[DnsRecord, ...]] = field(default_factory=dict)
    """This host's own records, by zone; one whose update failed may be among them though it is not there."""
    last_success: int | None = None
    """When all zones were last published."""
    last_failure: int | None = None
    failing_since: int | None = None
    """The first failure after the last success; None while all is well."""
    failures: int = 0
    """In a row."""
    reason: str = ""
    """Why the last attempt failed; empty while all is well."""

    def with_records(self, zone: str, records: Sequence[DnsRecord]) -> DnsMemory:
        """The same, with these records in a zone."""
        others = {name: kept for name, kept in self.records.items() if name != zone}
        return replace(self, records={**others, zone: tuple(records)} if records else others)

    def after(self, reason: str, now: int) -> DnsMemory:
        """The same after an attempt that failed for a reason, or succeeded: an empty one."""
        if not reason:
            return DnsMemory(records=self.records, last_success=now, last_failure=self.last_failure)
        return replace(
            self,
            last_failure=now,
            failing_since=now if self.failing_since is None else self.failing_since,
            failures=self.failures + 1,
            reason=reason,
        )

    def due(self, now: int) -> int:
        """When the host is to publish next. A clock that was set back makes it due at once."""
        if self.failures and self.last_failure is not None:
            last, pause = self.last_failure, min(FIRST_RETRY << min(self.failures - 1, _DOUBLINGS), PERIOD)
        elif self.last_success is not None:
            last, pause = self.last_success, PERIOD
        else:
            return now
        return now if last > now else last + pause

    def failed_too_long(self, now: int) -> bool:
        """Whether it has failed for over a day, so that somebody should hear of it."""
        return self.failing_since is not None and now - self.failing_since > PERIOD


def read_dns_memory(stored: Mapping[str, str]) -> DnsMemory:
    """What is remembered; never raises. What cannot be read is nothing remembered."""
    try:
        return msgspec.json.decode(stored.get(MEMORY_SETTING, "{}"), type=DnsMemory)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return DnsMemory()


def save_dns_memory(memory: DnsMemory, *, store: HostStore) -> None:
    """This is remembered from now on."""
    store.save_setting(MEMORY_SETTING, msgspec.json.encode(memory).decode())
