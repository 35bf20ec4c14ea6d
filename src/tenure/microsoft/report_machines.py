"""Which machines there are, and which have not been heard of for long."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tenure.microsoft.fleet import DAY_S, VALIDITY_S
from tenure.microsoft.license_snapshot import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenure.microsoft.fleet import Fleet, Sightings

LATE_DAYS: Final = (7, 30, 150)
"""Days without contact: a renewal was missed; the host no longer counts the machine; its activation ends in 30 days."""
WORKSTATION_MINIMUM: Final = 25


class Kind(StrEnum):
    """What a machine is, as far as its requests tell."""

    WORKSTATION = "workstation"
    SERVER = "server"
    """It asks for a count of 5, and no product of it is known to be Office."""
    OFFICE = "office"
    """Only Office has asked, so the rest is not known."""


class Machine(Struct, frozen=True):
    """One CMID: one machine, unless it is in `duplicates`."""

    cmid: str
    name: str
    product: str
    """What it asked for last; an id without a known name is shown as such."""
    kind: Kind
    host: str
    """The host that answered it last."""
    first_seen: int
    last_seen: int
    """Its last request, refused ones included."""
    license_status: str
    """Before that request."""
    minutes_remaining: int
    """Of that status, at that time."""
    virtual: bool
    renewed: int | None
    """Its last request that a host accepted."""
    ends: int | None
    """180 days after that: when its activation ends, if the host's count was sufficient then."""
    requests: int
    sku: str


class LateMachine(Struct, frozen=True):
    """A machine without accepted contact for 7 days or more."""

    cmid: str
    name: str
    host: str
    last_seen: int
    days: int
    """Whole days since then."""
    over: int
    """The largest of 7, 30 and 150 that this is."""
    ends: int | None


def product_name(sku: str, names: Mapping[str, str]) -> str:
    """The product's name, or that it has none here."""
    return names.get(sku) or f"unknown ({sku})"


def machines(fleet: Fleet, names: Mapping[str, str]) -> list[Machine]:
    """All machines, by name."""
    found = [
        Machine(
            cmid=cmid,
            name=seen.latest.name,
            product=product_name(seen.latest.sku, names),
            kind=_kind(seen, names),
            host=seen.latest.host,
            first_seen=seen.first,
            last_seen=seen.latest.at,
            license_status=STATES[seen.latest.state],
            minutes_remaining=seen.latest.minutes,
            virtual=seen.latest.virtual,
            renewed=seen.accepted if seen.accepted >= 0 else None,
            ends=seen.accepted + VALIDITY_S if seen.accepted >= 0 else None,
            requests=seen.requests,
            sku=seen.latest.sku,
        )
        for cmid, seen in fleet.machines.items()
    ]
    return sorted(found, key=lambda machine: (machine.name.lower(), machine.cmid))


def late(found: Sequence[Machine], at: int) -> list[LateMachine]:
    """Machines whose last accepted request (none: last request) is 7 days old or more, the longest silent first."""
    silent = []
    for machine in found:
        heard = machine.renewed if machine.renewed is not None else machine.last_seen
        days = (at - heard) // DAY_S
        if days >= LATE_DAYS[0]:
            over = max(limit for limit in LATE_DAYS if days >= limit)
            silent.append(
                LateMachine(machine.cmid, machine.name, machine.host, heard, days, over, machine.ends)
            )
    return sorted(silent, key=lambda machine: (machine.last_seen, machine.name.lower(), machine.cmid))


def is_office(product: str | None) -> bool:
    """Whether a product's name is one of Office's, which also needs a count of 5."""
    return product is not None and product.lower().startswith(("office", "publisher", "visio", "project"))


def _kind(seen: Sightings, names: Mapping[str, str]) -> Kind:
    if max(seen.skus.values()) >= WORKSTATION_MINIMUM:
        return Kind.WORKSTATION
    if all(is_office(names.get(sku)) for sku in seen.skus):
        return Kind.OFFICE
    return Kind.SERVER
