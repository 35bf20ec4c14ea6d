"""The activation host: what each command of `tenure host` does."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tenure.adapters.files.atomic import read_file
from tenure.adapters.files.host_keys import HostKeyFolder
from tenure.adapters.files.keys import load_public_key
from tenure.adapters.http.publisher_client import PublisherClient
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.dhcp import dhcp_addresses
from tenure.adapters.os.fingerprint import machine_fingerprint
from tenure.adapters.os.randomness import new_uuid
from tenure.core.errors import Code, TenureError, UsageError
from tenure.core.peers import parse_network
from tenure.host import clock_acceptance, limits, networks, retention, settings, setup
from tenure.host import refresh as refreshing
from tenure.host.epoch import raise_epoch
from tenure.host.firewall import firewall_rules
from tenure.host.served import served_by
from tenure.host.settings import DEFAULT_PORT, read_settings
from tenure.host.status import HostStatus, host_status
from tenure.host.store import identity_of
from tenure.programs.catalog_files import CATALOG_LIMIT, read_catalog_file
from tenure.programs.contact import reaching_publisher, trust_for_publisher
from tenure.programs.host_database import use_database
from tenure.programs.host_listening import listening_at, tls_files_at
from tenure.programs.host_refresh import refresh_publishers
from tenure.programs.host_storage import require_host, storage_of
from tenure.programs.host_turned_away import turned_away_at
from tenure.programs.microsoft_keys import refuse_microsoft_key
from tenure.programs.server_tls import server_tls
from tenure.wire.publication import update_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from tenure.adapters.os.home import Home
    from tenure.adapters.sql.host_store import SqlHostStore
    from tenure.core.certificate import HostCertificate
    from tenure.core.clock import Clock
    from tenure.host.firewall import FirewallRule
    from tenure.host.limits import Limits
    from tenure.host.networks import Networks
    from tenure.host.refresh import Refreshed
    from tenure.host.retention import Retention
    from tenure.host.store import HostIdentity
    from tenure.wire.enrolment import HostActivated


@contextmanager
def open_store(home: Home) -> Iterator[SqlHostStore]:
    """The host's store in this home, at the newest schema."""
    storage = storage_of(home)
    storage.migrate()
    store = storage.open_store()
    try:
        yield store
    finally:
        store.close()


def install_key(
    home: Home, typed: str, *, catalog: Path, root: Path | None, database: str | None = None
) -> setup.InstalledKey:
    """The host in this home has the key and trusts the catalog; a server that is running learns of it by itself.

    It records in `database` from now on, if that is given.
    """
    tokens = read_catalog_file(catalog).tokens
    if database is not None:
        use_database(home, database)
    with open_store(home) as store:
        return setup.install_key(
            typed,
            tokens,
            root_kid=load_public_key(root).kid if root is not None else None,
            store=store,
            keys=HostKeyFolder(home.host),
            new_uuid=new_uuid,
            refuse_foreign=refuse_microsoft_key,
        )


def activate(
    home: Home,
    *,
    publisher_url: str | None,
    publisher_id: UUID | None,
    clock: Clock = system_clock,
    ca: str | None = None,
) -> tuple[HostActivated, HostCertificate]:
    """The host is activated, or its certificate renewed, by its publisher over the network.

    From now on the authorities in the file `ca`, or with `system` the system's, are trusted for the publisher's TLS.
    """
    keys = HostKeyFolder(home.host)
    trust_for_publisher(home.host, ca)
    with open_store(home) as store, reaching_publisher(home.host) as http:
        draft = setup.draft_activation(
            publisher_id,
            store=store,
            keys=keys,
            fingerprint_of=lambda publisher: machine_fingerprint(home.host, publisher),
            new_uuid=new_uuid,
            clock=clock,
        )
        publisher = PublisherClient(publisher_url or draft.catalog.publisher_url, http)
        answer = publisher.activate_host(draft.token)
        certificate = setup.accept_certificate(
            answer.certificate,
            publisher.catalogs(draft.publisher_id, after=draft.catalog.seq),
            publisher_id=draft.publisher_id,
            request_id=draft.request_id,
            store=store,
            keys=keys,
            clock=clock,
        )
    return answer, certificate


def is_activated(home: Home) -> bool:
    """Whether the host in this home holds a certificate."""
    if not home.host_database.exists():
        return False
    with open_store(home) as store:
        return any(enrolment.certificate is not None for enrolment in store.enrolments())


def follow_catalogs(home: Home, catalog: Path) -> None:
    """The host in this home knows the catalogs in the file, if they follow those that it knew."""
    with open_store(home) as store:
        setup.follow_catalogs(read_catalog_file(catalog).tokens, store=store)


def refresh(home: Home, *, publisher_url: str | None) -> list[Refreshed]:
    """The host in this home knows what its publishers publish; a running server goes by it within a second.

    Raises:
        UsageError: no host here, or no publisher has an address.
        Refused, Unavailable, Untrusted: what the first publisher that failed said; the others were asked all the same.
    """
    with open_store(home) as store:
        identity_of(store)
        outcomes = refresh_publishers(home, store, publisher_url=publisher_url, clock=system_clock)
    for outcome in outcomes:
        if isinstance(outcome, TenureError):
            raise outcome
    if not outcomes:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "No catalog on this host says where its publisher is reached.",
            "Give the address with --publisher URL, or a file of the publisher's with --from FILE.",
        )
    return [outcome for outcome in outcomes if not isinstance(outcome, TenureError)]


def refresh_from_file(home: Home, source: Path) -> Refreshed:
    """The host in this home knows what the file of its publisher says.

    Raises:
        UsageError: no host here, or no such file.
        Untrusted: what the file holds does not verify, or is older than what is known.
    """
    data = read_file(source, limit=CATALOG_LIMIT)
    if data is None:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"There is no file {source}.",
            "The publisher makes it: tenure publisher revocations export --out FILE.",
        )
    with open_store(home) as store:
        identity_of(store)
        return refreshing.refresh_from_file(update_in(data), store=store, clock=system_clock)


def set_refresh_interval(home: Home, minutes: int) -> None:
    """The host in this home asks its publishers every so many minutes from now on; a running server, too."""
    with open_store(home) as store:
        identity_of(store)
        settings.set_refresh_interval(minutes, store=store)


def status(home: Home) -> tuple[HostStatus, str | None]:
    """What the host in this home can tell of itself, and where its server listens (None: it is not running).

    Raises:
        UsageError: code `not_set_up`, when there is no host in this home.
    """
    require_host(home)
    with open_store(home) as store:
        identity_of(store)
        served = served_by(store)
        storage, now = storage_of(home), system_clock()
        found = host_status(
            store,
            served,
            storage.counts(served, now),
            now,
            dhcp_addresses=dhcp_addresses(),
            storage=storage.status(served, now),
        )
    tls = server_tls(home.host, served=tls_files_at(home))
    found = replace(
        found,
        tls=tls.certificate,
        turned_away=turned_away_at(home),
        warnings=found.warnings + tls.warnings,
    )
    return found, listening_at(home)


def listening_port(home: Home) -> int:
    """The port on which the host in this home listens, unless its server is given another one."""
    if not home.host_database.exists():
        return DEFAULT_PORT
    with open_store(home) as store:
        return read_settings(store.settings()).port or DEFAULT_PORT


def new_epoch(home: Home, *, clock: Clock = system_clock) -> HostIdentity:
    """The host in this home has a new epoch; a server that is running grants under it within a second.

    Raises:
        UsageError: code `not_set_up`, when there is no host in this home.
    """
    require_host(home)
    with open_store(home) as store:
        return raise_epoch(store, clock())


def accept_clock(home: Home, *, clock: Clock = system_clock) -> tuple[int, int]:
    """The host in this home goes by its clock; which time that is, and how many machines' times were moved back to it.

    Raises:
        UsageError: code `not_set_up`, when there is no host in this home.
    """
    require_host(home)
    now = clock()
    with open_store(home) as store:
        return now, clock_acceptance.accept_clock(store, now)


def firewall(home: Home, *, port: int | None, sources: Sequence[str]) -> tuple[int, tuple[FirewallRule, ...]]:
    """The port of the host in this home, unless another is given, and the rules that let machines reach it.

    Raises:
        UsageError: code `invalid_argument`, for a source that is no network.
    """
    networks = [parse_network(source) for source in sources]
    port = port or listening_port(home)
    return port, firewall_rules(port, networks)


def set_retention(home: Home, *, log_days: int | None, machine_days: int | None) -> Retention:
    """What the host in this home keeps, and for how long; a server that is running goes by it within a second."""
    with open_store(home) as store:
        identity_of(store)
        return retention.set_retention(store=store, log_days=log_days, machine_days=machine_days)


def set_limits(home: Home, given: Mapping[str, int]) -> Limits:
    """What the host in this home takes from its network; a server that is running goes by it within a second."""
    with open_store(home) as store:
        identity_of(store)
        return limits.set_limits(given, store=store)


def set_networks(home: Home, given: Sequence[str] | None) -> Networks:
    """Only these networks may ask the host in this home, None: everybody may; as quickly as `set_limits`."""
    with open_store(home) as store:
        identity_of(store)
        return networks.set_networks(given, store=store)


def allowed_networks(home: Home) -> Networks:
    """Which networks may ask the host in this home."""
    with open_store(home) as store:
        identity_of(store)
        return networks.read_networks(store.settings())
