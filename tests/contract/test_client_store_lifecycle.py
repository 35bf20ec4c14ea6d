"""What rearm, remove-key and a lookup domain leave in every store of a client."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from simulators.world import World
from tenure.adapters.files.client_store import FileClientStore
from tenure.client.discovery_settings import DiscoveryChange, change_discovery
from tenure.client.host_address import parse_host
from tenure.client.lifecycle import rearm, remove_key
from tenure.client.memory import MemoryClientStore
from tenure.client.state import FoundHost

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


def test_how_hosts_are_found_is_kept(world: World) -> None:
    """With everything else of the machine; so is the host that was found."""
    found = FoundHost(host=parse_host("kms1.corp.example:1700"), domain="corp.example", priority=10)
    wanted = DiscoveryChange(
        domain="corp.example", label="_own", dns_server="[fd00::2]:5353", host_caching=False
    )
    machine = change_discovery(wanted, store=world.store, clock=world.clock, new_uuid=world.new_uuid)
    world.store.update(lambda state: state.with_machine(replace(machine, found_host=found)))
    assert world.store.load().machine == replace(machine, found_host=found)
    assert (machine.lookup_domain, machine.srv_label, machine.dns_server, machine.host_caching) == (
        "corp.example",
        "_own",
        "[fd00::2]:5353",
        False,
    )
    assert machine.hosts


def test_no_file_of_a_removed_key_stays(tmp_path: Path) -> None:
    """Neither the key nor the lease lies on the disk any more."""
    world = World(store=FileClientStore(tmp_path / "client"))
    world.install()
    world.activation.activate(world.product_id)
    remove_key(None, store=world.store, clock=world.clock)
    left = [path.name for path in (tmp_path / "client").rglob(f"{world.product_id}*")]
    assert left == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"lookup_domain": "\x1b[2J"}, id="a domain"),
        pytest.param({"srv_label": "_a\n"}, id="a label"),
        pytest.param({"dns_server": "\x1b[2J"}, id="a server"),
        pytest.param(
            {"found_host": {"host": "\x1b[2J", "domain": "corp.example", "priority": 0}}, id="a found host"
        ),
    ],
)
def test_what_could_confuse_a_terminal_is_damage(tmp_path: Path, changes: dict[str, object]) -> None:
    """The file is set aside like any other that does not hold what it should."""
    store = FileClientStore(tmp_path / "client")
    World(store=store).install()
    path = tmp_path / "client" / "machine.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    assert store.load().machine is None
    assert [damage.path for damage in store.damaged] == [path]


def test_a_file_from_before_discovery_is_read(tmp_path: Path) -> None:
    """What is missing in it has its default: the machine's own domain and server, host caching on."""
    store = FileClientStore(tmp_path / "client")
    World(store=store).install()
    before = store.load().machine
    path = tmp_path / "client" / "machine.json"
    kept = json.loads(path.read_text())
    for later in ("srv_label", "dns_server", "host_caching", "found_host"):
        del kept[later]
    path.write_text(json.dumps(kept))
    assert store.load().machine == before
    assert before is not None
    assert (before.srv_label, before.dns_server, before.host_caching) == ("_tenure", "", True)
