"""What is noted of a machine that became another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.publisher import NOW
from simulators.world import MAK, World, status_of
from tenure.client.seen import seen
from tenure.core.license_status import LicenseStatus
from tenure.core.policy import DAY


@pytest.fixture
def world() -> World:
    """A machine that was activated for good."""
    world = World()
    world.install_key_of(MAK.text)
    world.grants.activate(world.product_id)
    return world


def look(world: World, fingerprint: str | None) -> None:
    """A program that may write looks at the machine, which has this fingerprint now."""
    world.store.update(lambda state: seen(state, world.now, lambda _publisher: fingerprint))


def noted(world: World) -> int | None:
    """Since when the change has been noted."""
    (held,) = world.store.load().grants.values()
    return held.change_noted_at


def test_the_time_is_kept(world: World) -> None:
    """As the highest time seen, and nothing else where nothing changed."""
    before = world.store.load()
    world.now += DAY
    look(world, world.fingerprint)
    assert world.store.load() == before.at(NOW + DAY)


@pytest.mark.parametrize("fingerprint", ["fingerprint-of-the-copy", None], ids=["another", "none"])
def test_a_change_is_noted_once(world: World, fingerprint: str | None) -> None:
    """When it is seen first: 70 days of notification begin then, however often it is seen again."""
    for days in (100, 169):
        world.now = NOW + days * DAY
        look(world, fingerprint)
        assert noted(world) == NOW + 100 * DAY
        status = status_of(world.store.load(), world.product_id, fingerprint=fingerprint, now=world.now)
        assert (status.license_status, status.reason) == (LicenseStatus.NOTIFICATION, "machine_changed")
    world.now = NOW + 170 * DAY
    status = status_of(world.store.load(), world.product_id, fingerprint=fingerprint, now=world.now)
    assert status.license_status is LicenseStatus.REDUCED_FUNCTIONALITY


def test_a_machine_that_is_itself_again_has_nothing_noted(world: World) -> None:
    """Whatever happened in between: the grant is its own."""
    look(world, "fingerprint-of-the-copy")
    look(world, world.fingerprint)
    assert noted(world) is None
    assert world.status.for_good


def test_a_new_grant_has_nothing_noted(world: World) -> None:
    """The copy that was activated is a machine like any other."""
    look(world, "fingerprint-of-the-copy")
    world.fingerprint = "fingerprint-of-the-copy"
    world.grants.activate(world.product_id)
    assert noted(world) is None


def test_an_activation_that_fails_has_noted_the_change(world: World) -> None:
    """A command that may write and asks the publisher in vain begins the 70 days, too."""
    world.fingerprint = "fingerprint-of-the-copy"
    world.store.update(lambda state: replace(state, secret_keys={}))
    world.now += DAY
    with pytest.raises(Exception, match="not readable"):
        world.grants.activate(world.product_id)
    assert noted(world) == NOW + DAY


def test_what_is_no_grant_is_left_alone(world: World) -> None:
    """A damaged file is a verdict's business."""
    (held,) = world.store.load().grants.values()
    broken = replace(held, grant="a.b.c")
    world.store.update(lambda state: replace(state, grants={world.product_id: broken}))
    look(world, None)
    assert list(world.store.load().grants.values()) == [broken]
