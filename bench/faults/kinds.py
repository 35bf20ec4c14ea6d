"""What breaks, and how it is put right again: a table."""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faults.site import ALONE, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BRIEFLY: Final = 1.5
"""Seconds that a fault lasts in the short form."""
_FILL: Final = 64 * 1024
_FILLER: Final = "filler"
_PAST_TIME_LIMIT: Final = 45.0
"""Longer than a client waits for an answer that does not come (30 s), so that all of them go elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to break a site."""

    name: str
    says: str
    """What is done, for the page."""
    strike: Callable[[Site], None]
    mend: Callable[[Site], None]
    seconds: float = 15.0
    """How long it lasts at most; it ends before when every machine is served all the same."""


def _nothing(_site: Site) -> None:
    """All is well."""


def _signal_dns(number: signal.Signals) -> Callable[[Site], None]:
    return lambda site: site.dns.process.send_signal(number)


def _kill_database(site: Site) -> None:
    site.database.kill()


def _start_database(site: Site) -> None:
    site.database.start(fsync=True)


def _fill_disk(site: Site) -> None:
    """No byte is left on the disk of host3."""
    with (site.hosts[ALONE].home / _FILLER).open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(_FILL))


def _empty_disk(site: Site) -> None:
    (site.hosts[ALONE].home / _FILLER).unlink()


def _restart(name: str, *, under: Sequence[str] = ()) -> Callable[[Site], None]:
    def act(site: Site) -> None:
        site.hosts[name].server.stop()
        site.hosts[name].server.start(under=under)

    return act


def _off_by(hours: int) -> tuple[str, ...]:
    """What runs a command whose clock is off; the command's process is its own."""
    (library,) = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return "env", f"LD_PRELOAD={library}", f"FAKETIME={hours:+d}h", "FAKETIME_DONT_FAKE_MONOTONIC=1"


def _all(*acts: Callable[[Site], None]) -> Callable[[Site], None]:
    def act(site: Site) -> None:
        for one in acts:
            one(site)

    return act


def _kill_all(site: Site) -> None:
    for host in site.hosts.values():
        host.server.kill()
    site.database.kill()


def _start_all(site: Site) -> None:
    site.database.start(fsync=True)
    for host in site.hosts.values():
        host.server.start()


FAULTS: Final = (
    Fault(name="nothing", says="Everything works.", strike=_nothing, mend=_nothing, seconds=5),
    Fault(
        name="host killed",
        says="`kill -9` of host1, which is then started again.",
        strike=lambda site: site.hosts["host1"].server.kill(),
        mend=lambda site: site.hosts["host1"].server.start(),
    ),
    Fault(
        name="host hung",
        says="host1 is stopped (SIGSTOP): it takes connections and answers nobody; then it goes on.",
        strike=lambda site: site.hosts["host1"].server.hang(),
        mend=lambda site: site.hosts["host1"].server.resume(),
        seconds=_PAST_TIME_LIMIT,
    ),
    Fault(
        name="host cut off",
        says="The cable of host1 is pulled: packets are lost, nobody is told. Then it is put back.",
        strike=lambda site: site.hosts["host1"].machine.unplug(),
        mend=lambda site: site.hosts["host1"].machine.plug(),
        seconds=_PAST_TIME_LIMIT,
    ),
    Fault(
        name="DNS down",
        says="BIND is stopped (SIGSTOP) and answers no question; then it goes on.",
        strike=_signal_dns(signal.SIGSTOP),
        mend=_signal_dns(signal.SIGCONT),
    ),
    Fault(
        name="stale SRV record",
        says="The DNS names a host with the best priority whose address is nobody's; then no more.",
        strike=lambda site: site.name_first("gone"),
        mend=lambda site: site.name_no_more("gone"),
    ),
    Fault(
        name="database killed",
        says="PostgreSQL, which host1 and host2 share, is gone at once, and started again.",
        strike=_kill_database,
        mend=_start_database,
    ),
    Fault(
        name="database cut off",
        says="The cable of PostgreSQL's machine is pulled, and put back.",
        strike=lambda site: site.database_machine.unplug(),
        mend=lambda site: site.database_machine.plug(),
        seconds=_PAST_TIME_LIMIT,
    ),
    Fault(
        name="disk full",
        says="The disk of host3, which records in its own file, is filled to the last byte, and freed.",
        strike=_fill_disk,
        mend=_empty_disk,
    ),
    Fault(
        name="clocks wrong",
        says="host1 is started with a clock 5 hours ahead, host3 with one 5 hours behind; then with the right time.",
        strike=_all(_restart("host1", under=_off_by(5)), _restart(ALONE, under=_off_by(-5))),
        mend=_all(_restart("host1"), _restart(ALONE)),
    ),
    Fault(
        name="publisher killed",
        says="`kill -9` of the publisher's server, which is then started again.",
        strike=lambda site: site.publisher.kill(),
        mend=lambda site: site.publisher.start(),
    ),
    Fault(
        name="machines cut off",
        says="The cable of all machines is pulled, and put back.",
        strike=lambda site: site.clients.unplug(),
        mend=lambda site: site.clients.plug(),
    ),
    Fault(
        name="power failure",
        says="All hosts and PostgreSQL are killed in the same moment, and started again.",
        strike=_kill_all,
        mend=_start_all,
    ),
)
