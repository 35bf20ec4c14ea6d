"""Publishing a host in the DNS and taking it back, by dynamic update (RFC 2136), one zone after the other.

Other hosts' records are never touched: an update names the very records that it adds and deletes, and those that it
deletes are remembered as this host's own (`host.dns_memory`). One program at a time may do this on a home.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tenure.core.dns_name import lies_in
from tenure.core.errors import Code, Refused, TenureError, UsageError
from tenure.host.dns_memory import read_dns_memory, save_dns_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenure.core.network import SrvRecord
    from tenure.host.dns_plan import DnsPlan, DnsRecord
    from tenure.host.store import HostStore


class NameServer(Protocol):
    """The DNS server that takes updates; what it says of its own zones, never what others told it.

    Every method raises `Refused` when the server says no (`dns_update_failed`, `dns_key_rejected`), `Unavailable` when it
    gives no answer (`dns_unavailable`) or fails, and `Untrusted` when the answer is not signed by the key.
    """

    def zone_of(self, name: str) -> str:
        """The zone in which a name stands, whether the name exists or not."""
        ...

    def update(self, zone: str, *, remove: Sequence[DnsRecord], add: Sequence[DnsRecord]) -> None:
        """The zone holds what is to be added and not what is to be removed: all of it or nothing is done."""
        ...

    def services(self, name: str) -> tuple[SrvRecord, ...]:
        """All SRV records of a name, by priority, weight and target."""
        ...

    def addresses(self, name: str) -> tuple[str, ...]:
        """All IP addresses of a name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneOutcome:
    """What became of one zone."""

    zone: str
    """The domain that was named. The DNS zone may be one above it, or one for the service alone."""
    name: str
    """Under which name the hosts of this zone stand."""
    added: tuple[DnsRecord, ...] = ()
    """This host's records, published before or now."""
    removed: tuple[DnsRecord, ...] = ()
    records: tuple[SrvRecord, ...] = ()
    """All hosts that stand there now, by the server's own word."""
    addresses: tuple[str, ...] | None = None
    """Those of this host's name; None where it lies in another zone."""
    error: TenureError | None = None


def publish(plan: DnsPlan, *, server: NameServer, store: HostStore) -> tuple[ZoneOutcome, ...]:
    """Each zone of the plan holds this host's records, and none that this host published there before and now does not."""
    return _each(plan.zones, lambda zone: _publish(zone, plan, server, store), plan)


def retire(plan: DnsPlan, *, server: NameServer, store: HostStore) -> tuple[ZoneOutcome, ...]:
    """No zone of the plan holds a record of this host: none that it published, and none that says the same by hand.

    Addresses go only if this host published them.
    """
    return _each(plan.zones, lambda zone: _retire(zone, plan, server, store), plan)


def failure(outcomes: Sequence[ZoneOutcome]) -> str:
    """Why not every zone is as it should be, in words; empty when it is."""
    failed = next((outcome for outcome in outcomes if outcome.error is not None), None)
    return f"{failed.zone}: {failed.error}" if failed is not None else ""


def remember_attempt(reason: str, *, store: HostStore, now: int) -> None:
    """The host knows that it published now, or, for a reason, could not."""
    save_dns_memory(read_dns_memory(store.settings()).after(reason, now), store=store)


def _publish(zone: str, plan: DnsPlan, server: NameServer, store: HostStore) -> ZoneOutcome:
    """Publish in one zone.

    1. the server answers for the zone; 2. what is this host's own, and what is there already of somebody else's
    making (an address that DHCP registered), is told apart; 3. it is remembered, then sent: a crash or a lost answer
    between the two forgets nothing; 4. the server is asked what it holds now.
    """
    # 1
    name = plan.service_name(zone)
    holding = server.zone_of(name)
    wanted = plan.records(zone)
    if not all(lies_in(record.name, holding) for record in wanted):
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"The addresses of {plan.service.target} do not belong into {holding}, where {name} stands.",
            "Leave the addresses away, and enter them where the host's name stands: --no-addresses.",
        )
    # 2
    target = plan.service.target
    has_addresses = len(wanted) > 1
    memory = read_dns_memory(store.settings())
    before = memory.records.get(zone, ())
    there = server.addresses(target) if has_addresses else ()
    own = [r for r in wanted if r.type == "SRV" or r.data not in there or any(r.same(b) for b in before)]
    stale = tuple(b for b in before if not any(b.same(w) for w in wanted))
    # 3
    save_dns_memory(memory.with_records(zone, [*own, *stale]), store=store)
    try:
        server.update(holding, remove=stale, add=wanted)
    except Refused:
        save_dns_memory(memory, store=store)
        raise
    save_dns_memory(memory.with_records(zone, own), store=store)
    # 4
    records = server.services(name)
    if not any(_is_service(r, plan) for r in records):
        raise Refused(
            Code.DNS_UPDATE_FAILED,
            f"The server took the update of {zone}, and {name} does not hold this host's record all the same.",
            f"Look whether {name} is an alias (CNAME) in the zone: an update cannot add to one.",
        )
    addresses = server.addresses(target) if lies_in(target, holding) else None
    return ZoneOutcome(
        zone=zone, name=name, added=wanted, removed=stale, records=records, addresses=addresses
    )


def _retire(zone: str, plan: DnsPlan, server: NameServer, store: HostStore) -> ZoneOutcome:
    name = plan.service_name(zone)
    holding = server.zone_of(name)
    memory = read_dns_memory(store.settings())
    removed = memory.records.get(zone, ())
    by_hand = plan.service_record(zone)
    if any(_is_service(r, plan) for r in server.services(name)) and not any(by_hand.same(r) for r in removed):
        removed = (*removed, by_hand)
    if removed:
        server.update(holding, remove=removed, add=())
    # Nothing is published any more: when it is to be again, it is due at once.
    save_dns_memory(replace(memory.with_records(zone, ()), last_success=None), store=store)
    return ZoneOutcome(zone=zone, name=name, removed=removed, records=server.services(name))


def _each(zones: Sequence[str], act: Callable[[str], ZoneOutcome], plan: DnsPlan) -> tuple[ZoneOutcome, ...]:
    """One zone's failure keeps no other from its turn; but a server that is silent is not waited for again."""
    outcomes = []
    silent: TenureError | None = None
    for zone in zones:
        try:
            if silent is not None:
                raise silent
            outcomes.append(act(zone))
        except TenureError as error:
            if error.code is Code.DNS_UNAVAILABLE:
                silent = error
            outcomes.append(ZoneOutcome(zone=zone, name=plan.service_name(zone), error=error))
    return tuple(outcomes)


def _is_service(record: SrvRecord, plan: DnsPlan) -> bool:
    srv = plan.service
    return (record.priority, record.weight, record.port, record.target) == (
        srv.priority,
        srv.weight,
        srv.port,
        srv.target,
    )
