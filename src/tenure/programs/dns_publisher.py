"""Publishing a host in the DNS: one run of it, and what a serving host does by itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.dns.server import parse_dns_server
from tenure.adapters.files.folder_lock import folder_lock
from tenure.adapters.os.addresses import address_towards, own_name
from tenure.adapters.sql.host_store import SqlHostStore
from tenure.core.errors import Code, TenureError, UsageError
from tenure.host import publishing
from tenure.host.dns_memory import read_dns_memory
from tenure.host.dns_plan import make_plan
from tenure.host.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.adapters.dns.update import UpdateServer
    from tenure.adapters.os.home import Home
    from tenure.core.clock import Clock
    from tenure.host.dns_options import DnsOptions
    from tenure.host.dns_plan import DnsPlan
    from tenure.host.publishing import ZoneOutcome
    from tenure.host.store import HostStore

EVERY: Final = 60.0
"""Seconds between two looks at whether a serving host is to publish itself."""

log = logging.getLogger("tenure.dns")


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRun:
    """What was done in the DNS."""

    server: str
    plan: DnsPlan
    outcomes: tuple[ZoneOutcome, ...]
    warnings: tuple[str, ...]

    @property
    def error(self) -> TenureError | None:
        """The first failure, if any."""
        return next((outcome.error for outcome in self.outcomes if outcome.error is not None), None)


def planned(options: DnsOptions, *, port: int) -> DnsPlan:
    """What options mean on this machine, whose host listens on `port`. Nobody is asked over the network."""

    def own_address() -> str:
        if options.server is None:
            raise UsageError(
                Code.INVALID_ARGUMENT,
                "Which of this machine's addresses it is depends on the DNS server, and none is named.",
                "Name the server with --server, or the address with --address.",
            )
        return address_towards(parse_dns_server(options.server).address)

    # dnspython takes a tenth of a second to load: only hosts that publish themselves wait for it, and not to start.
    from tenure.adapters.dns.resolver import machine_suffixes  # noqa: PLC0415 - as said

    return make_plan(
        options,
        own_name=lambda: own_name(machine_suffixes()),
        own_address=own_address,
        listening_port=port,
    )


def update_server(options: DnsOptions) -> UpdateServer:
    """The DNS server that the options name, with the key that they name.

    Raises:
        UsageError: code `invalid_argument`: one of the two is not named, or the key's file cannot be used.
        LocalFault: code `home_unusable`, when this user may not read the key.
    """
    if options.server is None or options.key_file is None:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            "A DNS server and a TSIG key are needed.",
            "Name them: --server ADDRESS --tsig-key FILE. To enter the records by hand instead: --print.",
        )
    from tenure.adapters.dns.tsig_key import read_tsig_key  # noqa: PLC0415 - dnspython, as in `planned`
    from tenure.adapters.dns.update import UpdateServer  # noqa: PLC0415 - as above

    return UpdateServer(parse_dns_server(options.server), read_tsig_key(Path(options.key_file)))


def run(
    home: Home,
    options: DnsOptions,
    plan: DnsPlan,
    act: Callable[[DnsPlan, UpdateServer], tuple[ZoneOutcome, ...]],
) -> DnsRun:
    """`act` has done its work at the DNS server, and no other program of this home did at the same time.

    Raises:
        As `update_server`.
    """
    from tenure.adapters.dns.tsig_key import is_readable_by_others  # noqa: PLC0415 - dnspython, as in `planned`

    server = update_server(options)
    with folder_lock(home.host / "publishing"):
        outcomes = act(plan, server)
    target, key_file = plan.service.target, Path(options.key_file or "")
    warnings = []
    if any(outcome.addresses == () for outcome in outcomes):
        warnings.append(
            f"{target} has no address in the DNS, so no machine gets there. Enter one, or publish it: --addresses."
        )
    if is_readable_by_others(key_file):
        warnings.append(f"Others than its owner may read the key in {key_file}: chmod 600 {key_file}")
    return DnsRun(server=server.text, plan=plan, outcomes=outcomes, warnings=tuple(warnings))


def publish(
    home: Home, store: HostStore, options: DnsOptions, *, port: int, clock: Clock, unasked: bool = False
) -> DnsRun:
    """This host is published as the options say; `host status` tells how that ended, if they are the saved ones.

    With `unasked` nothing is done any more if the host was retired, or its options changed, while it waited its turn.
    """

    def act(plan: DnsPlan, server: UpdateServer) -> tuple[ZoneOutcome, ...]:
        now_set = read_settings(store.settings())
        as_saved = now_set.dns_options in {None, options}
        if unasked and not (as_saved and now_set.dns_publishing):
            return ()
        outcomes = publishing.publish(plan, server=server, store=store)
        if as_saved:
            publishing.remember_attempt(publishing.failure(outcomes), store=store, now=clock())
        return outcomes

    return run(home, options, planned(options, port=port), act)


class DailyPublishing:
    """What a serving host does about its records, each time that it is run: publish, if that is switched on and due.

    It is due when the host starts, a day after the last success, and some time after a failure. Its rests are short
    (`EVERY`), so that a setting that was changed, or a clock, counts soon.
    """

    def __init__(self, home: Home, *, port: int, clock: Clock) -> None:
        """`port` is where the host listens; its database has the newest schema."""
        self._home = home
        self._port = port
        self._clock = clock
        self._began = False

    def __call__(self) -> None:
        """Everything that was due is done; how it went is in the log and in `host status`.

        Raises:
            Unavailable, Untrusted: the database cannot be used.
        """
        store = SqlHostStore(self._home.host_database)
        try:
            settings = read_settings(store.settings())
            if not settings.dns_publishing or settings.dns_options is None:
                return
            now = self._clock()
            if self._began and now < read_dns_memory(store.settings()).due(now):
                return
            self._began = True
            self._publish(settings.dns_options, store)
        finally:
            store.close()

    def _publish(self, options: DnsOptions, store: HostStore) -> None:
        try:
            done = publish(self._home, store, options, port=self._port, clock=self._clock, unasked=True)
        except TenureError as error:
            # Not a server's answer: the key's file, or this machine's name.
            log.warning("this host could not be published in the DNS: %s", error)
            publishing.remember_attempt(str(error), store=store, now=self._clock())
            return
        for outcome in done.outcomes:
            if outcome.error is not None:
                log.warning("this host could not be published in %s: %s", outcome.zone, outcome.error)
            else:
                log.info("published in the DNS: %s", ", ".join(record.line for record in outcome.added))
        for warning in done.warnings:
            log.warning("%s", warning)
