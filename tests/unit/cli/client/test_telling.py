from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulators.world import MAK, World
from tenure.cli.client.telling import next_step, print_product
from tenure.core.policy import DAY

if TYPE_CHECKING:
    import pytest


def _activated() -> World:
    world = World()
    world.install()
    world.activation.activate(world.product_id)
    return world


def test_a_healthy_license_is_told_without_a_word_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    """Status, until when, how long; no note and no next step."""
    status = _activated().status
    print_product(status)
    told = capsys.readouterr()
    assert "Draft Studio: licensed" in told.out
    assert "259,200 minutes (180 days, 0 hours)" in told.out
    assert told.err == ""
    assert next_step(status) is None


def test_the_last_thirty_days_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With what to look at."""
    world = _activated()
    world.now += 170 * DAY
    print_product(world.status)
    assert "within 30 days" in capsys.readouterr().err


def test_a_clock_that_was_set_back_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Its owner learns why the time left is not what the clock says."""
    world = _activated()
    world.now -= DAY
    print_product(world.status)
    assert "set back" in capsys.readouterr().err


def test_a_copied_state_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Why a machine that holds a lease is not licensed, and what happens at its next contact."""
    world = _activated()
    world.fingerprint = "fingerprint-of-the-clone"
    print_product(world.status)
    told = capsys.readouterr()
    assert "notification (machine changed)" in told.out
    assert "copied from another machine" in told.err


def test_a_stored_lease_that_counts_for_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With the reason."""
    world = _activated()
    world.store.update(lambda state: replace(state, catalogs={}))
    print_product(world.status)
    assert "counts for nothing" in capsys.readouterr().err


def test_a_license_for_good_is_told_without_hosts_and_leases(capsys: pytest.CaptureFixture[str]) -> None:
    """Its activation id, which the publisher is told when the machine is gone; and that it has no end."""
    world = World()
    world.install_key_of(MAK.text)
    assert next_step(world.status) == "tenure client activate"
    world.grants.activate(world.product_id)
    print_product(world.status)
    told = capsys.readouterr()
    assert f"activation id  {world.status.activation_id}" in told.out
    assert f"...{MAK.partial} (mak)" in told.out
    assert "without an end" in told.out
    assert "lease" not in told.out
    assert told.err == ""
    assert next_step(world.status) is None
