"""What a machine keeps: one value, replaced as a whole, and the port that keeps it.

Everything here is plain data. Documents are kept as they arrived and verified again whenever they are used
(`client.verdict`); only catalogs are held verified, since everything else is verified by them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from tenure.core.errors import Code, UsageError
from tenure.core.product_key import GROUP_LENGTH, KeyType
from tenure.wire.srv_label import DEFAULT_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from tenure.client.host_address import HostAddress
    from tenure.core.catalog import Product
    from tenure.core.product_key import ProductKey
    from tenure.wire.trust import TrustedCatalogs

T = TypeVar("T")


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
    tls_required: bool = False
    """Whether hosts are asked over TLS only; else only those that were set with `https://`."""
    own_ca: str = ""
    """The SHA-256 of the file with the authorities that alone are trusted for hosts' TLS; empty: the system's are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledProduct:
    """A product whose key was installed here."""

    product_id: UUID
    publisher_id: UUID
    key: str
    """As anybody may see it (`ProductKey.shown`): a generic key whole, of a secret one only the end."""
    key_installed_at: int
    """When the first key for it was installed, Unix seconds; no later key and no rearm renews it."""
    order: int
    """Its place among the products of this machine, in order of first installation."""
    key_type: KeyType = KeyType.GENERIC
    """Says who activates it: hosts with a generic key, the publisher with a MAK or a retail key."""

    @property
    def partial_key(self) -> str:
        """The last five characters of the key."""
        return self.key[-GROUP_LENGTH:]


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
class HeldGrant:
    """A grant as it arrived."""

    grant: str
    change_noted_at: int | None = None
    """Since when another installation has been here than the one it is for, Unix seconds; None: none was noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientState:
    """Everything that a machine keeps."""

    machine: Machine | None = None
    """None: nothing was ever installed or set here."""
    products: Mapping[UUID, InstalledProduct] = field(default_factory=dict)
    secret_keys: Mapping[UUID, ProductKey] = field(default_factory=dict)
    """MAKs and retail keys by product id, as far as this user may read them."""
    leases: Mapping[UUID, HeldLease] = field(default_factory=dict)
    """By product id. A product has a lease or a grant: whichever is accepted takes the other's place."""
    grants: Mapping[UUID, HeldGrant] = field(default_factory=dict)
    """By product id."""
    catalogs: Mapping[UUID, TrustedCatalogs] = field(default_factory=dict)
    """By publisher id."""
    revocations: Mapping[UUID, str] = field(default_factory=dict)
    """The newest revocation list, by publisher id."""

    @property
    def own_ca(self) -> bool:
        """Whether this machine trusts authorities of its own for hosts' TLS."""
        return self.machine is not None and bool(self.machine.own_ca)

    @property
    def tls_required(self) -> bool:
        """Whether this machine asks hosts over TLS only."""
        return self.machine is not None and self.machine.tls_required

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

    def with_key(self, product_id: UUID, key: ProductKey) -> ClientState:
        """The same; of the product's keys it keeps this one, if it is secret, and no other."""
        keys = _without(self.secret_keys, product_id)
        return replace(self, secret_keys={**keys, product_id: key} if key.type.secret else keys)

    def with_lease(self, product_id: UUID, lease: HeldLease) -> ClientState:
        """The same, with this lease in place of the lease or the grant that the product had."""
        leases = {**self.leases, product_id: lease}
        return replace(self, leases=leases, grants=_without(self.grants, product_id))

    def with_grant(self, product_id: UUID, grant: HeldGrant) -> ClientState:
        """The same, with this grant in place of the lease or the grant that the product had."""
        grants = {**self.grants, product_id: grant}
        return replace(self, grants=grants, leases=_without(self.leases, product_id))

    def without_activations(self) -> ClientState:
        """The same, holding neither a lease nor a grant."""
        return replace(self, leases={}, grants={})

    def without_product(self, product_id: UUID) -> ClientState:
        """The same, with no key, lease or grant for the product."""
        return replace(
            self,
            products=_without(self.products, product_id),
            secret_keys=_without(self.secret_keys, product_id),
            leases=_without(self.leases, product_id),
            grants=_without(self.grants, product_id),
        )

    def with_catalogs(self, catalogs: TrustedCatalogs) -> ClientState:
        """The same, with these catalogs of their publisher."""
        return replace(self, catalogs={**self.catalogs, catalogs.newest.publisher_id: catalogs})

    def with_revocations(self, publisher_id: UUID, token: str) -> ClientState:
        """The same, with this revocation list of the publisher."""
        return replace(self, revocations={**self.revocations, publisher_id: token})

    def at(self, now: int) -> ClientState:
        """The same, `now` having been seen: the highest time seen never goes back here."""
        if self.machine is None or now <= self.machine.highest_seen:
            return self
        return self.with_machine(replace(self.machine, highest_seen=now))


def _without(mapping: Mapping[UUID, T], product_id: UUID) -> dict[UUID, T]:
    return {known: value for known, value in mapping.items() if known != product_id}


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
