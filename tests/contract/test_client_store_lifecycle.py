"""What rearm, remove-key and a lookup domain leave in every store of a client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from simulators.world import World
from tenure.adapters.files.client_store import FileClientStore
from tenure.client.lifecycle import rearm, remove_key
from tenure.client.lookup_domain import set_lookup_domain
from tenure.client.memory import MemoryClientStore

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.client.state import ClientStore


@pytest.fixture(params=["memory", "files"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A machine with a lease in the store."""
    store: ClientStore = (
        MemoryClientStore() if request.param == "memory" else FileClientStore(tmp_path / "client")
    )
    world = World(store=store)
    world.install()
    world.activation.activate(world.product_id)
    return world


def test_a_rearmed_machine_is_read_as_it_was_written(world: World) -> None:
    """The new id is kept and the lease stays gone."""
    done = rearm(store=world.store, clock=world.clock, new_uuid=world.new_uuid)
    state = world.store.load()
    assert state.machine is not None
    assert state.machine.machine_id == done.machine_id
    assert (state.leases, state.machine.fingerprints) == ({}, {})
    assert len(state.products) == 1


def test_a_removed_key_is_gone_and_its_first_day_is_kept(world: World) -> None:
    """So that the next key of the product begins no new grace."""
    first = world.store.load().products[world.product_id].key_installed_at
    remove_key(None, store=world.store, clock=world.clock)
    state = world.store.load()
    assert state.machine is not None
    assert (state.products, state.leases) == ({}, {})
    assert state.machine.keys_removed == {world.product_id: first}


def test_a_lookup_domain_is_kept(world: World) -> None:
    """With everything else of the machine."""
    set_lookup_domain("corp.example", store=world.store, clock=world.clock, new_uuid=world.new_uuid)
    machine = world.store.load().machine
    assert machine is not None
    assert machine.lookup_domain == "corp.example"
    assert machine.hosts


def test_no_file_of_a_removed_key_stays(tmp_path: Path) -> None:
    """Neither the key nor the lease lies on the disk any more."""
    world = World(store=FileClientStore(tmp_path / "client"))
    world.install()
    world.activation.activate(world.product_id)
    remove_key(None, store=world.store, clock=world.clock)
    left = [path.name for path in (tmp_path / "client").rglob(f"{world.product_id}*")]
    assert left == []


def test_a_lookup_domain_that_could_confuse_a_terminal_is_damage(tmp_path: Path) -> None:
    """The file is set aside like any other that does not hold what it should."""
    store = FileClientStore(tmp_path / "client")
    World(store=store).install()
    path = tmp_path / "client" / "machine.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "lookup_domain": "\x1b[2J"}))
    assert store.load().machine is None
    assert [damage.path for damage in store.damaged] == [path]
