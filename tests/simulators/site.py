"""An organization that runs Tenure on a network of its own, all of it real: DNS server, publisher, hosts, machines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from simulators.bind import TsigKey, bind
from simulators.dns_tools import services_by_dig, services_by_nslookup
from simulators.own_network import OwnNetwork, own_network
from simulators.processes import Finished, serving, tenure
from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.home import Home
from tenure.wire.jws import Typ, read

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from simulators.bind import Bind

DOMAIN: Final = "corp.test"
SERVICE: Final = f"_tenure._tcp.{DOMAIN}"
HOSTS: Final = {"host1": "10.0.0.1", "host2": "10.0.0.2", "host3": "10.0.0.3"}
"""Names and addresses of the machines that may become hosts; the name server lets them publish both."""
AT_A_TIME: Final = 6
"""Commands that run side by side where nothing waits for another: more would only take each other's processor."""


@dataclass(frozen=True)
class SiteMachine:
    """A machine of the site, known to Tenure by nothing but its DNS domain; its home is empty at first."""

    name: str
    home: Path
    under: tuple[str, ...]

    def __call__(self, *words: str, typed: str = "") -> Finished:
        """One command on this machine."""
        return tenure(*words, home=self.home, stdin=typed, under=self.under)

    def done(self, *words: str, typed: str = "") -> Finished:
        """One command that must succeed."""
        finished = self(*words, typed=typed)
        assert finished.exit_code == 0, finished.out + finished.err
        return finished

    def serving(self, *words: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """A command that serves on this machine."""
        return serving(*words, home=self.home, under=self.under)

    @property
    def lease_of(self) -> str:
        """The id of the host that signed its one lease."""
        (held,) = FileClientStore(Home(self.home).client).load().leases.values()
        return str(read(held.lease, Typ.LEASE).claims["iss"])


@dataclass
class SiteHost:
    """An activated host that listens on its own address, and that nobody knows of before it is published."""

    machine: SiteMachine
    address: str
    host_id: str
    _where: tuple[str, ...]
    _started: ExitStack
    _process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        """It serves."""
        self.serve()

    @property
    def target(self) -> str:
        """Where machines find it."""
        return f"{self.machine.name}.{DOMAIN}:1688"

    def serve(self) -> None:
        """It listens, with what is on its disk."""
        self._process = self._started.enter_context(
            self.machine.serving("host", "serve", "--host", self.address)
        )

    def kill(self) -> None:
        """As `kill -9` does: nothing is written, said or taken back any more."""
        self._process.kill()
        self._process.wait(timeout=30)

    def publish(self, priority: int) -> None:
        """The DNS names this host and its address, by the host's own doing, which keeps that up from now on."""
        self.machine.done(
            *("host", "publish-dns", "--zone", DOMAIN, "--priority", str(priority)),
            *("--address", self.address, *self._where, "--save"),
        )

    def retire(self) -> None:
        """The DNS names this host no more."""
        self.machine.done("host", "publish-dns", "--remove")


@dataclass
class Site:
    """The running organization. Everything that was started ends with it."""

    folder: Path
    network: OwnNetwork
    dns: Bind
    key_file: Path
    started: ExitStack
    catalog: Path = field(init=False)
    host_key: str = field(init=False)
    generic_key: str = field(init=False)

    def __post_init__(self) -> None:
        """The publisher sells one product, with the default threshold of 25, and serves hosts."""
        self.catalog = self.folder / "catalog.json"
        publisher = self.machine("publisher")
        publisher.done("publisher", "init", "--name", "Drafts", "--url", "http://127.0.0.1:1690")
        publisher.done("publisher", "product", "add", "--name", "Draft Studio", "--kind", "workstation")
        issue = ("publisher", "key", "issue", "--json", "--type")
        self.host_key = publisher.done(*issue, "host", "--customer", "Example Corp").json["key"]
        self.generic_key = publisher.done(*issue, "generic", "--product", "Draft Studio").json["key"]
        publisher.done("publisher", "catalog", "export", "--out", str(self.catalog))
        self.started.enter_context(publisher.serving("publisher", "serve"))

    def machine(self, name: str) -> SiteMachine:
        """A machine that was just installed."""
        folder = self.folder / name
        under = self.network.machine(
            folder / "etc",
            name=name,
            domain=DOMAIN,
            dns=self.dns.address,
        )
        return SiteMachine(name, folder / "home", under)

    def host(self, name: str) -> SiteHost:
        """One of `HOSTS`, set up from the customer's key and the publisher's catalog."""
        machine, address = self.machine(name), HOSTS[name]
        machine.done("host", "install-key", "--catalog", str(self.catalog), typed=self.host_key)
        host_id = machine.done("host", "activate", "--json").json["host_id"]
        where = ("--server", self.dns.address, "--tsig-key", str(self.key_file))
        return SiteHost(machine, address, host_id, where, self.started)

    def published(self) -> set[str]:
        """The hosts that the DNS names, each `priority weight port target.`, by dig and by nslookup alike."""
        enter = self.network.enter
        by_dig = services_by_dig(SERVICE, self.dns.address, under=enter)
        if by_dig:
            assert services_by_nslookup(SERVICE, self.dns.address, under=enter) == by_dig
        return by_dig


def on_all(
    machines: Sequence[SiteMachine],
    act: Callable[[SiteMachine], Finished],
    *,
    at_a_time: int = AT_A_TIME,
) -> list[Finished]:
    """What the same command did on each machine."""
    with ThreadPoolExecutor(at_a_time) as pool:
        return list(pool.map(act, machines))


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """The organization, with a name server on port 53 that lets hosts publish themselves, and no host yet."""
    key = TsigKey.generated("tenure-hosts")
    key_file = folder / "dns.key"
    key_file.touch(mode=0o600)
    key_file.write_text(key.statement)
    grants = f'grant "{key.name}" name {SERVICE}. SRV;'
    grants += "".join(f'grant "{key.name}" name {name}.{DOMAIN}. A;' for name in HOSTS)
    policies = {DOMAIN: f"update-policy {{ {grants} }};"}
    with (
        own_network(list(HOSTS.values())) as network,
        bind(
            folder / "bind", {DOMAIN: ""}, key=key, policies=policies, port=53, under=network.enter
        ) as server,
        ExitStack() as started,
    ):
        yield Site(folder, network, server, key_file, started)
