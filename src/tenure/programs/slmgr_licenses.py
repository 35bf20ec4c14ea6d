"""What `slmgr /dli`, `/dlv` and `/xpr` tell: the licenses of this machine, and of a host where one is in the home."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.home import homes_to_read
from tenure.client.lifecycle import NO_KEY
from tenure.core.errors import Code, TenureError, UsageError
from tenure.programs import client

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.client.host_address import HostAddress
    from tenure.client.state import ClientState
    from tenure.client.status import ProductStatus
    from tenure.host.licenses import HostLicenses
    from tenure.programs.client import Warn

ALL: Final = "all"
_UNKNOWN_PRODUCT: Final = "0xC004F069"
"""What Microsoft's clients say of a product that is not found (kms-facts, section 9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLicense:
    """One product on this machine, and what its machine knows beside."""

    status: ProductStatus
    publisher_id: UUID | None
    publisher: str | None
    lookup_domain: str
    host_caching: bool
    activation_interval_s: int | None
    """How often it asks before it is activated, by its policy."""
    renewal_interval_s: int | None
    """How long after a lease it asks again, by its host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licenses:
    """What `/dli`, `/dlv` and `/xpr` tell."""

    now: int
    products: tuple[MachineLicense, ...]
    everything: bool
    """Whether all licenses were asked for."""
    left_out: int
    """Installed products that are not among them."""
    host: HostLicenses | None
    listening: str | None
    """Where the host's server listens; None: it is not running."""


def licenses(given: Path | None, wanted: str | None, *, warn: Warn) -> Licenses:
    """The license of the first product and those of the host; of what is `wanted` by its id or name; or of `all`.

    Works for every user, and on a read-only disk where no host is.

    Raises:
        UsageError: `not_set_up`, when there is nothing to tell of; `product_unknown`.
        Untrusted: code `state_damaged`, when damage left nothing to tell.
    """
    homes = homes_to_read(given)
    machine_home = next((home for home in homes if FileClientStore(home.client).exists), homes[0])
    told = client.status(machine_home.root, product=None, warn=warn)
    state = load_state(machine_home, warn)
    host_home = next((home for home in homes if has_host(home)), None)
    host, listening, fault = _host_or_fault(host_home)
    everything = wanted is not None and wanted.lower() == ALL
    publisher_id = None if host is None or everything else publisher_meant(host, wanted)
    chosen = told.products
    if publisher_id is not None:
        chosen = []
    elif everything:
        chosen = [*chosen, *_without_keys(machine_home, state, warn)]
    elif wanted is None:
        chosen = chosen[:1]
    else:
        chosen = [
            client.status(machine_home.root, product=str(find_product(state, wanted)), warn=warn).chosen
        ]
        host = None
    if host is not None and publisher_id is not None:
        host = replace(host, licenses=tuple(x for x in host.licenses if x.publisher_id == publisher_id))
    if not chosen and host is None:
        raise fault or no_key(machine_home)
    if fault is not None and wanted is None:
        warn(f"the host in this home cannot be told of: {fault.detail}")
    return Licenses(
        now=system_clock(),
        products=tuple(_machine_license(state, status) for status in chosen),
        everything=everything,
        left_out=max(0, len(told.products) - 1) if wanted is None else 0,
        host=host,
        listening=listening,
    )


@contextmanager
def needing_servers() -> Iterator[None]:
    """What is imported inside needs the servers' packages."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            Code.NOT_AVAILABLE,
            f"There is a host here, and it needs the package {error.name!r}.",
            "Install Tenure with its servers: pip install 'tenure[server]'.",
        ) from error


def has_host(home: Home) -> bool:
    """Whether there is a host in this home, as far as this user can see."""
    try:
        return home.host_database.exists()
    except OSError:
        # A folder that only its owner may enter: for everybody else there is no host in it.
        return False


def load_state(home: Home, warn: Warn) -> ClientState:
    """What the machine in this home keeps; damage is told."""
    store = FileClientStore(home.client)
    state = store.load()
    for damage in store.damaged:
        warn(str(damage))
    return state


def publisher_meant(host: HostLicenses, wanted: str | None) -> UUID | None:
    """The publisher of the host that is meant by `wanted`, if it is one."""
    return next((p for p, _, _ in host.publishers if wanted is not None and str(p) == wanted.lower()), None)


def find_product(state: ClientState, wanted: str) -> UUID:
    """The product, as `ClientState.find`, with the HRESULT of one that is not found."""
    try:
        return state.find(wanted)
    except UsageError as error:
        raise UsageError(error.code, error.detail, error.cure, _UNKNOWN_PRODUCT) from error


def hosts_of(state: ClientState) -> Sequence[HostAddress]:
    """The hosts that an administrator set."""
    return state.machine.hosts if state.machine else ()


def no_key(home: Home) -> UsageError:
    """Nothing is installed here."""
    return UsageError(
        Code.NOT_SET_UP,
        f"No product key is installed in {home.root}.",
        "Install one: tenure slmgr /ipk KEY.",
        NO_KEY,
    )


def _host_or_fault(home: Home | None) -> tuple[HostLicenses | None, str | None, TenureError | None]:
    """The host's licenses and where it listens, or why neither can be told."""
    if home is None:
        return None, None, None
    try:
        with needing_servers():
            from tenure.programs import slmgr_host  # noqa: PLC0415 - a client is installed without it
        return *slmgr_host.licenses(home), None
    except TenureError as error:
        return None, None, error


def _without_keys(home: Home, state: ClientState, warn: Warn) -> list[ProductStatus]:
    """The products that a catalog here knows and that have no key on this machine."""
    known = [product.product_id for trusted in state.catalogs.values() for product in trusted.newest.products]
    return [
        client.status(home.root, product=str(product_id), warn=warn).chosen
        for product_id in known
        if product_id not in state.products
    ]


def _machine_license(state: ClientState, status: ProductStatus) -> MachineLicense:
    catalog, policy = None, None
    for trusted in state.catalogs.values():
        product = trusted.newest.product(status.product_id) if status.product_id else None
        if product is not None:
            catalog, policy = trusted.newest, trusted.newest.policy_of(product)
    renewal = None
    if status.renew_after is not None and status.last_activation is not None:
        renewal = status.renew_after - status.last_activation
    return MachineLicense(
        status=status,
        publisher_id=catalog.publisher_id if catalog else None,
        publisher=catalog.name if catalog else None,
        lookup_domain=state.machine.lookup_domain if state.machine else "",
        host_caching=state.machine.host_caching if state.machine else True,
        activation_interval_s=policy.retry_interval_s if policy else None,
        renewal_interval_s=renewal or (policy.renewal_interval_s if policy else None),
    )
