"""The contact test of a machine: what `tenure client check-host` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.host_transport import HttpHostTransport
from tenure.adapters.os.addresses import system_addresses
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.home import homes_to_read
from tenure.adapters.tcp_probe import TcpProbe
from tenure.client.check_host import HostCheck, check_host
from tenure.core.errors import Code, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tenure.client.host_address import HostAddress
    from tenure.core.network import Connection


class _SystemNetwork:
    def __init__(self) -> None:
        self._probe = TcpProbe()

    def addresses(self, name: str) -> Sequence[str]:
        return system_addresses(name)

    def connect(self, address: str, port: int) -> Connection:
        return self._probe.connect(address, port)


def check_hosts(given: Path | None, hosts: Sequence[HostAddress]) -> list[HostCheck]:
    """What was found about these hosts, or about those that are set on this machine when none is named.

    Raises:
        UsageError: code `not_set_up`, when none is named and none is set.
        LocalFault: the home cannot be read.
    """
    homes = homes_to_read(given)
    stores = [FileClientStore(home.client) for home in homes]
    state = next((store for store in stores if store.exists), stores[0]).load()
    wanted = list(hosts) or list(state.machine.hosts if state.machine else ())
    if not wanted:
        raise UsageError(
            Code.NOT_SET_UP,
            "No activation host is set on this machine.",
            "Name one: tenure client check-host HOST[:PORT]; or set it: tenure client set-host HOST[:PORT].",
        )
    http = HttpClient()
    try:
        transport = HttpHostTransport(http)
        return [
            check_host(host, state, network=_SystemNetwork(), transport=transport, clock=system_clock)
            for host in wanted
        ]
    finally:
        http.close()
