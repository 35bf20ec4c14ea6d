"""A machine: what each command of `tenure client` does."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.files.keys import load_public_key
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.fingerprint import Installation, read_installation
from tenure.adapters.os.home import homes_to_read
from tenure.adapters.os.randomness import new_uuid
from tenure.client import setup
from tenure.client.activation import Activated, Progress
from tenure.client.grant_activation import ActivatedForGood
from tenure.client.seen import seen
from tenure.client.status import ProductStatus, all_statuses, product_status
from tenure.core.errors import Code, LocalFault, TenureError, Untrusted, UsageError
from tenure.core.os_id import FROM_HOME
from tenure.programs.catalog_files import find_catalog, find_only_catalog
from tenure.programs.discovery import AS_SET, Lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.client.any_activation import AnyActivation, Outcome
    from tenure.client.host_address import HostAddress
    from tenure.client.state import ClientState
    from tenure.core.catalog import Catalog

    Warn = Callable[[str], None]
    """Hears what an administrator should know although the command goes on."""


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """What `tenure client status` tells."""

    chosen: ProductStatus
    """The product that was asked for, else the first installed."""
    products: list[ProductStatus]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one product when hosts or its publisher were asked."""

    product_id: UUID
    outcome: Outcome | TenureError


def install_key(
    home: Home, typed: str, *, catalog: Path | None, root: Path | None, warn: Warn
) -> setup.InstalledKey:
    """The machine in this home has the key and trusts its publisher's catalog."""
    key = setup.parse_client_key(typed, refuse_foreign_key)
    store = _open(home)

    def has_the_product(claimed: Catalog) -> bool:
        return setup.product_with(key, claimed) is not None

    if not key.type.secret:
        found = find_catalog(catalog, [home], has_the_product)
    elif catalog is None and any(has_the_product(t.newest) for t in store.load().catalogs.values()):
        # A catalog that was trusted before says more of a key that none lists than a file that lies around.
        found = None
    else:
        found = find_only_catalog(catalog, [home], has_the_product)
    installed = setup.install_key(
        key,
        found.tokens if found else None,
        root_kid=load_public_key(root).kid if root is not None else None,
        store=store,
        clock=system_clock,
        new_uuid=new_uuid,
    )
    _tell_damage(store, warn)
    return installed


def set_hosts(
    home: Home, hosts: Sequence[HostAddress], *, warn: Warn, ca: str | None = None
) -> tuple[HostAddress, ...]:
    """The machine in this home asks these hosts, in this order; none: it looks for them in the DNS.

    For their TLS it trusts the authorities in the file `ca`, or with `system` the system's.

    Raises:
        UsageError: code `invalid_argument`, when the CA file holds no certificate.
        Refused: code `tls_required`.
    """
    store = _open(home)
    if ca is not None:
        from tenure.programs.client_tls import trust_for_hosts  # noqa: PLC0415 - few have an authority of their own

        trust_for_hosts(home, ca)
    hosts = setup.set_hosts(hosts, store=store, clock=system_clock, new_uuid=new_uuid)
    _tell_damage(store, warn)
    return tuple(hosts)


def activate(
    home: Home,
    *,
    product: str | None,
    seconds: float,
    warn: Warn,
    tell: Callable[[Progress], None],
    lookup: Lookup = AS_SET,
    publisher_url: str | None = None,
    ca: str | None = None,
    answer_seconds: float | None = None,
) -> list[Attempt]:
    """Every product of this home's machine, or the one that is named, was asked for, for `seconds` in all.

    Each is asked for once before any is waited for, so that the machine counts everywhere meanwhile. Products with a
    MAK or a retail key are asked of the publisher at `publisher_url`, else where their catalog says. For
    the TLS of those that are asked, the authorities in the file `ca` are trusted from now on. A host is given
    `answer_seconds` for its answer; None: the usual time.

    Raises:
        UsageError: no such product, no key installed, a wrong CA file, or nothing to look hosts up by in `lookup`.
        LocalFault: the home cannot be used.
    """
    end = time.monotonic() + seconds
    _trust_asked(home, ca, product)
    with _asking(home, warn, tell, lookup, publisher_url=publisher_url, answer_seconds=answer_seconds) as (
        activation,
        state,
    ):
        wanted = _wanted(home, state, product)
        attempts = {p: _attempt(p, activation.activate) for p in wanted} if len(wanted) > 1 else {}
        for product_id in wanted:
            left = max(0.0, end - time.monotonic())
            before = attempts.get(product_id)
            if before is None or (left and not isinstance(before.outcome, Activated | ActivatedForGood)):
                attempts[product_id] = _attempt(product_id, partial(activation.activate, seconds=left))
        return list(attempts.values())


def renew(
    home: Home,
    *,
    product: str | None,
    warn: Warn,
    tell: Callable[[Progress], None],
    lookup: Lookup = AS_SET,
    ca: str | None = None,
    answer_seconds: float | None = None,
) -> list[Attempt]:
    """The lease of every product, or of the one that is named, was asked for anew. `ca`, `answer_seconds` as `activate`.

    Products with a MAK or a retail key hold no lease, and are left out.

    Raises:
        UsageError: code `not_available`, when nothing else is here or was named. Others as `activate`.
    """
    _trust_asked(home, ca, product)
    with _asking(home, warn, tell, lookup, answer_seconds=answer_seconds) as (activation, state):
        wanted = _wanted(home, state, product)
        leased = [p for p in wanted if not (p in state.products and state.products[p].key_type.secret)]
        if not leased:
            raise UsageError(
                Code.NOT_AVAILABLE,
                "What a MAK or a retail key activates is activated for good: there is nothing to renew.",
                "To ask the publisher again, which is free for this machine: tenure client activate.",
            )
        return [_attempt(p, activation.at_hosts.renew) for p in leased]


def status(given: Path | None, *, product: str | None, warn: Warn) -> MachineStatus:
    """What the machine is licensed for, read from the first home that has anything; works on a read-only disk.

    Where it can be written, the highest time seen is kept.

    Raises:
        UsageError: code `product_unknown`.
        Untrusted: code `state_damaged`, when damage left nothing to tell.
    """
    homes = homes_to_read(given)
    home = next((h for h in homes if _open(h).exists), homes[0])
    now = system_clock()
    installation = read_installation(home.client)
    store = _open(home)
    state = store.load()

    def look(before: ClientState) -> ClientState:
        return seen(before, now, lambda p: installation.fingerprint(p) if installation else None)

    if state.machine is not None:
        try:
            state = store.update(look)
        except LocalFault:
            # A read-only home, or somebody else's: the time is still judged, only not kept.
            state = look(state)
    _tell_damage(store, warn)
    if store.damaged and not state.products:
        raise Untrusted(
            Code.STATE_DAMAGED,
            f"What this machine kept in {home.client} is damaged; nothing is left to tell.",
            "Install the product's key again: tenure client install-key KEY --catalog FILE.",
        )
    return _status_of(state, installation, product, now)


def status_after(home: Home, *, product: str | None) -> MachineStatus:
    """The same for one home, after a command that wrote there."""
    return _status_of(_open(home).load(), read_installation(home.client), product, system_clock())


def refuse_foreign_key(typed: str) -> None:
    """Nothing happens, unless the typed key is Microsoft's.

    Raises:
        Refused: code `foreign_key`; says where it belongs.
    """
    from tenure.programs.microsoft_keys import refuse_microsoft_key  # noqa: PLC0415 - only a typed key pays for it

    refuse_microsoft_key(typed)


@contextmanager
def _asking(
    home: Home,
    warn: Warn,
    tell: Callable[[Progress], None],
    lookup: Lookup,
    *,
    publisher_url: str | None = None,
    answer_seconds: float | None = None,
) -> Iterator[tuple[AnyActivation, ClientState]]:
    # Here, because `status` asks nobody, and urllib3 is a fifth of its time.
    from tenure.programs.asking import activation_of  # noqa: PLC0415 - as said

    store = _open(home)
    state = store.load()
    _tell_damage(store, warn)
    with activation_of(
        home, store, tell=tell, lookup=lookup, publisher_url=publisher_url, answer_seconds=answer_seconds
    ) as activation:
        yield activation, state


def _trust_asked(home: Home, ca: str | None, product: str | None) -> None:
    """Those that this product, or all of them, will be asked of: hosts, publisher or both."""
    if ca is not None:
        from tenure.programs.client_tls import trust_for  # noqa: PLC0415 - as said

        state = _open(home).load()
        wanted = _wanted(home, state, product)
        trust_for(home, ca, [state.products[p] for p in wanted if p in state.products])


def _wanted(home: Home, state: ClientState, product: str | None) -> list[UUID]:
    if product is not None:
        return [state.find(product)]
    if not state.products:
        raise UsageError(
            Code.NOT_SET_UP,
            f"No product key is installed in {home.root}.",
            "Install one: tenure client install-key KEY --catalog FILE.",
        )
    return [installed.product_id for installed in state.installed]


def _attempt(product_id: UUID, ask: Callable[[UUID], Outcome]) -> Attempt:
    """What became of one product; only a fault of this machine keeps the others from their turn."""
    try:
        return Attempt(product_id, ask(product_id))
    except LocalFault:
        raise
    except TenureError as error:
        return Attempt(product_id, error)


def _status_of(
    state: ClientState, installation: Installation | None, product: str | None, now: int
) -> MachineStatus:
    def fingerprint_of(publisher_id: UUID) -> str | None:
        return installation.fingerprint(publisher_id) if installation else None

    source = installation.source if installation else FROM_HOME
    products = all_statuses(state, fingerprint_of=fingerprint_of, fingerprint_source=source, now=now)
    first = products[0].product_id if products else None
    wanted = first if product is None else state.find(product)
    chosen = product_status(state, wanted, fingerprint_of=fingerprint_of, fingerprint_source=source, now=now)
    return MachineStatus(chosen, products)


def _open(home: Home) -> FileClientStore:
    return FileClientStore(home.client)


def _tell_damage(store: FileClientStore, warn: Warn) -> None:
    for damage in store.damaged:
        warn(str(damage))
