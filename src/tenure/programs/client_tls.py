"""A machine's rules for TLS: whether it is demanded of hosts, and which authorities are trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.files.own_ca import HOSTS_CA
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.randomness import new_uuid
from tenure.client import setup
from tenure.programs.contact import keep_hosts_ca, trust_for_publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tenure.adapters.os.home import Home
    from tenure.client.host_address import HostAddress
    from tenure.client.state import InstalledProduct


@dataclass(frozen=True, slots=True)
class TlsRule:
    """How a machine asks its hosts."""

    required: bool
    """Over TLS only; else only those that were set with `https://`."""
    ca: Path | None
    """The file whose authorities alone are trusted; None: the system's are."""
    hosts: tuple[HostAddress, ...]

    @property
    def refused(self) -> list[HostAddress]:
        """Hosts that are set to be asked without TLS although it is demanded; they are not asked at all."""
        return [host for host in self.hosts if self.required and host.scheme == "http"]


def tls_rule(home: Home) -> TlsRule:
    """How the machine in this home asks its hosts."""
    state = FileClientStore(home.client).load()
    hosts = state.machine.hosts if state.machine else ()
    return TlsRule(state.tls_required, home.client / HOSTS_CA if state.own_ca else None, hosts)


def set_tls(home: Home, *, required: bool, warn: Callable[[str], None]) -> TlsRule:
    """The machine in this home asks its hosts over TLS only; or no longer, but for those set with `https://`.

    Raises:
        LocalFault: code `home_unusable`.
    """
    store = FileClientStore(home.client)
    setup.set_tls_required(required=required, store=store, clock=system_clock, new_uuid=new_uuid)
    for damage in store.damaged:
        warn(str(damage))
    return tls_rule(home)


def trust_for_hosts(home: Home, ca: str) -> None:
    """For its hosts the machine in this home trusts the authorities in this file, or with `system` the system's.

    Raises:
        UsageError: code `invalid_argument`, when the file holds no certificate.
        LocalFault: code `home_unusable`.
    """
    sha256 = keep_hosts_ca(home, ca)
    setup.set_own_ca(sha256, store=FileClientStore(home.client), clock=system_clock, new_uuid=new_uuid)


def trust_for(home: Home, ca: str, products: Sequence[InstalledProduct]) -> None:
    """The same, for those of whom these products are asked: the publisher where the key is secret, else the hosts."""
    if any(product.key_type.secret for product in products):
        trust_for_publisher(home.client, ca)
    if not all(product.key_type.secret for product in products):
        trust_for_hosts(home, ca)
