"""A DNS server in memory that takes updates, and a host's store as far as publishing needs one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenure.core.dns_name import lies_in
from tenure.core.errors import Code, Refused, TenureError
from tenure.core.network import SrvRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.host.dns_plan import DnsRecord


@dataclass
class SettingsInMemory:
    """As much of a store as publishing needs."""

    kept: dict[str, str] = field(default_factory=dict)

    def settings(self) -> dict[str, str]:
        """All of them."""
        return dict(self.kept)

    def save_setting(self, name: str, value: str) -> None:
        """One of them."""
        self.kept[name] = value


@dataclass
class MemoryNameServer:
    """Zones as sets of records, which everybody may change."""

    zones: tuple[str, ...] = ("corp.test",)
    held: list[DnsRecord] = field(default_factory=list)
    failing: dict[str, TenureError] = field(default_factory=dict)
    """Names that fail when their zone is asked for."""
    refusing: dict[str, TenureError] = field(default_factory=dict)
    """Zones whose updates fail."""
    aliases: set[str] = field(default_factory=set)
    """Names that hold a CNAME: what is added there is ignored (RFC 2136, section 3.4.2.2)."""
    asked: list[str] = field(default_factory=list)
    updates: list[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    """Lines that were removed and added, update by update."""

    def zone_of(self, name: str) -> str:
        """The smallest zone with the name."""
        self.asked.append(name)
        if name in self.failing:
            raise self.failing[name]
        holding = [zone for zone in self.zones if lies_in(name, zone)]
        if not holding:
            raise Refused(Code.DNS_UPDATE_FAILED, f"no zone with {name}")
        return max(holding, key=len)

    def update(self, zone: str, *, remove: Sequence[DnsRecord], add: Sequence[DnsRecord]) -> None:
        """All of it is done."""
        if zone in self.refusing:
            raise self.refusing[zone]
        assert all(lies_in(record.name, zone) for record in (*remove, *add))
        self.held = [h for h in self.held if not any(h.same(r) for r in (*remove, *add))]
        self.held += [record for record in add if record.name not in self.aliases]
        self.updates.append((tuple(r.line for r in remove), tuple(r.line for r in add)))

    def services(self, name: str) -> tuple[SrvRecord, ...]:
        """The SRV records of a name."""
        found = []
        for record in self.held:
            if (record.name, record.type) == (name, "SRV"):
                priority, weight, port, target = record.data.split()
                found.append(
                    SrvRecord(int(priority), int(weight), int(port), target.removesuffix("."), record.ttl)
                )
        return tuple(found)

    def addresses(self, name: str) -> tuple[str, ...]:
        """The A and AAAA records of a name."""
        return tuple(r.data for r in self.held if r.name == name and r.type in {"A", "AAAA"})

    @property
    def lines(self) -> set[str]:
        """All that it holds."""
        return {record.line for record in self.held}
