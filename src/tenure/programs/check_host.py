"""The contact test of a machine: what `tenure client check-host` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.home import homes_to_read
from tenure.adapters.os.randomness import draw, new_uuid
from tenure.adapters.tcp_probe import TcpProbe
from tenure.adapters.tls_probe import shake_hands
from tenure.client.check_host import Handshake, HostCheck, check_host
from tenure.client.host_choice import Choice, hosts_to_ask
from tenure.client.state import Machine
from tenure.programs.contact import reaching_hosts
from tenure.programs.discovery import AS_SET, Lookup, ways

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tenure.client.host_address import HostAddress
    from tenure.core.network import Connection
    from tenure.programs.discovery import Ways


class _Network:
    """What lies below HTTP, as this machine reaches it."""

    def __init__(self, found_by: Ways) -> None:
        self._found_by = found_by
        self._probe = TcpProbe()

    def addresses(self, name: str) -> Sequence[str]:
        return self._found_by.addresses(name)

    def connect(self, address: str, port: int) -> Connection:
        return self._probe.connect(address, port)

    def shake_hands(self, address: str, port: int, name: str) -> Handshake | None:
        return shake_hands(address, port, name)


def check_hosts(
    given: Path | None,
    hosts: Sequence[HostAddress],
    *,
    warn: Callable[[str], None],
    lookup: Lookup = AS_SET,
    ca: str | None = None,
) -> list[HostCheck]:
    """What was found about these hosts; none is named: about those that activating would ask.

    A `ca` that is typed is trusted for this check alone.

    Raises:
        UsageError: code `invalid_argument`: nothing to look hosts up by in `lookup`, or a wrong CA file.
        Unavailable: no host is named or set, and the DNS names none.
        LocalFault: the home cannot be read.
    """
    homes = homes_to_read(given)
    home = next((home for home in homes if FileClientStore(home.client).exists), homes[0])
    state = FileClientStore(home.client).load()
    found_by = ways(state.machine, lookup)
    if hosts:
        choice = Choice(tuple(hosts))
    else:
        machine = state.machine or Machine(machine_id=new_uuid())
        choice = hosts_to_ask(machine, found_by.dns, draw, domain=found_by.domain)
    if choice.failure is not None:
        warn(f"{choice.failure.detail} The host that answered last is tested.")
    network = _Network(found_by)
    with reaching_hosts(home, state, found_by, ca=ca) as transport:
        return [
            check_host(
                host,
                state,
                network=network,
                transport=transport,
                clock=system_clock,
                found=choice.found_as(host),
            )
            for host in choice.hosts
        ]
