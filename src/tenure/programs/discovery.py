"""How a machine finds its hosts: wires the DNS, and does what `tenure client discovery` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tenure.adapters.dns.machine import MachineDns
from tenure.adapters.dns.server import parse_dns_server
from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.addresses import system_addresses
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.home import home_to_write, homes_to_read
from tenure.adapters.os.randomness import new_uuid
from tenure.client.discovery_settings import DiscoveryChange, change_discovery, parse_domain
from tenure.wire.srv_label import DEFAULT_LABEL, parse_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tenure.client.host_address import HostAddress
    from tenure.client.state import FoundHost, Machine

OWN: Final = "auto"
"""What is typed for the machine's own domain, or its own DNS server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Where to look for hosts this once, as typed; None: as it is set."""

    domain: str | None = None
    dns_server: str | None = None


AS_SET: Final = Lookup()


@dataclass(frozen=True, slots=True)
class Ways:
    """The DNS that a machine asks, and the domain that was named for this once."""

    dns: MachineDns
    domain: str = ""

    @property
    def named_addresses(self) -> Callable[[str], Sequence[str]] | None:
        """What looks up the names of hosts, where a server was named; None: the system does."""
        return self.dns.addresses if self.dns.server is not None else None

    def addresses(self, name: str) -> Sequence[str]:
        """The addresses of a host's name, by the server that was named or by the system.

        Raises:
            Unavailable: code `dns_no_record` or `dns_unavailable`.
        """
        return (self.named_addresses or system_addresses)(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverySettings:
    """How a machine finds its hosts."""

    hosts: tuple[HostAddress, ...] = ()
    """Those that are set: then nothing is looked for."""
    domain: str = ""
    label: str = DEFAULT_LABEL
    dns_server: str = ""
    host_caching: bool = True
    found: FoundHost | None = None
    """The host that answered last, of those that were found."""


def ways(machine: Machine | None, lookup: Lookup = AS_SET) -> Ways:
    """How this machine finds hosts now.

    Raises:
        UsageError: code `invalid_argument`: what was typed is no domain, or no address of a DNS server.
    """
    server = lookup.dns_server or (machine.dns_server if machine is not None else "")
    return Ways(
        MachineDns(parse_dns_server(server) if server else None),
        parse_domain(lookup.domain) if lookup.domain is not None else "",
    )


def discovery(
    given: Path | None,
    *,
    domain: str | None,
    label: str | None,
    dns_server: str | None,
    host_caching: bool | None,
    warn: Callable[[str], None],
) -> DiscoverySettings:
    """How the machine finds its hosts, after what is given was set; with nothing given, nothing is written.

    Raises:
        UsageError: code `invalid_argument`: no domain, no label that hosts stand under, no address of a DNS server.
        LocalFault: the home cannot be used.
    """
    wanted = DiscoveryChange(
        domain=_unless_own(domain, parse_domain),
        label=parse_label(label) if label is not None else None,
        dns_server=_unless_own(dns_server, lambda typed: parse_dns_server(typed).text),
        host_caching=host_caching,
    )
    if wanted == DiscoveryChange():
        stores = [FileClientStore(home.client) for home in homes_to_read(given)]
        store = next((store for store in stores if store.exists), stores[0])
        machine = store.load().machine
    else:
        store = FileClientStore(home_to_write(given).client)
        machine = change_discovery(wanted, store=store, clock=system_clock, new_uuid=new_uuid)
    for damage in store.damaged:
        warn(str(damage))
    if machine is None:
        return DiscoverySettings()
    return DiscoverySettings(
        hosts=machine.hosts,
        domain=machine.lookup_domain,
        label=machine.srv_label,
        dns_server=machine.dns_server,
        host_caching=machine.host_caching,
        found=machine.found_host,
    )


def _unless_own(typed: str | None, parse: Callable[[str], str]) -> str | None:
    if typed is None:
        return None
    return "" if typed.lower() == OWN else parse(typed)
