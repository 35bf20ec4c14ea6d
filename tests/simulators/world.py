"""A machine's world in memory: its clock, its store, and a network of hosts that grant real leases or misbehave."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import msgspec

from simulators.dns import MemoryDns
from simulators.grants import GrantingPublisher
from simulators.publisher import NOW, SimulatedPublisher, seeded
from tenure.client.activation import Activation, Progress, Surroundings
from tenure.client.any_activation import AnyActivation
from tenure.client.exchange import Answer, Call
from tenure.client.grant_activation import GrantActivation
from tenure.client.host_address import HostAddress, parse_host
from tenure.client.memory import MemoryClientStore
from tenure.client.setup import install_key, set_hosts
from tenure.client.status import ProductStatus, product_status
from tenure.core.errors import Code, TenureError, Unavailable
from tenure.core.lease import Lease, term
from tenure.core.os_id import FROM_SYSTEM
from tenure.core.product_key import KeyType, make, parse
from tenure.wire.activation import ActivationBody, Granted, Waiting, decode_activation
from tenure.wire.catalog import CatalogList
from tenure.wire.jws import Typ, read
from tenure.wire.lease import LeaseMint
from tenure.wire.problems import problem_of
from tenure.wire.publication import Certificates
from tenure.wire.revocation import RevocationBody, revocations_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenure.client.state import ClientState, ClientStore
    from tenure.wire.keys import SigningKey

HOST_ID = UUID("22222222-2222-4222-8222-222222222222")
SHORT = "short"
"""In a script: answer 202."""

MAK = make(KeyType.MAK, 0, 4711)
"""A MAK of the workstation product."""

Turn: TypeAlias = "str | Answer | TenureError | Callable[[Lease], Lease] | None"
"""In a script: what a host does once. None: grant; a function: grant what it makes of the lease."""


def for_another_request(lease: Lease) -> Lease:
    """In a script: a lease that is well signed and answers somebody else."""
    return replace(lease, nonce="77777777-7777-4777-8777-777777777777")


@dataclass
class GrantingHost:
    """A host that grants every request, unless its script has something else for the next one."""

    publisher: SimulatedPublisher
    clock: Callable[[], int]
    key: SigningKey = field(default_factory=lambda: seeded(3))
    """Signs its leases."""
    host_id: UUID = HOST_ID
    epoch: int = NOW - 500
    script: deque[Turn] = field(default_factory=deque)
    certificate: str | None = None
    catalogs: list[str] = field(default_factory=list)
    """What it tells of newer catalogs."""
    catalog_seq: int | None = None
    catalogs_answer: Answer | None = None
    revocations: str | None = None
    """The revocation list that it hands on."""
    revocation_seq: int | None = None
    """What it says of the list's seq; None: what stands in the list."""
    bodies: list[ActivationBody] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    retry_after: int | None = 1
    trial: bool = False
    no_certificates: bool = False
    """It lists none: it is not activated."""
    on_the_way: Callable[[Answer], Answer] = lambda answer: answer
    """What becomes of its answers in the network."""

    def answer(self, call: Call) -> Answer:
        """What arrives of the host's answer."""
        return self.on_the_way(self._answer(call))

    def _answer(self, call: Call) -> Answer:
        if call.method == "POST":
            return self._activate(call)
        if call.path == "/v1/certificates":
            return _json(Certificates(() if self.no_certificates else (self.certificate_token,)))
        if call.path.endswith("/revocations"):
            return _json(RevocationBody(self.revocations)) if self.revocations else Answer(404, b"")
        return self.catalogs_answer or _json(CatalogList(tuple(self.catalogs)))

    @property
    def certificate_token(self) -> str:
        """Its certificate."""
        return self.certificate or self.publisher.certify(seeded(3), self.host_id, trial=self.trial)

    def _activate(self, call: Call) -> Answer:
        body = decode_activation(call.body or b"")
        self.bodies.append(body)
        self.waits.append(call.wait)
        turn = self.script.popleft() if self.script else None
        if isinstance(turn, Answer):
            return turn
        if isinstance(turn, TenureError):
            problem = problem_of(turn)
            return Answer(problem.status, msgspec.json.encode(problem))
        if turn == SHORT:
            return self._short()
        return self._granted(body, turn if callable(turn) else None)

    def _short(self) -> Answer:
        body = Waiting(
            count=7,
            threshold=25,
            missing=18,
            retry_interval_s=7200,
            contact="",
            catalog_seq=self._seq,
            revocation_seq=self._revocation_seq,
        )
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return _json(body, 202, headers)

    def _granted(self, body: ActivationBody, change: Callable[[Lease], Lease] | None) -> Answer:
        product = self.publisher.catalog.product(body.product_id)
        assert product is not None
        policy = self.publisher.policies[product.pool]
        iat, exp = term(policy, self.clock())
        lease = Lease(
            lease_id=str(UUID(int=len(self.bodies))),
            host_id=self.host_id,
            machine_id=body.machine_id,
            product_id=body.product_id,
            pool=product.pool,
            nonce=str(body.request_id),
            fingerprint=body.fingerprint,
            count=policy.threshold + 3,
            threshold=policy.threshold,
            iat=iat,
            exp=exp,
            renew_after=iat + policy.renewal_interval_s,
            epoch=self.epoch,
        )
        return _json(
            Granted(
                lease=LeaseMint(self.key).mint(change(lease) if change else lease),
                certificate=self.certificate_token,
                count=lease.count,
                threshold=lease.threshold,
                renewal_interval_s=policy.renewal_interval_s,
                catalog_seq=self._seq,
                revocation_seq=self._revocation_seq,
            )
        )

    @property
    def _seq(self) -> int:
        return self.publisher.seq if self.catalog_seq is None else self.catalog_seq

    @property
    def _revocation_seq(self) -> int:
        if self.revocation_seq is not None or self.revocations is None:
            return self.revocation_seq or 0
        return revocations_of(read(self.revocations, Typ.REVOCATION).claims).seq


@dataclass
class World:
    """One machine with a workstation product, a clock that the test sets, hosts by name, and a publisher that grants."""

    publisher: SimulatedPublisher = field(default_factory=SimulatedPublisher)
    store: ClientStore = field(default_factory=MemoryClientStore)
    now: int = NOW
    fingerprint: str = "fingerprint-of-this-machine"
    hosts: dict[str, GrantingHost] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    calls: list[tuple[str, Call]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    told: list[Progress] = field(default_factory=list)
    elapsed: float = 0.0
    draws: float = 0.0
    """What every draw gives."""
    fingerprint_source: str = FROM_SYSTEM
    dns: MemoryDns = field(default_factory=MemoryDns)
    numbers: count[int] = field(default_factory=lambda: count(1))
    authority: GrantingPublisher = field(init=False)
    """The publisher's API."""

    def __post_init__(self) -> None:
        """The publisher answers."""
        self.authority = GrantingPublisher(self.publisher, self.clock)

    def install(self, hosts: Sequence[str] = ("host.example",)) -> GrantingHost:
        """The workstation's key is installed and these hosts are set; the first of them is given back."""
        product = self.publisher.workstation
        self.install_key_of(product.generic_keys[0])
        set_hosts([parse_host(h) for h in hosts], store=self.store, clock=self.clock, new_uuid=self.new_uuid)
        for name in hosts:
            self.hosts.setdefault(name, GrantingHost(self.publisher, self.clock))
        return self.hosts[hosts[0]]

    def install_key_of(self, typed: str, catalogs: Sequence[str] | None = ()) -> None:
        """This key is installed; `catalogs` is the publisher's own unless it is given."""
        tokens = [self.publisher.catalog_token] if catalogs == () else catalogs
        install_key(
            parse(typed), tokens, root_kid=None, store=self.store, clock=self.clock, new_uuid=self.new_uuid
        )

    @property
    def activation(self) -> Activation:
        """The machine's activation over this world."""
        return Activation(self.store, self, self.surroundings, tell=self.told.append)

    @property
    def grants(self) -> GrantActivation:
        """The machine's activation with its publisher."""
        return GrantActivation(
            self.store, self.authority.connect, self.surroundings, lambda: seeded(6), tell=self.told.append
        )

    @property
    def any_activation(self) -> AnyActivation:
        """Either, as the product's key says."""
        return AnyActivation(self.store, self.activation, self.grants)

    @property
    def surroundings(self) -> Surroundings:
        """Nothing of the real machine."""
        return Surroundings(
            clock=self.clock,
            fingerprint_of=lambda _publisher: self.fingerprint,
            hostname="pc.example",
            virtual=True,
            new_uuid=self.new_uuid,
            draw=lambda: self.draws,
            elapsed=lambda: self.elapsed,
            pause=self.pause,
            dns=self.dns,
            fingerprint_source=lambda: self.fingerprint_source,
        )

    @property
    def product_id(self) -> UUID:
        """The workstation product's."""
        return self.publisher.workstation.product_id

    @property
    def status(self) -> ProductStatus:
        """The workstation product's status now."""
        return status_of(
            self.store.load(),
            self.product_id,
            fingerprint=self.fingerprint,
            now=self.now,
            source=self.fingerprint_source,
        )

    def clock(self) -> int:
        """The raw clock."""
        return self.now

    def pause(self, seconds: float) -> None:
        """Time passes at once."""
        self.pauses.append(seconds)
        self.elapsed += seconds
        self.now += round(seconds)

    def new_uuid(self) -> UUID:
        """A number, so that a failing test shows which."""
        return UUID(int=next(self.numbers), version=4)

    def ask(self, host: HostAddress, call: Call) -> Answer:
        """`HostTransport`: the host's answer, or none from those that are dead."""
        self.calls.append((host.name, call))
        if host.name in self.dead:
            raise Unavailable(Code.HOST_UNREACHABLE, f"The host {host.text} gave no answer: it is dead.")
        return self.hosts[host.name].answer(call)


def status_of(
    state: ClientState,
    product_id: UUID | None,
    *,
    fingerprint: str | None,
    now: int,
    source: str = FROM_SYSTEM,
) -> ProductStatus:
    """The status of a product on a machine with this fingerprint."""
    return product_status(
        state, product_id, fingerprint_of=lambda _publisher: fingerprint, fingerprint_source=source, now=now
    )


def _json(body: msgspec.Struct, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, msgspec.json.encode(body), headers or {})
