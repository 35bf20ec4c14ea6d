"""The count of each host, as the host counts and as it truly is, and the day on which it falls under a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tenure.microsoft.fleet import WINDOW_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.microsoft.fleet import Fleet, HostSightings

THRESHOLDS: Final = (25, 5)
"""Workstations need a count of 25; servers and Office one of 5."""
LARGEST_CACHE: Final = 50
"""A host remembers twice the largest threshold that it was asked for, which is 25."""


class HostCount(Struct, frozen=True):
    """The count of one host at the report's time."""

    host: str
    count: int
    """As the host counts: distinct CMIDs that it accepted in the last 30 days, at most `cap`.

    Microsoft's hosts begin again after a restart, which no log tells: then the host's own number is lower.
    """
    cap: int
    """Twice the largest count that any product asked this host for: 50, or 10 where only servers or Office ask."""
    cmids: int
    """The same without the cap."""
    machines: int
    """The machines behind them: copies that share a CMID are counted singly."""
    first_seen: int
    last_seen: int


class Forecast(Struct, frozen=True):
    """When the count of a host falls under a threshold if no more machines come."""

    host: str
    threshold: int
    cmids: int
    """Now, without the cap."""
    falls_under: int | None
    """The instant; in the past where it has happened; None where the count never was so high."""
    under: bool
    """Whether it is under the threshold at the report's time."""


def counts(fleet: Fleet, clones: Mapping[str, set[str]]) -> list[HostCount]:
    """The count of every host; `clones` are the CMIDs that live under several names, with these names."""
    return [_count(name, host, fleet.at, clones) for name, host in sorted(fleet.hosts.items())]


def forecasts(fleet: Fleet) -> list[Forecast]:
    """Every host and threshold."""
    found = []
    for name, host in sorted(fleet.hosts.items()):
        newest_first = sorted(last_by_cmid(host).values(), reverse=True)
        now = sum(in_window(last, fleet.at) for last in newest_first)
        for threshold in THRESHOLDS:
            # The threshold's own machine is the last that may leave: with it the count falls under.
            falls = newest_first[threshold - 1] + WINDOW_S if len(newest_first) >= threshold else None
            found.append(Forecast(name, threshold, now, falls, now < threshold))
    return found


def curve(host: HostSightings, at: int, days: int) -> list[tuple[int, int]]:
    """(instant, count as the host counts) on each of the coming days, if no more machines come."""
    # More than the cap never shows, so the newest few tell the whole curve.
    lasts = sorted(last_by_cmid(host).values(), reverse=True)[: _cap(host)]
    instants = [at + day * 86_400 for day in range(days + 1)]
    return [(instant, sum(in_window(last, instant) for last in lasts)) for instant in instants]


def last_by_cmid(host: HostSightings) -> dict[str, int]:
    """The last accepted request of each CMID."""
    lasts: dict[str, int] = {}
    for (cmid, _), last in host.accepted.items():
        if last > lasts.get(cmid, -1):
            lasts[cmid] = last
    return lasts


def in_window(last: int, at: int) -> bool:
    """Whether a machine counts: its last request is strictly less than 30 days ago."""
    return at - last < WINDOW_S


def _count(name: str, host: HostSightings, at: int, clones: Mapping[str, set[str]]) -> HostCount:
    lasts = last_by_cmid(host)
    counted = {cmid for cmid, last in lasts.items() if in_window(last, at)}
    copies = {
        (cmid, machine)
        for (cmid, machine), last in host.accepted.items()
        if cmid in clones and machine in clones[cmid] and in_window(last, at)
    }
    cloned = {cmid for cmid, _ in copies}
    cap = _cap(host)
    return HostCount(
        host=name,
        count=min(cap, len(counted)),
        cap=cap,
        cmids=len(counted),
        machines=len(counted) - len(cloned) + len(copies),
        first_seen=host.first,
        last_seen=host.last,
    )


def _cap(host: HostSightings) -> int:
    return min(LARGEST_CACHE, 2 * host.largest)
