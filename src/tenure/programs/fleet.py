"""A fleet: many real clients in one process, against a trial host, for demos, rehearsals and load."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from tenure.adapters.dns.machine import MachineDns
from tenure.adapters.http.client import HttpClient
from tenure.adapters.http.host_transport import HttpHostTransport
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.fingerprint import fingerprint_v1
from tenure.adapters.os.home import homes_to_read
from tenure.adapters.os.open_files import open_files
from tenure.adapters.os.randomness import draw, new_uuid
from tenure.client.activation import Activated, Activation, Surroundings
from tenure.client.memory import MemoryClientStore
from tenure.client.state import ClientState, InstalledProduct, Machine
from tenure.client.trial import trial_host_catalogs
from tenure.core.errors import Code, TenureError, Unavailable, UsageError
from tenure.core.product_key import KeyType, make
from tenure.programs.catalog_files import find_catalog
from tenure.programs.contact import SYSTEM_CA, ca_file
from tenure.wire.trust import TrustedCatalogs, first_catalogs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tenure.client.exchange import Answer, Call, HostTransport
    from tenure.client.host_address import HostAddress
    from tenure.core.catalog import Catalog, Product

MOST_AT_ONCE: Final = 4_096
"""Machines that wait at once by default: a host holds no more requests than that (design, section 5)."""
ASKING_AT_ONCE: Final = 32
"""Machines that ask at once by default when none waits: enough to keep a host busy, too few to queue for long."""
_STACK_BYTES: Final = 256 * 1024
"""Of each thread: thousands wait at once, and none goes deep."""
_FILES_BESIDE: Final = 64
"""Open files that a process needs beside its connections."""
NOT_ASKED: Final = "not_asked"
"""What became of a machine whose turn had not come when the time was over."""


class Outcome(StrEnum):
    """What became of a machine."""

    LICENSED = "licensed"
    WAITING = "waiting"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(slots=True)
class FleetReport:
    """What became of a fleet."""

    outcomes: Counter[tuple[Outcome, str]] = field(default_factory=Counter)
    """Machines by outcome and code; a licensed machine's code is empty."""
    seconds: float = 0.0
    answers: int = 0
    p50_ms: float | None = None
    """Half of all answers took no longer; None: there was no answer."""
    p99_ms: float | None = None

    def total(self, outcome: Outcome) -> int:
        """Machines with this outcome."""
        return sum(number for (one, _), number in self.outcomes.items() if one is outcome)

    @property
    def answers_per_second(self) -> float:
        """Over the whole run, waiting included."""
        return self.answers / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """What every machine of a fleet asks, and whom."""

    host: HostAddress
    product: Product
    catalogs: TrustedCatalogs
    http: HttpClient


def prepare(
    host: HostAddress, wanted: str, *, catalog: Path | None, connections: int, ca: str = SYSTEM_CA
) -> Fleet:
    """A fleet for the product, once the host's certificate for it is seen to be a trial's.

    Over TLS the authorities in the file `ca` are trusted, or the system's.

    Raises:
        UsageError: no catalog has the product, or the CA file holds no certificate.
        Refused: code `trial_only`.
        Unavailable, Untrusted: the host gave no answer, or the catalog does not verify.
    """

    def has_the_product(claimed: Catalog) -> bool:
        return _find(claimed, wanted) is not None

    found = find_catalog(catalog, homes_to_read(None), has_the_product)
    if found is None:
        raise UsageError(
            Code.PRODUCT_UNKNOWN,
            f"No catalog here has a product {wanted[:100]!r}.",
            "Give the publisher's: --catalog FILE. Products have an id and a name; both are in the catalog.",
        )
    catalogs = first_catalogs(found.tokens)
    product = _find(catalogs.newest, wanted)
    if product is None:
        raise UsageError(
            Code.PRODUCT_UNKNOWN,
            f"{found.path} has no product {wanted[:100]!r}; it has "
            + ", ".join(f"{p.name!r} ({p.product_id})" for p in catalogs.newest.products[:10])
            + ".",
            "Name one of these with --product.",
        )
    open_files(connections + _FILES_BESIDE)
    http = HttpClient(connections=connections, ca=ca_file(ca))
    catalogs = trial_host_catalogs(
        host, product, catalogs, transport=HttpHostTransport(http), now=system_clock()
    )
    return Fleet(host, product, catalogs, http)


def run(
    fleet: Fleet, machines: int, *, wait: bool, seconds: float, at_once: int, done: Callable[[Outcome], None]
) -> FleetReport:
    """Every machine asked for its lease, or the `seconds` were over; `done` hears of each, in this thread.

    With `wait` each is held by the host until the threshold is reached. Machines that find no turn in time were not
    asked. Threads are daemons: whoever interrupts a run need not wait for requests that a host holds.
    """
    began = time.monotonic()
    end = began + seconds
    transport = TimedTransport(HttpHostTransport(fleet.http))
    outcomes: SimpleQueue[tuple[Outcome, str]] = SimpleQueue()
    turns = count()

    def work() -> None:
        # next() on a count is one step of the interpreter: no two threads get the same turn.
        while (number := next(turns)) < machines:
            left = end - time.monotonic()
            if left <= 0:
                outcomes.put((Outcome.UNREACHABLE, NOT_ASKED))
            else:
                outcomes.put(_one_machine(fleet, transport, number, left if wait else 0.0))

    report = FleetReport()
    before = threading.stack_size(_STACK_BYTES)
    try:
        for _ in range(min(at_once, machines)):
            threading.Thread(target=work, daemon=True).start()
    finally:
        threading.stack_size(before)
    for _ in range(machines):
        outcome = outcomes.get()
        report.outcomes[outcome] += 1
        done(outcome[0])
    report.seconds = time.monotonic() - began
    times = sorted(transport.seconds)
    report.answers = len(times)
    report.p50_ms = _percentile(times, 50)
    report.p99_ms = _percentile(times, 99)
    return report


class TimedTransport:
    """A transport that remembers how long each answer took, in seconds."""

    def __init__(self, transport: HostTransport) -> None:
        """Around the real one."""
        self._transport = transport
        self.seconds: list[float] = []

    def ask(self, host: HostAddress, call: Call) -> Answer:
        """The host's answer."""
        began = time.perf_counter()
        answer = self._transport.ask(host, call)
        self.seconds.append(time.perf_counter() - began)
        return answer


def _one_machine(fleet: Fleet, transport: HostTransport, number: int, seconds: float) -> tuple[Outcome, str]:
    """A whole machine of its own: machine id, installation and lease live in memory, and end here."""
    installation = new_uuid().hex
    now = system_clock()
    store = MemoryClientStore(
        ClientState(
            machine=Machine(machine_id=new_uuid(), hosts=(fleet.host,), highest_seen=now),
            products={
                fleet.product.product_id: InstalledProduct(
                    product_id=fleet.product.product_id,
                    publisher_id=fleet.catalogs.newest.publisher_id,
                    # No host ever sees a generic key, so any will do for a product that has none.
                    key=make(KeyType.GENERIC, fleet.product.number, 0).text,
                    key_installed_at=now,
                    order=1,
                )
            },
            catalogs={fleet.catalogs.newest.publisher_id: fleet.catalogs},
        )
    )
    activation = Activation(
        store,
        transport,
        Surroundings(
            clock=system_clock,
            fingerprint_of=lambda publisher_id: fingerprint_v1(installation, publisher_id),
            hostname=f"fleet-{number + 1:05}",
            virtual=True,
            new_uuid=new_uuid,
            draw=draw,
            elapsed=time.monotonic,
            pause=time.sleep,
            # Its host is set, so nobody asks.
            dns=MachineDns(),
        ),
    )
    try:
        outcome = activation.activate(fleet.product.product_id, seconds=seconds)
    except Unavailable as error:
        return Outcome.UNREACHABLE, error.code.value
    except TenureError as error:
        return Outcome.REFUSED, error.code.value
    if isinstance(outcome, Activated):
        return Outcome.LICENSED, ""
    return Outcome.WAITING, Code.COUNT_INSUFFICIENT.value


def _find(catalog: Catalog, wanted: str) -> Product | None:
    return next(
        (p for p in catalog.products if wanted.lower() == str(p.product_id) or wanted == p.name), None
    )


def _percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile of `ordered` seconds, in milliseconds."""
    if not ordered:
        return None
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[rank - 1] * 1000
