"""What each switch of `tenure slmgr` does: use cases of a machine, and of a host where there is one in the home."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.randomness import new_uuid
from tenure.client.activation import Activated, StillShort
from tenure.client.discovery_settings import DiscoveryChange, change_discovery, parse_domain
from tenure.client.grant_activation import ActivatedForGood
from tenure.client.host_address import parse_host
from tenure.core.errors import Code, TenureError, UsageError
from tenure.core.product_key import KeyType, parse
from tenure.host import settings
from tenure.programs import client, lifecycle
from tenure.programs.catalog_files import find_only_catalog
from tenure.programs.slmgr_licenses import (
    find_product,
    has_host,
    hosts_of,
    load_state,
    needing_servers,
    no_key,
    publisher_meant,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.client.activation import Progress
    from tenure.client.host_address import HostAddress
    from tenure.client.lifecycle import RemovedKey
    from tenure.client.state import ClientState, Machine
    from tenure.host.store import HostStore
    from tenure.programs.client import Warn


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledKey:
    """What `/ipk` installed."""

    product: str
    """The product; of a host key, its publisher."""
    shown: str
    """The key, as it may be shown: of a secret key only its end."""
    host_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What became of one product, or of this host, when `/ato` asked for it."""

    name: str
    activation_id: UUID
    expires: int | None
    """When what was granted ends, Unix seconds; None: nothing was granted, or for good."""
    error: TenureError | None


def install_key(home: Home, typed: str, *, catalog: Path | None, warn: Warn) -> InstalledKey:
    """A machine's key is installed on this machine, a host key on the host of this home.

    Raises:
        UsageError, Refused, Untrusted: as `client.install_key` and `host.install_key`.
    """
    client.refuse_foreign_key(typed)
    key = parse(typed)
    if key.type is not KeyType.HOST:
        installed = client.install_key(home, typed, catalog=catalog, root=None, warn=warn)
        return InstalledKey(product=installed.product, shown=key.shown, host_key=False)
    with needing_servers():
        from tenure.programs import slmgr_host  # noqa: PLC0415 - a client is installed without it
    publisher = slmgr_host.install_key(home, typed, catalog=_only_catalog(home, catalog))
    return InstalledKey(product=publisher, shown=key.shown, host_key=True)


def activate(
    home: Home, wanted: str | None, *, warn: Warn, tell: Callable[[Progress], None]
) -> list[Activation]:
    """What is `wanted` was asked for; nothing named: every installed product, and the host if it needs it.

    A host needs it while it has no certificate, and where it stands alone in its home.

    Raises:
        UsageError: nothing is installed, or nothing of that name.
        TenureError: the host could not be activated.
    """
    state = load_state(home, warn)
    done: list[Activation] = []
    publisher_id: UUID | None = None
    if has_host(home):
        with needing_servers():
            from tenure.programs import slmgr_host  # noqa: PLC0415 - a client is installed without it
        host, _ = slmgr_host.licenses(home)
        publisher_id = publisher_meant(host, wanted)
        for publisher, name, activated in host.publishers:
            needs_it = wanted is None and (not activated or not state.products)
            if publisher == publisher_id or needs_it:
                done.append(_attempt(name, publisher, partial(slmgr_host.activate, home, publisher)))
    if publisher_id is None and (state.products or not done):
        if not state.products:
            raise no_key(home)
        product = None if wanted is None else str(find_product(state, wanted))
        attempts = client.activate(home, product=product, seconds=0, warn=warn, tell=tell)
        done += [activation_of_attempt(state, attempt) for attempt in attempts]
    return done


def remove_key(home: Home, wanted: str | None, *, warn: Warn) -> RemovedKey:
    """The product that is `wanted`, or the only one, has no key and no lease on this machine.

    Raises:
        UsageError: as `lifecycle.remove_key`; `not_available`, when only a host's key is here.
    """
    if wanted is None and has_host(home) and not load_state(home, warn).products:
        raise UsageError(
            Code.NOT_AVAILABLE,
            "Only a host key is here, and a host keeps its key: its certificate is renewed with it.",
            "To retire a host, stop its server and have its publisher revoke the key.",
        )
    return lifecycle.remove_key(home, product=wanted, warn=warn)


def set_host(home: Home, typed: str, *, warn: Warn) -> tuple[HostAddress, ...]:
    """This machine asks the host that was typed; of `:port` alone, the hosts that were set, at that port.

    Raises:
        UsageError: code `invalid_argument`; `not_set_up`, when a port has no host to belong to.
    """
    if not typed.startswith(":"):
        return client.set_hosts(home, [parse_host(typed)], warn=warn)
    port = parse_host(f"host{typed}").port
    hosts = hosts_of(FileClientStore(home.client).load())
    if not hosts:
        raise UsageError(
            Code.NOT_SET_UP,
            f"No host is set that port {port} could belong to.",
            f"Name the host too: tenure slmgr /skms HOST:{port}.",
        )
    return client.set_hosts(home, [replace(host, port=port) for host in hosts], warn=warn)


def clear_host(home: Home, *, warn: Warn) -> None:
    """No host is set on this machine, so the DNS is asked for them."""
    client.set_hosts(home, [], warn=warn)


def set_domain(home: Home, typed: str) -> tuple[str, HostAddress | None]:
    """Hosts are looked for in this domain; empty: in the machine's own. What comes back is a host that is set all the same.

    Raises:
        UsageError: code `invalid_argument`.
    """
    domain = parse_domain(typed) if typed else ""
    return domain, next(iter(_change_discovery(home, DiscoveryChange(domain=domain)).hosts), None)


def set_host_caching(home: Home, *, on: bool) -> None:
    """Whether the host that answered is asked first again."""
    _change_discovery(home, DiscoveryChange(host_caching=on))


def _change_discovery(home: Home, wanted: DiscoveryChange) -> Machine:
    store = FileClientStore(home.client)
    return change_discovery(wanted, store=store, clock=system_clock, new_uuid=new_uuid)


def set_retry_interval(home: Home, minutes: int) -> bool:
    """The host of this home tells machines below the threshold to come back after so long; whether it is activated."""
    return _change(home, lambda store: settings.set_retry_interval(minutes, store=store))


def set_renewal_interval(home: Home, minutes: int) -> bool:
    """Leases of the host of this home are renewed after so long; whether it is activated."""
    return _change(home, lambda store: settings.set_renewal_interval(minutes, store=store))


def set_port(home: Home, port: int) -> bool:
    """The host of this home listens on this port from its next start on; whether it is activated."""
    return _change(home, lambda store: settings.set_port(port, store=store))


def set_dns_publishing(home: Home, *, on: bool) -> tuple[bool, bool]:
    """Whether the host of this home publishes itself is stored; whether it is activated, and whether it knows what."""
    known = False

    def change(store: HostStore) -> None:
        nonlocal known
        settings.set_dns_publishing(on=on, store=store)
        known = settings.read_settings(store.settings()).dns_options is not None

    return _change(home, change), known


def _change(home: Home, change: Callable[[HostStore], None]) -> bool:
    if not has_host(home):
        raise UsageError(
            Code.NOT_SET_UP,
            f"There is no activation host in {home.root}, and this is a host's setting.",
            "Run it on the host, with the host's --home; or set one up: tenure host install-key KEY --catalog FILE.",
        )
    with needing_servers():
        from tenure.programs import slmgr_host  # noqa: PLC0415 - a client is installed without it
    return slmgr_host.change_setting(home, change)


def _only_catalog(home: Home, given: Path | None) -> Path:
    """The catalog file for a host key, which names no product: the one that was given, else the only one here."""
    found = find_only_catalog(given, [home], lambda _catalog: True)
    if found is None:
        raise UsageError(
            Code.NOT_SET_UP,
            "No publisher's catalog was found, and a host key needs its own.",
            "Name it: tenure slmgr /ipk KEY --catalog FILE.",
        )
    return found.path


def activation_of_attempt(state: ClientState, attempt: client.Attempt) -> Activation:
    """What became of one product of this machine."""
    definition = state.definition(attempt.product_id)
    error: TenureError | None
    match attempt.outcome:
        case Activated() | ActivatedForGood():
            error = None
        case StillShort() as short:
            error = short.refusal()
        case failed:
            error = failed
    return Activation(
        name=definition.name if definition else str(attempt.product_id),
        activation_id=attempt.product_id,
        expires=attempt.outcome.lease.exp if isinstance(attempt.outcome, Activated) else None,
        error=error,
    )


def _attempt(name: str, publisher_id: UUID, ask: Callable[[], int]) -> Activation:
    try:
        return Activation(name=name, activation_id=publisher_id, expires=ask(), error=None)
    except TenureError as error:
        return Activation(name=name, activation_id=publisher_id, expires=None, error=error)
