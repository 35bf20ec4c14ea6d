"""`tenure host publish-dns`: publish, take back, or show what to enter by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.adapters.dns.server import parse_dns_server
from tenure.adapters.dns.tsig_key import read_tsig_key
from tenure.adapters.os.clock import system_clock
from tenure.host import publishing
from tenure.host.dns_by_hand import ByHand, by_hand
from tenure.host.dns_memory import read_dns_memory
from tenure.host.dns_options import DnsOptions, check, save_dns_options
from tenure.host.settings import DEFAULT_PORT, HostSettings, read_settings, set_dns_publishing
from tenure.host.store import identity_of
from tenure.programs.dns_publisher import DnsRun, planned, publish, run, update_server
from tenure.programs.host import open_store
from tenure.programs.host_listening import listening_at

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home
    from tenure.host.dns_plan import DnsPlan
    from tenure.host.store import HostStore


def publish_host(home: Home, given: DnsOptions, *, save: bool) -> DnsRun:
    """The host in this home is published as is said now and was saved before.

    With `save` that is kept, whether the DNS server answers now or not, and the host publishes itself from now on.

    Raises:
        UsageError: something is missing or cannot be used; nothing was changed.
        Refused: code `foreign_service`.
        LocalFault: the key or the home cannot be read.
    """
    with open_store(home) as store:
        settings = _settings(store)
        options = _options(given, settings)
        port = _port(home, settings)
        if save:
            # What could never work is not kept.
            planned(options, port=port)
            update_server(options)
            save_dns_options(options, store=store)
            set_dns_publishing(on=True, store=store)
        return publish(home, store, options, port=port, clock=system_clock)


def retire_host(home: Home, given: DnsOptions) -> DnsRun:
    """The DNS holds nothing of the host in this home: in the zones that are named, else in all that it knows of.

    It does not publish itself there any more, either; so much holds whether the DNS server answers or not.

    Raises:
        As `publish_host`.
    """
    with open_store(home) as store:
        settings = _settings(store)
        remembered = read_dns_memory(store.settings()).records
        # Which addresses are taken back is remembered; nobody needs to find out today's.
        options = replace(_options(given, settings), addresses=(), own_address=None)
        if not given.zones:
            options = replace(options, zones=tuple(dict.fromkeys((*options.zones, *remembered))))
        plan = planned(options, port=_port(home, settings))
        _stop_publishing(plan.zones, settings, store)
        return run(
            home, options, plan, lambda plan, server: publishing.retire(plan, server=server, store=store)
        )


def show_by_hand(home: Home, given: DnsOptions) -> tuple[DnsPlan, tuple[ByHand, ...]]:
    """What to enter in the DNS for the host in this home, or for one that is still to come. No server is asked.

    Raises:
        As `publish_host`.
    """
    settings = HostSettings()
    if home.host_database.exists():
        with open_store(home) as store:
            settings = read_settings(store.settings())
    options = _options(given, settings)
    plan = planned(options, port=_port(home, settings))
    key_name = f"tenure-{plan.service.target.partition('.')[0]}"
    if options.key_file is not None:
        key_name = read_tsig_key(Path(options.key_file)).name
    return plan, by_hand(plan, server=options.server, key_name=key_name)


def _settings(store: HostStore) -> HostSettings:
    """The settings of the host in this home, which has one."""
    identity_of(store)
    return read_settings(store.settings())


def _options(given: DnsOptions, settings: HostSettings) -> DnsOptions:
    if given.server is not None:
        given = replace(given, server=parse_dns_server(given.server).text)
    return check(given.over(settings.dns_options or DnsOptions()))


def _port(home: Home, settings: HostSettings) -> int:
    """Where machines reach this host: where it listens, else where it would."""
    listening = listening_at(home)
    return int(listening.rpartition(":")[2]) if listening is not None else settings.port or DEFAULT_PORT


def _stop_publishing(zones: tuple[str, ...], settings: HostSettings, store: HostStore) -> None:
    """The host's server does not publish in these zones again; in none left it does not publish at all."""
    saved = settings.dns_options
    if saved is None:
        return
    left = tuple(zone for zone in saved.zones if zone not in zones)
    if left:
        save_dns_options(replace(saved, zones=left), store=store)
    else:
        set_dns_publishing(on=False, store=store)
