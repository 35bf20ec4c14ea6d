"""Machines of a fleet, in one process: real agents with homes, files and sockets of their own.

Says `{"kind": "lease", "at", "machine", "host", "request"}` when an agent holds a new lease, and what else its log says as
`{"kind": "words", "at", "machine", "text"}`.
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faults.saying import input_ends, say
from tenure.adapters.dns.server import parse_dns_server
from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.home import Home
from tenure.adapters.os.randomness import new_uuid
from tenure.client.discovery_settings import DiscoveryChange, change_discovery
from tenure.programs import client
from tenure.programs.agent import AgentProgram, Pace
from tenure.wire.jws import Typ, read

if TYPE_CHECKING:
    from tenure.client.diary import Notice

SPEED: Final = 30
"""An agent's pauses are so many times shorter than at a customer's."""
AHEAD: Final = 3_600
"""Seconds by which agents are ahead, so that the shortest interval that a publisher may sign (15 min) is over at once:
an agent renews again as soon as it would look after its last lease (a minute, at this speed two seconds)."""
WAIT_SECONDS: Final = 1
"""For which a host may hold a request."""


class FleetMachine:
    """One installation, by an id in its home; it knows nothing of the network but its domain and its DNS server."""

    def __init__(self, home: Home, arguments: argparse.Namespace) -> None:
        """Its key is installed."""
        self._name = home.root.name
        self._store = FileClientStore(home.client)
        client.install_key(home, arguments.key, catalog=arguments.catalog, root=None, warn=sys.exit)
        change_discovery(
            DiscoveryChange(domain=arguments.domain, dns_server=parse_dns_server(arguments.dns).text),
            store=self._store,
            clock=system_clock,
            new_uuid=new_uuid,
        )
        self._agent = AgentProgram(
            home,
            tell=self._hear,
            wait=WAIT_SECONDS,
            pace=Pace(SPEED, AHEAD),
        )
        self._thread = threading.Thread(target=self._agent.run, name=home.root.name)

    def start(self) -> None:
        """Its agent runs."""
        self._thread.start()

    def stop(self) -> None:
        """Its agent has ended."""
        self._agent.stop()
        self._thread.join()

    def _hear(self, notice: Notice) -> None:
        """The agent says that it has a lease once it is on disk, and asks for no other meanwhile."""
        if "has a lease" not in notice.text:
            say("words", machine=self._name, text=notice.text)
            return
        (held,) = self._store.load().leases.values()
        claims = read(held.lease, Typ.LEASE).claims
        say("lease", machine=self._name, host=claims["iss"], request=claims["nonce"])


def main() -> None:
    """The machines run until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, kind in (
        ("--catalog", Path),
        ("--key", str),
        ("--domain", str),
        ("--dns", str),
    ):
        parser.add_argument(name, type=kind, required=True)
    parser.add_argument("homes", nargs="+", type=Path)
    arguments = parser.parse_args()
    over = input_ends()
    machines = [FleetMachine(Home(home), arguments) for home in arguments.homes]
    for machine in machines:
        machine.start()
    over.wait()
    for machine in machines:
        machine.stop()


if __name__ == "__main__":
    main()
