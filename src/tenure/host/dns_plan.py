"""Which records a host publishes, decided: what was said, and the defaults for the rest.

The defaults are those that Microsoft's hosts publish (priority 0, weight 0, port 1688: kms-facts, section 5), so that
hosts share their machines evenly and nobody has to think. An hour is the time for which a machine may still be sent to
a host that was taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from tenure.core.dns_name import lies_in, parse_dns_name
from tenure.core.errors import Code, UsageError
from tenure.core.network import SrvRecord
from tenure.host.dns_options import HOST_EXAMPLE, checked_address
from tenure.wire.srv_label import DEFAULT_LABEL, service_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.host.dns_options import DnsOptions

DEFAULT_TTL: Final = 3_600
"""Seconds."""


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record, in the text form of zone files. Every name in it is whole; `data` has the final dots."""

    name: str
    """Without the final dot."""
    type: str
    """SRV, A or AAAA."""
    data: str
    ttl: int
    """Seconds."""

    @property
    def line(self) -> str:
        """The record as a line of a zone file (RFC 1035, section 5.1)."""
        return f"{self.name}. {self.ttl} IN {self.type} {self.data}"

    def same(self, other: DnsRecord) -> bool:
        """Whether the two are one record to the DNS: a time to live is no part of what a record is."""
        return (self.name, self.type, self.data) == (other.name, other.type, other.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsPlan:
    """All that is published. Names are lower case without a final dot."""

    zones: tuple[str, ...]
    label: str
    service: SrvRecord
    addresses: tuple[str, ...]

    def service_name(self, zone: str) -> str:
        """Under which name the hosts of a zone stand."""
        return service_name(self.label, zone)

    def service_record(self, zone: str) -> DnsRecord:
        """This host's SRV record in a zone (RFC 2782)."""
        srv = self.service
        data = f"{srv.priority} {srv.weight} {srv.port} {srv.target}."
        return DnsRecord(self.service_name(zone), "SRV", data, srv.ttl)

    def records(self, zone: str) -> tuple[DnsRecord, ...]:
        """All records of this host in a zone: its service, and its addresses if its name lies there."""
        addresses = self.addresses if zone == self._address_zone else ()
        target, ttl = self.service.target, self.service.ttl
        return (
            self.service_record(zone),
            *(DnsRecord(target, "A" if ip_address(a).version == 4 else "AAAA", a, ttl) for a in addresses),  # noqa: PLR2004 - IPv4
        )

    @property
    def _address_zone(self) -> str | None:
        """The zone that holds the target; of several the smallest, for the larger one only delegates to it."""
        holding = [zone for zone in self.zones if lies_in(self.service.target, zone)]
        return max(holding, key=len, default=None)


def make_plan(
    options: DnsOptions,
    *,
    own_name: Callable[[], str],
    own_address: Callable[[], str],
    listening_port: int,
) -> DnsPlan:
    """What checked options mean on this machine; `own_name` and `own_address` are asked only where they are needed.

    Raises:
        UsageError: code `invalid_argument`: no zone, no usable name or address of this machine, or addresses of a
            target that lies in none of the zones.
    """
    if not options.zones:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "No zone is named.",
            "Name the DNS domain in which the machines look, once or several times: --zone corp.example.",
        )
    target = options.target or parse_dns_name(own_name(), what="name of a host", example=HOST_EXAMPLE)
    addresses = options.addresses or ((checked_address(own_address()),) if options.own_address else ())
    plan = DnsPlan(
        zones=options.zones,
        label=options.label or DEFAULT_LABEL,
        service=SrvRecord(
            priority=options.priority or 0,
            weight=options.weight or 0,
            port=options.port or listening_port,
            target=target,
            ttl=DEFAULT_TTL if options.ttl is None else options.ttl,
        ),
        addresses=addresses,
    )
    if addresses and not any(lies_in(target, zone) for zone in plan.zones):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"The addresses of {target} cannot be published: it lies in none of the zones.",
            "Name the zone that it lies in as well, or leave the addresses away.",
        )
    return plan
