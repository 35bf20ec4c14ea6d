"""Installing a product key, and saying which hosts to ask, and how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenure.client.catalogs import trust_catalogs
from tenure.client.state import ClientState, InstalledProduct, Machine
from tenure.core.errors import Code, Refused, UsageError
from tenure.core.product_key import KeyType, ProductKey, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from tenure.client.host_address import HostAddress
    from tenure.client.state import ClientStore
    from tenure.core.catalog import Catalog, Product
    from tenure.core.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledKey:
    """What installing a key did."""

    product_id: UUID
    product: str
    publisher: str
    partial_key: str
    key_type: KeyType
    machine_id: UUID
    hosts: tuple[HostAddress, ...]


def parse_client_key(typed: str, refuse_foreign: Callable[[str], None]) -> ProductKey:
    """The machine's key that was typed; `refuse_foreign` may raise for a key that belongs to another system.

    Raises:
        UsageError: the key is mistyped, or a host key.
        Refused: code `product_unknown`, for a key that names no single product.
    """
    refuse_foreign(typed)
    key = parse(typed)
    if key.type is KeyType.HOST:
        raise UsageError(
            Code.KEY_TYPE,
            "This is a host key; a machine takes a generic key, a MAK or a retail key.",
            "A host key belongs on the activation host: tenure host install-key. Keep it from machines.",
        )
    if key.covers_all_products:
        raise Refused(
            Code.PRODUCT_UNKNOWN,
            f"This {key.type.label} key names no single product.",
            f"Ask the publisher for the {key.type.label} key of the product.",
        )
    return key


def install_key(
    key: ProductKey,
    catalogs: Sequence[str] | None,
    *,
    root_kid: str | None,
    store: ClientStore,
    clock: Clock,
    new_uuid: Callable[[], UUID],
) -> InstalledKey:
    """The machine has this key, and trusts the catalogs of its publisher; its machine id exists.

    Without `catalogs` the key must be of a catalog that is trusted here already. Installing a key again changes
    nothing but the key. A lease or a grant that is held stays, also under a key of another type: it counts until what
    the new key brings takes its place.

    Raises:
        UsageError: code `not_set_up`, when no catalog is at hand; `invalid_argument`, when a secret key could be of
            several publishers.
        Refused: `product_unknown` (no product of the publisher has this key) or `product_taken`.
        Untrusted: the catalogs do not verify.
        LocalFault: the store cannot be written.
    """
    now = clock()
    found: list[tuple[Catalog, Product]] = []

    def change(state: ClientState) -> ClientState:
        if catalogs is not None:
            state, catalog = trust_catalogs(state, catalogs, root_kid=root_kid)
            candidates = [catalog]
        else:
            candidates = [trusted.newest for trusted in state.catalogs.values()]
        catalog, product = _product_of(key, candidates)
        found.append((catalog, product))
        machine = state.machine or Machine(machine_id=new_uuid())
        before = state.products.get(product.product_id)
        first = before.key_installed_at if before else machine.keys_removed.get(product.product_id, now)
        return (
            state.with_machine(machine)
            .at(now)
            .with_key(product.product_id, key)
            .with_product(
                InstalledProduct(
                    product_id=product.product_id,
                    publisher_id=catalog.publisher_id,
                    key=key.shown,
                    key_type=key.type,
                    key_installed_at=first,
                    order=before.order
                    if before
                    else 1 + max((p.order for p in state.products.values()), default=0),
                )
            )
        )

    machine = _machine(store.update(change))
    catalog, product = found[-1]
    return InstalledKey(
        product_id=product.product_id,
        product=product.name,
        publisher=catalog.name,
        partial_key=key.partial,
        key_type=key.type,
        machine_id=machine.machine_id,
        hosts=machine.hosts,
    )


def set_hosts(
    hosts: Sequence[HostAddress], *, store: ClientStore, clock: Clock, new_uuid: Callable[[], UUID]
) -> tuple[HostAddress, ...]:
    """These hosts, and no others, are asked, in this order; none: they are looked for in the DNS, from scratch.

    Raises:
        Refused: code `tls_required`, for `http://` on a machine that demands TLS.
        LocalFault: the store cannot be written.
    """
    now = clock()
    unique = tuple(dict.fromkeys(hosts))

    def change(state: ClientState) -> ClientState:
        machine = state.machine or Machine(machine_id=new_uuid())
        for host in unique:
            host.base_url(tls_required=machine.tls_required)
        return state.with_machine(replace(machine, hosts=unique, found_host=None)).at(now)

    return _machine(store.update(change)).hosts


def set_tls_required(
    *, required: bool, store: ClientStore, clock: Clock, new_uuid: Callable[[], UUID]
) -> Machine:
    """Hosts are asked over TLS only, or those alone that were set with `https://`; the machine as it is now.

    Raises:
        LocalFault: the store cannot be written.
    """
    now = clock()

    def change(state: ClientState) -> ClientState:
        machine = state.machine or Machine(machine_id=new_uuid())
        return state.with_machine(replace(machine, tls_required=required)).at(now)

    return _machine(store.update(change))


def set_own_ca(sha256: str, *, store: ClientStore, clock: Clock, new_uuid: Callable[[], UUID]) -> None:
    """For hosts' TLS the authorities in the file with this SHA-256 are trusted; empty: the system's.

    Raises:
        LocalFault: the store cannot be written.
    """
    now = clock()

    def change(state: ClientState) -> ClientState:
        machine = state.machine or Machine(machine_id=new_uuid())
        return state.with_machine(replace(machine, own_ca=sha256)).at(now)

    store.update(change)


def product_with(key: ProductKey, catalog: Catalog) -> Product | None:
    """The product of the catalog that this key can be for: a generic key stands there, a secret one tells its number."""
    product = catalog.product_numbered(key.product_number)
    if product is None or (not key.type.secret and key.text not in product.generic_keys):
        return None
    return product


def _product_of(key: ProductKey, catalogs: Sequence[Catalog]) -> tuple[Catalog, Product]:
    if not catalogs:
        raise UsageError(
            Code.NOT_SET_UP,
            f"No catalog has the key ...{key.partial}.",
            "Give the publisher's catalog: tenure client install-key KEY --catalog FILE.",
        )
    fitting = [(catalog, product) for catalog in catalogs if (product := product_with(key, catalog))]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(repr(catalog.name) for catalog in catalogs)
    if fitting:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"The key ...{key.partial} may be of {names}.",
            "Give its publisher's catalog: tenure client install-key KEY --catalog FILE.",
        )
    raise Refused(
        Code.PRODUCT_UNKNOWN,
        f"The key ...{key.partial} is not the {key.type.label} key of any product of {names}.",
        "Check that key and catalog are of the same publisher; a newer catalog may have the product.",
    )


def _machine(state: ClientState) -> Machine:
    if state.machine is None:
        raise UsageError(
            Code.NOT_SET_UP, "Nothing is installed on this machine.", "tenure client install-key KEY"
        )
    return state.machine
