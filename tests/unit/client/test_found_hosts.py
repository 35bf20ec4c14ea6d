"""Activating at hosts that the DNS names: who is asked, what is remembered, and which error is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.dns import srv
from simulators.publisher import NOW
from simulators.world import SHORT, GrantingHost, World
from tenure.client.activation import Activated, StillShort
from tenure.client.memory import MemoryClientStore
from tenure.client.passed_over import PassedOver
from tenure.client.setup import set_hosts
from tenure.client.status import HostSource
from tenure.core.errors import Code, Refused, Unavailable
from tenure.core.network import DnsOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.client.state import ClientState

NAME = "_tenure._tcp.corp.test"


class CountingStore(MemoryClientStore):
    """Counts how often it was written."""

    updates = 0

    def update(self, change: Callable[[ClientState], ClientState]) -> ClientState:
        """One more."""
        self.updates += 1
        return super().update(change)


@pytest.fixture
def world() -> World:
    """A machine with a key and no host set, and three hosts in its network."""
    world = World()
    world.install_key_of(world.publisher.workstation.generic_keys[0])
    world.hosts = {
        name: GrantingHost(world.publisher, world.clock) for name in ("a.test", "b.test", "c.test")
    }
    return world


def publish(world: World, **priorities: int) -> None:
    """The records are these: `a=10` is a.test with priority 10."""
    world.dns.records[NAME] = [
        srv(f"{name}.test", priority=priority) for name, priority in priorities.items()
    ]


def asked(world: World) -> list[str]:
    """Who was asked for a lease since the last look."""
    names = [name for name, call in world.calls if call.method == "POST"]
    world.calls.clear()
    return names


def remembered(world: World) -> str | None:
    """The host that answered last."""
    machine = world.store.load().machine
    return machine.found_host.host.name if machine and machine.found_host else None


def activate(world: World) -> Activated:
    """A lease."""
    outcome = world.activation.activate(world.product_id)
    assert isinstance(outcome, Activated)
    return outcome


def test_a_machine_finds_its_host(world: World) -> None:
    """The lease is there, the host is remembered, and the status says how it was found."""
    publish(world, a=0)
    assert activate(world).host.name == "a.test"
    assert remembered(world) == "a.test"
    assert (world.status.host, world.status.host_source) == (activate(world).host, HostSource.DNS)


def test_the_next_priority_is_asked_when_the_first_fails(world: World) -> None:
    """Who was passed over is told, and the one that answered is remembered."""
    publish(world, a=0, b=10)
    world.dead.add("a.test")
    assert activate(world).host.name == "b.test"
    assert asked(world) == ["a.test", "b.test"]
    assert [told.host.name for told in world.told if isinstance(told, PassedOver)] == ["a.test"]
    assert remembered(world) == "b.test"


def test_a_host_that_comes_back_with_a_better_priority_is_found(world: World) -> None:
    """At the next contact, though the other one still answers."""
    publish(world, a=0, b=10)
    world.dead.add("a.test")
    activate(world)
    world.dead.clear()
    assert activate(world).host.name == "a.test"
    assert remembered(world) == "a.test"


def test_a_better_host_that_is_published_later_is_found(world: World) -> None:
    """An equal one is not a reason to leave."""
    publish(world, b=10)
    activate(world)
    publish(world, a=10, b=10)
    assert activate(world).host.name == "b.test"
    publish(world, b=10, c=5)
    assert activate(world).host.name == "c.test"


@pytest.mark.parametrize("outcome", [DnsOutcome.NO_NAME, DnsOutcome.NO_ANSWER], ids=str)
def test_a_host_that_answers_is_used_without_its_record(world: World, outcome: DnsOutcome) -> None:
    """The record vanished, or the DNS is away: renewals go on."""
    publish(world, a=0)
    activate(world)
    world.dns.failing[NAME] = outcome
    assert activate(world).host.name == "a.test"


def test_a_202_is_an_answer(world: World) -> None:
    """The machine stands in that host's count, so it is the one to come back to."""
    publish(world, a=0, b=0)
    world.hosts["a.test"].script.append(SHORT)
    world.hosts["b.test"].script.append(SHORT)
    outcome = world.activation.activate(world.product_id)
    assert isinstance(outcome, StillShort)
    assert remembered(world) == outcome.host.name


def test_when_the_host_fails_the_dns_names_the_next_and_it_is_forgotten(world: World) -> None:
    """Also when nobody answers."""
    publish(world, a=0, b=0)
    first = activate(world).host.name
    world.dead |= {"a.test", "b.test"}
    with pytest.raises(Unavailable):
        world.activation.activate(world.product_id)
    assert remembered(world) is None
    world.dead = {first}
    assert activate(world).host.name != first


def test_without_dns_and_without_the_host_both_are_told(world: World) -> None:
    """The reason that can be cured is the DNS's; the host is known as before."""
    publish(world, a=0)
    activate(world)
    world.dead.add("a.test")
    world.dns.records.clear()
    with pytest.raises(Unavailable) as caught:
        world.activation.activate(world.product_id)
    assert (caught.value.code, caught.value.hresult) == (Code.DNS_NO_RECORD, "0x8007232B")
    assert NAME in caught.value.detail
    assert "a.test:1688" in caught.value.detail
    assert remembered(world) == "a.test"


def test_a_refusal_of_the_last_host_tells_more_than_a_silent_dns(world: World) -> None:
    """It answered, and a rule says no."""
    publish(world, a=0)
    activate(world)
    world.dns.failing[NAME] = DnsOutcome.NO_ANSWER
    world.hosts["a.test"].script.append(Refused(Code.CLOCK_SKEW, "No."))
    with pytest.raises(Refused) as caught:
        world.activation.activate(world.product_id)
    assert caught.value.code is Code.CLOCK_SKEW


def test_waiting_lasts_until_a_record_is_published(world: World) -> None:
    """A machine that waits asks the DNS anew with each try."""
    pause = world.pause

    def publish_meanwhile(seconds: float) -> None:
        pause(seconds)
        publish(world, a=0)

    world.pause = publish_meanwhile  # type: ignore[method-assign]  # the DNS changes while time passes
    assert isinstance(world.activation.activate(world.product_id, seconds=60), Activated)
    assert world.now > NOW


def test_setting_and_clearing_hosts_forgets_the_one_that_was_found(world: World) -> None:
    """The next contact is as on the first day."""
    publish(world, a=0)
    for hosts in ([], [activate(world).host]):
        activate(world)
        set_hosts(hosts, store=world.store, clock=world.clock, new_uuid=world.new_uuid)
        assert remembered(world) is None
    assert world.status.host_source is HostSource.SET


def test_nothing_is_written_about_a_host_that_is_known_already(world: World) -> None:
    """A renewal at the same host writes its lease, and no more."""
    publish(world, a=0)
    activate(world)
    world.store = store = CountingStore(world.store.load())
    activate(world)
    # What the machine was when it asked, and the lease.
    assert store.updates == 2
