"""A publisher's use cases over memory, with a clock and randomness that the test holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

from simulators.publisher import NOW, seeded
from tenure.core.policy import Kind
from tenure.core.product_key import KeyType, parse
from tenure.publisher.audit import Actor
from tenure.publisher.authority import Authority, NewProduct
from tenure.publisher.keys import issue_machine_key
from tenure.publisher.memory import MemoryPublisherStore
from tenure.wire.keys import SigningKey, derived_pair
from tenure.wire.request import sign_request

if TYPE_CHECKING:
    from tenure.publisher.store import PublisherStore

HOST_ID = UUID(int=77)
MACHINE_ID = UUID(int=88)


@dataclass
class SeededKeys:
    """A root and a signing key of fixed seeds, and those that follow them."""

    root_seed: int = 1
    signing_seed: int = 2

    def root(self) -> SigningKey:
        """The root."""
        return seeded(self.root_seed)

    def signing_key(self) -> SigningKey:
        """The signing key."""
        return seeded(self.signing_seed)

    def next_root(self) -> SigningKey:
        """The root ten seeds further."""
        return seeded(self.root_seed + 10)

    def use_next_root(self) -> None:
        """From now on."""
        self.root_seed += 10

    def next_signing_key(self) -> SigningKey:
        """The signing key ten seeds further."""
        return seeded(self.signing_seed + 10)

    def use_next_signing_key(self) -> None:
        """From now on."""
        self.signing_seed += 10


@dataclass
class SimulatedAuthority:
    """An authority that was set up, with one product of each kind."""

    store: PublisherStore = field(default_factory=MemoryPublisherStore)
    now: int = NOW
    keys: SeededKeys = field(default_factory=SeededKeys)
    first_id: int = 1
    """Of the ids that it makes; two publishers need different ones."""

    def __post_init__(self) -> None:
        """Set it up."""
        ids, bits = count(self.first_id), count(1000)
        self.authority = Authority(
            self.store,
            self.keys,
            lambda: self.now,
            lambda: UUID(int=next(ids)),
            lambda _: next(bits),
            Actor("user alice"),
        )
        self.authority.init(name="Example Software", contact="licenses@publisher.example", publisher_url=None)
        self.products = self.authority.add_products(
            [
                NewProduct(name="Draft Studio", kind=Kind.WORKSTATION),
                NewProduct(name="Render Server", kind=Kind.SERVER),
            ]
        )
        self.publisher_id = self.authority.catalogs().newest.publisher_id

    def mak(self, activations: int, *, product: int = 0) -> str:
        """A new MAK of the first product, or of another."""
        key, _ = issue_machine_key(
            self.authority,
            KeyType.MAK,
            product_id=self.products[product].product_id,
            activations=activations,
            customer="Customer",
            agreement="A-1",
        )
        return key.text


def host_request(
    key_text: str,
    *,
    audience: UUID,
    host_id: UUID = HOST_ID,
    host_key: SigningKey | None = None,
    fingerprint: str = "host-fingerprint-1",
    request_id: str = "request-1",
    now: int = NOW,
) -> str:
    """A host's request for a certificate."""
    return sign_request(
        request_id=request_id,
        asker=host_id,
        audience=audience,
        fingerprint=fingerprint,
        pair=derived_pair(parse(key_text)),
        key=host_key or seeded(3),
        now=now,
    )


def machine_request(
    key_text: str,
    *,
    product_id: UUID,
    machine_id: UUID = MACHINE_ID,
    fingerprint: str = "machine-fingerprint-1",
    request_id: str = "request-1",
    now: int = NOW,
) -> str:
    """A machine's request for a grant."""
    return host_request(
        key_text,
        audience=product_id,
        host_id=machine_id,
        host_key=seeded(4),
        fingerprint=fingerprint,
        request_id=request_id,
        now=now,
    )
