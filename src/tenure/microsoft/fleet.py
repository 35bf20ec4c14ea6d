"""One pass over all requests at all hosts: what every later question is answered from.

The result does not depend on the order of the requests. Memory grows with the machines, not with the requests.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import astuple

from tenure.microsoft.events import KmsRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY_S: Final = 86_400
WINDOW_S: Final = 30 * DAY_S
"""How long a host counts a machine after its last request (Microsoft: "unique CMIDs that asked in the last 30 days")."""
VALIDITY_S: Final = 180 * DAY_S
"""How long an activation lasts after the contact that gave or renewed it."""

NEVER: Final = -1


class Period(Struct):
    """From the first to the last sighting, in Unix seconds."""

    first: int
    last: int

    def add(self, at: int) -> None:
        """Seen at this time, too."""
        if at < self.first:
            self.first = at
        elif at > self.last:
            self.last = at


class Sightings(Struct):
    """Everything that one CMID did."""

    latest: KmsRequest
    first: int
    accepted: int
    """The last request that a host accepted; NEVER: none was."""
    accepted_by: str
    names: dict[str, Period]
    """By name in lower case."""
    skus: dict[str, int]
    """Activation id, and the largest count that it asked for."""
    requests: int


class Refused(Struct):
    """Requests that hosts refused with one code."""

    requests: int
    cmids: set[str]
    first: int
    last: int
    example: str
    """A machine's name."""


class Day(Struct):
    """One day of one host."""

    requests: int = 0
    refused: int = 0


class Product(Struct):
    """One activation id."""

    requests: int
    cmids: set[str]
    minimum: int


class HostSightings(Struct):
    """Everything that one host accepted."""

    accepted: dict[tuple[str, str], int] = {}
    """The last accepted request by CMID and name in lower case."""
    largest: int = 0
    """The largest count that any product asked for."""
    first: int = NEVER
    last: int = NEVER


@dataclass(slots=True)
class Fleet:
    """All machines and hosts that requests tell of."""

    at: int
    """Requests after this time are left out."""
    machines: dict[str, Sightings] = field(default_factory=dict)
    """By CMID."""
    hosts: dict[str, HostSightings] = field(default_factory=dict)
    days: dict[tuple[int, str], Day] = field(default_factory=dict)
    """By day (Unix seconds / 86,400, UTC) and host."""
    products: dict[str, Product] = field(default_factory=dict)
    refused: dict[int, Refused] = field(default_factory=dict)
    """By HRESULT."""
    states: Counter[int] = field(default_factory=Counter)
    """Requests by the state before them."""
    requests: int = 0
    later: int = 0
    """Requests after `at`."""
    newest: int = NEVER


def gather(requests: Iterable[KmsRequest], at: int) -> Fleet:
    """The fleet as it was at `at`."""
    fleet = Fleet(at)
    for request in requests:
        if request.at > at:
            fleet.later += 1
            continue
        fleet.requests += 1
        _add_machine(fleet, request)
        _add_host(fleet, request)
        _add_product(fleet, request)
        if request.hresult:
            _add_refusal(fleet, request)
    return fleet


def _add_machine(fleet: Fleet, request: KmsRequest) -> None:
    at = request.at
    name = request.name.lower().rstrip(".")
    accepted = NEVER if request.hresult else at
    seen = fleet.machines.get(request.cmid)
    if seen is None:
        fleet.machines[request.cmid] = Sightings(
            latest=request,
            first=at,
            accepted=accepted,
            accepted_by=request.host if accepted >= 0 else "",
            names={name: Period(at, at)},
            skus={request.sku: request.minimum},
            requests=1,
        )
        return
    seen.requests += 1
    seen.first = min(seen.first, at)
    latest = seen.latest
    if at > latest.at or (at == latest.at and astuple(request) > astuple(latest)):
        seen.latest = request
    if accepted > seen.accepted or (
        accepted >= 0 and accepted == seen.accepted and request.host > seen.accepted_by
    ):
        seen.accepted = accepted
        seen.accepted_by = request.host
    period = seen.names.get(name)
    if period is None:
        seen.names[name] = Period(at, at)
    else:
        period.add(at)
    if request.minimum > seen.skus.get(request.sku, NEVER):
        seen.skus[request.sku] = request.minimum


def _add_host(fleet: Fleet, request: KmsRequest) -> None:
    at = request.at
    host = fleet.hosts.get(request.host)
    if host is None:
        host = fleet.hosts[request.host] = HostSightings(first=at, last=at)
    host.first = min(host.first, at)
    host.last = max(host.last, at)
    fleet.newest = max(fleet.newest, at)
    day = fleet.days.get((at // DAY_S, request.host))
    if day is None:
        day = fleet.days[at // DAY_S, request.host] = Day()
    day.requests += 1
    fleet.states[request.state] += 1
    if request.hresult:
        day.refused += 1
        return
    who = (request.cmid, request.name.lower().rstrip("."))
    if at > host.accepted.get(who, NEVER):
        host.accepted[who] = at
    host.largest = max(host.largest, request.minimum)


def _add_product(fleet: Fleet, request: KmsRequest) -> None:
    product = fleet.products.get(request.sku)
    if product is None:
        fleet.products[request.sku] = Product(1, {request.cmid}, request.minimum)
        return
    product.requests += 1
    product.cmids.add(request.cmid)
    product.minimum = max(product.minimum, request.minimum)


def _add_refusal(fleet: Fleet, request: KmsRequest) -> None:
    refused = fleet.refused.get(request.hresult)
    if refused is None:
        fleet.refused[request.hresult] = Refused(1, {request.cmid}, request.at, request.at, request.name)
        return
    refused.requests += 1
    refused.cmids.add(request.cmid)
    refused.first = min(refused.first, request.at)
    refused.last = max(refused.last, request.at)
    refused.example = min(refused.example, request.name)
