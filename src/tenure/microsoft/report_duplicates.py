"""Machines that share what should be theirs alone: one CMID under several names, or one name with several CMIDs."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tenure.microsoft.fleet import Fleet, Period

MAX_NAMES: Final = 50
"""Names or CMIDs that one entry lists; an image of a large pool has thousands."""


class Sharing(StrEnum):
    """What is shared, and how it looks."""

    CLONED = "cloned"
    """One CMID, used under several names at the same time: copies of one installation, counted once."""
    RENAMED = "renamed"
    """One CMID, under one name after the other: a machine that was renamed, or copies that were seen once each."""
    NAME_SHARED = "name_shared"
    """One name, with several CMIDs at the same time."""
    REINSTALLED = "reinstalled"
    """One name, with one CMID after the other: a machine that was installed or rearmed anew."""


CURES: Final = {
    Sharing.CLONED: "Run slmgr /rearm on each of them and restart it; then make the image anew with sysprep /generalize, "
    "and without SkipRearm=1. The host counts all of them as one.",
    Sharing.RENAMED: "Nothing, if the machine was renamed. If both names exist, they are copies: slmgr /rearm on each, "
    "restart, and sysprep /generalize for the image.",
    Sharing.NAME_SHARED: "Look which machines use the name: two machines with one name need names of their own; "
    "a machine that is reset at every start (a kiosk, a lab, non-persistent desktops) takes a new CMID each time.",
    Sharing.REINSTALLED: "Nothing: the old CMID leaves the count after 30 days.",
}


class Duplicate(Struct, frozen=True):
    """One CMID or one name that is not one machine's alone."""

    sharing: Sharing
    cmid: str
    """The shared one; of a shared name, the one that was seen last."""
    names: tuple[str, ...]
    """In the order in which they were first seen; at most 50."""
    cmids: tuple[str, ...]
    total: int
    """Of names, or of CMIDs, however many are listed."""
    evidence: str
    cure: str
    last_seen: int


def duplicates(fleet: Fleet) -> list[Duplicate]:
    """All duplicates; those that spoil the count first."""
    found: list[Duplicate] = []
    by_name: dict[str, dict[str, Period]] = {}
    for cmid, seen in fleet.machines.items():
        names = distinct_names(seen.names)
        if len(names) > 1:
            found.append(_shared_cmid(cmid, names))
        for name, period in names.items():
            by_name.setdefault(name, {})[cmid] = period
    found.extend(_shared_name(name, cmids) for name, cmids in by_name.items() if len(cmids) > 1)
    order = list(Sharing)
    return sorted(found, key=lambda one: (order.index(one.sharing), -one.total, one.names, one.cmid))


def clones(fleet: Fleet) -> dict[str, set[str]]:
    """The names under which each cloned CMID lives at the same time."""
    return {
        cmid: set(names)
        for cmid, seen in fleet.machines.items()
        if len(seen.names) > 1 and len(names := distinct_names(seen.names)) > 1 and overlap(names.values())
    }


def distinct_names(names: Mapping[str, Period]) -> Mapping[str, Period]:
    """The names without those that are only the first label of exactly one other: `pc1` and `pc1.contoso.com`."""
    if len(names) == 1:
        return names
    short: dict[str, list[str]] = {}
    for name in names:
        if "." in name:
            short.setdefault(name.partition(".")[0], []).append(name)
    merged = dict(names)
    for name, period in names.items():
        full = short.get(name, [])
        if len(full) == 1:
            other = merged[full[0]]
            merged[full[0]] = type(period)(min(period.first, other.first), max(period.last, other.last))
            del merged[name]
    return merged


def overlap(periods: Iterable[Period]) -> bool:
    """Whether any period begins before an earlier one has ended."""
    last = -1
    for period in sorted(periods, key=lambda period: (period.first, period.last)):
        if period.first <= last:
            return True
        last = period.last
    return False


def _shared_cmid(cmid: str, names: Mapping[str, Period]) -> Duplicate:
    sharing = Sharing.CLONED if overlap(names.values()) else Sharing.RENAMED
    ordered = _ordered(names)
    evidence = (
        f"{len(names)} names asked with this CMID in turns"
        if sharing is Sharing.CLONED
        else f"{ordered[-1]} asked with this CMID after {ordered[-2]} had stopped"
    )
    return Duplicate(
        sharing=sharing,
        cmid=cmid,
        names=tuple(ordered[:MAX_NAMES]),
        cmids=(cmid,),
        total=len(names),
        evidence=evidence,
        cure=CURES[sharing],
        last_seen=max(period.last for period in names.values()),
    )


def _shared_name(name: str, cmids: Mapping[str, Period]) -> Duplicate:
    sharing = Sharing.NAME_SHARED if overlap(cmids.values()) else Sharing.REINSTALLED
    ordered = _ordered(cmids)
    newest = max(cmids, key=lambda cmid: (cmids[cmid].last, cmid))
    evidence = (
        f"{len(cmids)} CMIDs asked under this name in turns"
        if sharing is Sharing.NAME_SHARED
        else f"{len(cmids)} CMIDs asked under this name, each after the one before had stopped"
    )
    return Duplicate(
        sharing=sharing,
        cmid=newest,
        names=(name,),
        cmids=tuple(ordered[:MAX_NAMES]),
        total=len(cmids),
        evidence=evidence,
        cure=CURES[sharing],
        last_seen=max(period.last for period in cmids.values()),
    )


def _ordered(periods: Mapping[str, Period]) -> Sequence[str]:
    return sorted(periods, key=lambda key: (periods[key].first, key))
