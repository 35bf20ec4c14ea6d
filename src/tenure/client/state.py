"""What a machine keeps: one value, replaced as a whole, and the port that keeps it.

Everything here is plain data. Documents are kept as they arrived and verified again whenever they are used
(`client.verdict`); only catalogs are held verified, since everything else is verified by them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from tenure.core.errors import Code, UsageError
from tenure.core.product_key import parse
from tenure.wire.srv_label import DEFAULT_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from tenure.client.host_address import HostAddress
    from tenure.core.catalog import Product
    from tenure.wire.trust import TrustedCatalogs


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHost:
    """A host that the DNS named."""

    host: HostAddress
    domain: str
    """Where its record stands."""
    priority: int
    """Of its record: the smallest is tried first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What belongs to the installation, whatever its products."""

    machine_id: UUID
    hosts: tuple[HostAddress, ...] = ()
    """Set by an administrator, in the order in which they are tried."""
    highest_seen: int = 0
    """The latest time this machine has seen, Unix seconds; only a new lease lowers it."""
    epochs: Mapping[UUID, int] = field(default_factory=dict)
    """The highest epoch seen of each host id."""
    fingerprints: Mapping[UUID, str] = field(default_factory=dict)
    """The fingerprint that went with `machine_id` to each publisher's hosts; another one now means a copy."""
    keys_removed: Mapping[UUID, int] = field(default_factory=dict)
    """When the first key was installed of each product whose key was removed: that renews no grace."""
    lookup_domain: str = ""
    """The DNS domain in which hosts are looked for; empty: the machine's own, and its search list."""
    srv_label: str = DEFAULT_LABEL
    """The label of the records that name hosts."""
    dns_server: str = ""
    """The address of the DNS server that is asked, with its port; empty: the machine's own."""
    host_caching: bool = True
    """Whether a host that was found is remembered."""
    found_host: FoundHost | None = None
    """The host that answered last, of those that the DNS named (`client.host_choice`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledProduct:
    """A product whose key was installed here."""

    product_id: UUID
    publisher_id: UUID
    key: str
    key_installed_at: int
    """When the first key for it was installed, Unix seconds; no later key and no rearm renews it."""
    order: int
    """Its place among the products of this machine, in order of first installation."""

    @property
    def partial_key(self) -> str:
        """The last five characters of the key."""
        return parse(self.key).partial


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLease:
    """A lease as it arrived, with the certificate that carries it: one is worth nothing without the other."""

    lease: str
    certificate: str
    draw: float
    """In [0, 1), drawn once: how much earlier than the host said this machine renews."""
    host: HostAddress
    """Which host granted it."""
    found: bool = False
    """Whether that host was found; else it was set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientState:
    """Everything that a machine keeps."""

    machine: Machine | None = None
    """None: nothing was ever installed or set here."""
    products: Mapping[UUID, InstalledProduct] = field(default_factory=dict)
    leases: Mapping[UUID, HeldLease] = field(default_factory=dict)
    """By product id."""
    catalogs: Mapping[UUID, TrustedCatalogs] = field(default_factory=dict)
    """By publisher id."""

    @property
    def installed(self) -> list[InstalledProduct]:
        """The products, the first installed first."""
        return sorted(self.products.values(), key=lambda product: product.order)

    def definition(self, product_id: UUID) -> Product | None:
        """What a catalog that is known here says of the product."""
        found = (trusted.newest.product(product_id) for trusted in self.catalogs.values())
        return next((product for product in found if product is not None), None)

    def find(self, wanted: str) -> UUID:
        """The id of the product that is called `wanted`: its id, or its exact name in a known catalog.

        Raises:
            UsageError: code `product_unknown`.
        """
        for trusted in self.catalogs.values():
            for product in trusted.newest.products:
                if wanted.lower() == str(product.product_id) or wanted == product.name:
                    return product.product_id
        for product_id in self.products:
            if wanted.lower() == str(product_id):
                return product_id
        raise UsageError(
            Code.PRODUCT_UNKNOWN,
            f"No product {wanted[:100]!r} is known on this machine.",
            "Install its key first: tenure client install-key KEY --catalog FILE.",
        )

    def with_machine(self, machine: Machine) -> ClientState:
        """The same, with this machine."""
        return replace(self, machine=machine)

    def with_product(self, product: InstalledProduct) -> ClientState:
        """The same, with this product."""
        return replace(self, products={**self.products, product.product_id: product})

    def with_lease(self, product_id: UUID, lease: HeldLease) -> ClientState:
        """The same, with this lease in place of the one that the product had."""
        return replace(self, leases={**self.leases, product_id: lease})

    def without_leases(self) -> ClientState:
        """The same, holding no lease."""
        return replace(self, leases={})

    def without_product(self, product_id: UUID) -> ClientState:
        """The same, with neither a key nor a lease for the product."""
        return replace(
            self,
            products={known: product for known, product in self.products.items() if known != product_id},
            leases={known: lease for known, lease in self.leases.items() if known != product_id},
        )

    def with_catalogs(self, catalogs: TrustedCatalogs) -> ClientState:
        """The same, with these catalogs of their publisher."""
        return replace(self, catalogs={**self.catalogs, catalogs.newest.publisher_id: catalogs})

    def at(self, now: int) -> ClientState:
        """The same, `now` having been seen: the highest time seen never goes back here."""
        if self.machine is None or now <= self.machine.highest_seen:
            return self
        return self.with_machine(replace(self.machine, highest_seen=now))


class ClientStore(Protocol):
    """Where a machine keeps its state; several programs may use the same one at a time."""

    def load(self) -> ClientState:
        """The state at this moment; an empty one where nothing was kept yet."""
        ...

    def update(self, change: Callable[[ClientState], ClientState]) -> ClientState:
        """The state is what `change` makes of the present one, and no other update comes between.

        When `change` raises, nothing is changed.

        Raises:
            LocalFault: the store cannot be written.
        """
        ...
