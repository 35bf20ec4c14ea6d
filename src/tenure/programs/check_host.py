"""The contact test of a machine: what `tenure client check-host` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.host_transport import HttpHostTransport
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.home import homes_to_read
from tenure.adapters.os.randomness import draw, new_uuid
from tenure.adapters.tcp_probe import TcpProbe
from tenure.client.check_host import HostCheck, check_host
from tenure.client.host_choice import Choice, hosts_to_ask
from tenure.client.state import Machine
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


def check_hosts(
    given: Path | None, hosts: Sequence[HostAddress], *, warn: Callable[[str], None], lookup: Lookup = AS_SET
) -> list[HostCheck]:
    """What was found about these hosts; none is named: about those that activating would ask.

    Raises:
        UsageError: code `invalid_argument`: nothing to look hosts up by in `lookup`.
        Unavailable: no host is named or set, and the DNS names none.
        LocalFault: the home cannot be read.
    """
    homes = homes_to_read(given)
    stores = [FileClientStore(home.client) for home in homes]
    state = next((store for store in stores if store.exists), stores[0]).load()
    found_by = ways(state.machine, lookup)
    if hosts:
        choice = Choice(tuple(hosts))
    else:
        machine = state.machine or Machine(machine_id=new_uuid())
        choice = hosts_to_ask(machine, found_by.dns, draw, domain=found_by.domain)
    if choice.failure is not None:
        warn(f"{choice.failure.detail} The host that answered last is tested.")
    http = HttpClient()
    try:
        transport = HttpHostTransport(http, found_by.named_addresses)
        network = _Network(found_by)
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
    finally:
        http.close()
