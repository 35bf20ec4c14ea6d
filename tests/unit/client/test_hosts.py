"""Several hosts: who is asked, who is passed over, and which error is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.publisher import seeded
from simulators.world import SHORT, World, for_another_request
from tenure.client.activation import Activated, StillShort
from tenure.client.passed_over import PassedOver
from tenure.core.errors import Code, Refused, TenureError, Unavailable, Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.core.lease import Lease


@pytest.mark.parametrize(
    "error",
    [
        Refused(Code.PRODUCT_NOT_SERVED, "No."),
        Refused(Code.CLOCK_SKEW, "No."),
        Unavailable(Code.HOST_NOT_ACTIVATED, "No."),
        Unavailable(Code.HOST_CLOCK, "No."),
    ],
    ids=lambda error: error.code.value,
)
def test_a_host_s_own_words_are_passed_on(error: TenureError) -> None:
    """Of the only host the error is the host's: kind, code and Microsoft's number."""
    world = World()
    world.install().script.append(error)
    with pytest.raises(type(error)) as caught:
        world.activation.activate(world.product_id)
    assert (caught.value.code, caught.value.hresult) == (error.code, error.hresult)


def test_a_dead_host_is_passed_over() -> None:
    """The second host's lease is as good, and whoever watches hears which host failed."""
    world = World(dead={"a.example"})
    world.install(["a.example", "b.example"])
    outcome = world.activation.activate(world.product_id)
    assert isinstance(outcome, Activated)
    assert outcome.host.name == "b.example"
    (told,) = world.told
    assert isinstance(told, PassedOver)
    assert told.host.name == "a.example"
    assert world.status.host == outcome.host


def test_a_host_that_lies_is_passed_over() -> None:
    """A lease that does not verify is no reason to stay without one."""
    world = World()
    world.install(["a.example", "b.example"]).key = seeded(50)
    outcome = world.activation.activate(world.product_id)
    assert isinstance(outcome, Activated)
    assert outcome.host.name == "b.example"


def test_the_first_202_ends_the_round() -> None:
    """A host that counted the machine is the one to wait for; the others are not asked to count it too."""
    world = World()
    world.install(["a.example", "b.example"]).script.append(SHORT)
    assert isinstance(world.activation.activate(world.product_id), StillShort)
    assert {name for name, _ in world.calls} == {"a.example"}


def test_when_no_host_can_be_reached_each_is_named_with_its_reason() -> None:
    """`host_unreachable`, 0xC004F074."""
    world = World(dead={"a.example", "b.example"})
    world.install(["a.example", "b.example"])
    with pytest.raises(Unavailable) as caught:
        world.activation.activate(world.product_id)
    assert (caught.value.code, caught.value.hresult) == (Code.HOST_UNREACHABLE, "0xC004F074")
    assert "a.example:1688: " in caught.value.detail
    assert "b.example:1688: " in caught.value.detail


@pytest.mark.parametrize(
    ("second", "kind", "code"),
    [
        (Refused(Code.PRODUCT_NOT_SERVED, "No."), Refused, Code.PRODUCT_NOT_SERVED),
        (for_another_request, Untrusted, Code.LEASE_INVALID),
        (Unavailable(Code.OVERLOADED, "No."), Unavailable, Code.HOST_UNREACHABLE),
    ],
    ids=["refused", "untrusted", "unavailable"],
)
def test_of_several_failures_the_one_that_tells_most_is_told(
    second: TenureError | Callable[[Lease], Lease], kind: type[TenureError], code: Code
) -> None:
    """A rule's refusal before a forged answer before silence; all hosts are named."""
    world = World(dead={"a.example"})
    world.install(["a.example", "b.example"])
    world.hosts["b.example"].script.append(second)
    with pytest.raises(kind) as caught:
        world.activation.activate(world.product_id)
    assert caught.value.code is code
    assert "a.example" in caught.value.detail
    assert "b.example" in caught.value.detail


def test_an_old_copy_of_a_host_is_rejected_and_the_next_is_asked() -> None:
    """A lower epoch than one that was seen before is a superseded copy, also after a restart of the client."""
    world = World()
    host = world.install(["a.example", "b.example"])
    world.activation.activate(world.product_id)
    host.epoch -= 1
    outcome = world.activation.activate(world.product_id)
    assert isinstance(outcome, Activated)
    assert outcome.host.name == "b.example"
    (told,) = world.told
    assert isinstance(told, PassedOver)
    assert told.error.code is Code.HOST_SUPERSEDED


def test_a_restored_host_s_higher_epoch_is_remembered() -> None:
    """From then on its old copy is out."""
    world = World()
    host = world.install()
    world.activation.activate(world.product_id)
    host.epoch += 100
    world.activation.activate(world.product_id)
    host.epoch -= 1
    with pytest.raises(Untrusted) as caught:
        world.activation.activate(world.product_id)
    assert caught.value.code is Code.HOST_SUPERSEDED
