"""The organization that faults happen to: publisher, DNS, database, three hosts and their machines, all of it real.

Hosts 1 and 2 record in one PostgreSQL; host 3 records in its own file, on a small disk of its own.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import dns.query
import dns.rcode

from faults.network import Machine, Network
from faults.server import Server
from simulators.bind import Bind, TsigKey, bind
from simulators.postgresql import POSTGRESQL_MISSING, PostgreSql, find_programs
from simulators.processes import tenure
from tenure.adapters.os.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ZONE: Final = "corp.test"
DOMAINS: Final = {"east": ("host1", "host2", "host3"), "west": ("host3", "host2", "host1")}
"""Where the machines are, each half in one, and the order in which they ask the hosts there: so both halves come back to
their own host after a fault, and each fault finds machines to strike.
"""
HOSTS: Final = {"host1": "10.0.0.1", "host2": "10.0.0.2", "host3": "10.0.0.3"}
SHARED: Final = ("host1", "host2")
ALONE: Final = "host3"
NOBODY: Final = "10.0.0.99"
"""An address at which there is no machine."""
_CORE, _DATABASE, _CLIENTS = "10.0.0.53", "10.0.0.54", "10.0.0.100"
_DISK: Final = "16m"
_RECORDS: Final = "\n".join(
    [
        *(
            f"_tenure._tcp.{domain} SRV {place} 10 1688 {name}"
            for domain, names in DOMAINS.items()
            for place, name in enumerate(names, start=1)
        ),
        *(f"{name} A {address}" for name, address in HOSTS.items()),
        f"gone A {NOBODY}",
    ]
)


@dataclass
class Host:
    """An activation host on a machine of its own."""

    name: str
    home: Path
    machine: Machine
    server: Server
    host_id: str = ""

    @property
    def url(self) -> str:
        """Where machines ask it."""
        return f"http://{self.machine.address}:1688"

    def __call__(self, *words: str, typed: str = "") -> dict[str, Any]:
        """What a command on its machine says as JSON."""
        return done(*words, "--json", home=self.home, typed=typed, under=self.machine.enter)


@dataclass
class Site:
    """The running organization."""

    folder: Path
    hosts: dict[str, Host]
    clients: Machine
    dns: Bind
    key: TsigKey
    database: PostgreSql
    database_machine: Machine
    database_name: str
    publisher: Server
    product_id: str
    generic_key: str

    def name_first(self, target: str) -> None:
        """The DNS names this host, too, with a better priority than any other."""
        self._update("add", target)

    def name_no_more(self, target: str) -> None:
        """It does not."""
        self._update("delete", target)

    def processes(self, machines: int) -> list[subprocess.Popen[str]]:
        """So many machines with their products, and those that ask the hosts all the time; they are starting."""
        homes = [str(self.folder / "machines" / str(number)) for number in range(machines)]
        agent = ("--catalog", str(self.catalog), "--key", self.generic_key, "--dns", _CORE)
        product = ("--product", self.product_id)
        return [
            self._started("products", *product, "--root", str(self.root_key), *homes),
            *(
                self._started("fleet", *agent, "--domain", f"{domain}.{ZONE}", *homes[part :: len(DOMAINS)])
                for part, domain in enumerate(DOMAINS)
            ),
            self._started("askers", *product, *(host.url for host in self.hosts.values())),
        ]

    @property
    def catalog(self) -> Path:
        """The publisher's catalog, as a customer gets it."""
        return self.folder / "catalog.json"

    @property
    def root_key(self) -> Path:
        """The root key that the product pins."""
        return Home(self.folder / "publisher").publisher / "root.pub.jwk"

    def _started(self, module: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.clients.enter, sys.executable, "-m", f"faults.{module}", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _update(self, what: str, target: str) -> None:
        message = self.key.update(ZONE)
        record = ("SRV", f"0 10 1688 {target}.{ZONE}.")
        for domain in DOMAINS:
            if what == "add":
                message.add(f"_tenure._tcp.{domain}", 300, *record)
            else:
                message.delete(f"_tenure._tcp.{domain}", *record)
        answer = dns.query.tcp(message, self.dns.address, timeout=5, port=self.dns.port)
        assert answer.rcode() == dns.rcode.NOERROR, answer


def done(*words: str, home: Path, typed: str = "", under: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a command says as JSON; it must succeed."""
    finished = tenure(*words, home=home, stdin=typed, under=under)
    if finished.exit_code:
        raise AssertionError(f"tenure {' '.join(words)}: {finished.out}{finished.err}")
    return finished.json


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """The organization, from its first products on, until the end of the block. Its hosts serve; nobody asked yet."""
    programs = find_programs()
    assert programs is not None, POSTGRESQL_MISSING
    with ExitStack() as open_:
        network = Network()
        core, data, clients = (
            open_.enter_context(network.machine(address)) for address in (_CORE, _DATABASE, _CLIENTS)
        )
        key = TsigKey()
        policies = {ZONE: f'update-policy {{ grant "{key.name}" zonesub SRV; }};'}
        server = bind(
            folder / "bind",
            {ZONE: _RECORDS},
            key=key,
            policies=policies,
            port=53,
            address=_CORE,
            under=core.enter,
        )
        with ThreadPoolExecutor(4) as together:
            database = together.submit(_database, programs, folder, data)
            sold = together.submit(_publisher, folder, core)
            named = open_.enter_context(server)
            database_, (publisher, product_id, host_key, generic_key) = database.result(), sold.result()
            open_.callback(database_.stop)
            open_.callback(publisher.stop)
            machines = {name: open_.enter_context(network.machine(at)) for name, at in HOSTS.items()}
            open_.enter_context(_small_disk(folder / ALONE))
            database_name = database_.host_database()
            url = database_.url(database_name)

            def host(name: str) -> Host:
                return _host(folder, name, machines[name], host_key, url if name in SHARED else None)

            hosts = {one.name: one for one in together.map(host, HOSTS)}
            for one in hosts.values():
                open_.callback(one.server.stop)
        yield Site(
            folder=folder,
            hosts=hosts,
            clients=clients,
            dns=named,
            key=key,
            database=database_,
            database_machine=data,
            database_name=database_name,
            publisher=publisher,
            product_id=product_id,
            generic_key=generic_key,
        )


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """The folder is a disk of its own, which a file fills in no time."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "disk", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _database(programs: Path, folder: Path, machine: Machine) -> PostgreSql:
    """A PostgreSQL that flushes, as a real one does."""
    place = folder / "postgresql"
    place.mkdir()
    database = PostgreSql(programs, place, address=machine.address, under=machine.enter)
    database.start(fsync=True)
    return database


def _publisher(folder: Path, machine: Machine) -> tuple[Server, str, str, str]:
    """The publisher serves; its product's id, a host key, and the product's generic key."""
    home = folder / "publisher"
    address = ("--url", f"http://{machine.address}:1690")
    done("publisher", "init", "--name", "Drafts", *address, "--json", home=home)
    terms = ("--renewal-interval-s", "900", "--retry-interval-s", "900", "--json")
    sold = ("publisher", "product", "add", "--name", "Draft Studio", "--kind", "workstation", *terms)
    (product,) = done(*sold, home=home)["products"]
    issue = ("publisher", "key", "issue", "--json", "--type", "host", "--customer", "Example Corp")
    host_key = done(*issue, home=home)["key"]
    out = ("--out", str(folder / "catalog.json"), "--json")
    done("publisher", "catalog", "export", *out, home=home)
    server = Server("publisher", "serve", "--host", machine.address, home=home, under=machine.enter)
    server.start()
    return server, product["product_id"], host_key, product["generic_key"]


def _host(folder: Path, name: str, machine: Machine, host_key: str, database: str | None) -> Host:
    """An activated host that serves."""
    home = folder / name
    home.mkdir(exist_ok=True)
    server = Server("host", "serve", "--host", machine.address, home=home, under=machine.enter)
    host = Host(name, home, machine, server)
    host("host", "install-key", "--catalog", str(folder / "catalog.json"), typed=host_key)
    host.host_id = host("host", "activate")["host_id"]
    if database is not None:
        host("host", "database", database)
    server.start()
    return host
