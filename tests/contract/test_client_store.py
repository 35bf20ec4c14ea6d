"""What every store of a client does, in memory and in files alike, and what only files can suffer."""

from __future__ import annotations

import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from simulators.publisher import NOW, SimulatedPublisher, seeded
from simulators.world import World, status_of
from tenure.adapters.files.client_store import FileClientStore
from tenure.client.host_address import parse_host
from tenure.client.memory import MemoryClientStore
from tenure.client.state import ClientState, HeldGrant, InstalledProduct, Machine
from tenure.core.errors import Code, LocalFault
from tenure.core.product_key import KeyType, make
from tenure.core.revocation import Revocable, Revocation

if TYPE_CHECKING:
    from tenure.client.state import ClientStore

MACHINE = Machine(machine_id=UUID(int=1, version=4))


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ClientStore:
    """An empty store."""
    return MemoryClientStore() if request.param == "memory" else FileClientStore(tmp_path / "client")


def activated(store: ClientStore) -> World:
    """A world whose machine keeps a whole, licensed product in the store, and a list that revokes another host."""
    world = World(store=store)
    world.install(["a.example", "b.example:99"]).revocations = world.publisher.revocations(
        Revocation(kind=Revocable.HOST, subject=str(UUID(int=9)), since=NOW)
    )
    world.activation.activate(world.product_id)
    return world


def test_a_new_store_is_empty(store: ClientStore) -> None:
    """Nothing was kept, and that is no fault."""
    assert store.load() == ClientState()


def test_everything_is_kept(store: ClientStore) -> None:
    """What an update made is what is read afterwards, whole."""
    made = store.update(lambda _state: activated(MemoryClientStore()).store.load())
    kept = store.load()
    assert kept == made
    assert kept.machine is not None
    assert kept.machine.hosts == (parse_host("a.example"), parse_host("b.example:99"))
    assert kept.machine.epochs
    assert kept.machine.fingerprints
    assert len(kept.products) == len(kept.leases) == len(kept.catalogs) == len(kept.revocations) == 1


@pytest.mark.parametrize("typed", ["a.example:1688", "http://a.example:1688", "https://a.example:1688"])
def test_how_hosts_are_asked_is_kept(store: ClientStore, typed: str) -> None:
    """Whether TLS is demanded, by whose authority, and each host with the scheme that was typed, or with none."""
    machine = replace(MACHINE, tls_required=True, own_ca="a" * 64, hosts=(parse_host(typed),))
    store.update(lambda state: state.with_machine(machine))
    assert store.load().machine == machine
    assert machine.hosts[0].typed == typed


def test_an_update_that_raises_changes_nothing(store: ClientStore) -> None:
    """Not even the part that was made before it raised."""
    store.update(lambda state: state.with_machine(MACHINE))

    def fail(state: ClientState) -> ClientState:
        state.with_machine(replace(MACHINE, highest_seen=5))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.update(fail)
    assert store.load().machine == MACHINE


def test_what_is_taken_out_is_gone(store: ClientStore) -> None:
    """Leases and products can be removed, as `rearm` does."""
    activated(store)
    store.update(lambda state: replace(state, leases={}))
    assert store.load().leases == {}
    assert len(store.load().products) == 1


def test_updates_take_turns(store: ClientStore) -> None:
    """Eight threads that each add 25 lose none of them."""
    store.update(lambda state: state.with_machine(MACHINE))

    def add(state: ClientState) -> ClientState:
        assert state.machine is not None
        return state.with_machine(replace(state.machine, highest_seen=state.machine.highest_seen + 1))

    def work(_number: int) -> None:
        for _ in range(25):
            store.update(add)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    machine = store.load().machine
    assert machine is not None
    assert machine.highest_seen == 200


# Files alone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a machine with a licensed product."""
    activated(FileClientStore(tmp_path / "client"))
    return tmp_path / "client"


def test_a_store_that_only_reads_makes_nothing(tmp_path: Path) -> None:
    """Looking leaves no folder behind."""
    store = FileClientStore(tmp_path / "client")
    assert not store.exists
    assert store.load() == ClientState()
    assert list(tmp_path.iterdir()) == []


def test_files_are_for_everyone_to_read(folder: Path) -> None:
    """Every program on the machine may ask what is licensed: mode 0644, in a known layout."""
    files = sorted(path for path in folder.rglob("*.json"))
    assert [path.relative_to(folder).parts[0] for path in files] == [
        "catalogs",
        "leases",
        "machine.json",
        "products",
        "revocations",
    ]
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in files} == {0o644}
    for path in files:
        assert "format" in path.read_text() or path.parent.name in {"catalogs", "revocations"}


NOBODY = 65534
MAK = make(KeyType.MAK, 0, 5)


def with_mak(state: ClientState) -> ClientState:
    """The state with a product that has a MAK, and a grant."""
    product = InstalledProduct(
        product_id=UUID(int=5),
        publisher_id=UUID(int=6),
        key=MAK.shown,
        key_type=KeyType.MAK,
        key_installed_at=NOW,
        order=1,
    )
    grant = HeldGrant(grant="a.b.c", change_noted_at=NOW)
    state = state.with_machine(MACHINE).with_product(product)
    return state.with_key(product.product_id, MAK).with_grant(product.product_id, grant)


def test_secret_keys_and_grants_are_kept(store: ClientStore) -> None:
    """They come back as they were, and a product that is taken out takes them along."""
    made = store.update(with_mak)
    assert store.load() == made
    assert store.load().secret_keys == {UUID(int=5): MAK}
    store.update(lambda state: state.without_product(UUID(int=5)))
    assert store.load() == ClientState(machine=MACHINE)


def test_a_product_has_a_lease_or_a_grant(store: ClientStore) -> None:
    """Whichever is accepted takes the other's place."""
    world = activated(store)
    (lease,) = store.load().leases.values()
    store.update(lambda state: state.with_grant(world.product_id, HeldGrant(grant="a.b.c")))
    assert (len(store.load().leases), len(store.load().grants)) == (0, 1)
    store.update(lambda state: state.with_lease(world.product_id, lease))
    assert (len(store.load().leases), len(store.load().grants)) == (1, 0)


def test_a_secret_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It lies in a file of mode 0600 and in no other; everything else is 0644, so that anybody can ask for the status."""
    FileClientStore(tmp_path).update(with_mak)
    files = {path.relative_to(tmp_path).parts[0]: path for path in tmp_path.rglob("*.json")}
    assert sorted(files) == ["grants", "keys", "machine.json", "products"]
    for name, path in files.items():
        assert (MAK.text in path.read_text()) is (name == "keys")
        assert (MAK.partial in path.read_text()) is (name in {"keys", "products"})
        if os.name == "posix":
            assert path.stat().st_mode & 0o777 == (0o600 if name == "keys" else 0o644)


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can be another user for a moment"
)
def test_what_is_not_secret_is_for_every_user_to_read() -> None:
    """A user who may not read the key reads everything else, and nothing is damaged."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        folder.chmod(0o755)
        FileClientStore(folder).update(with_mak)
        store = FileClientStore(folder)
        os.seteuid(NOBODY)
        try:
            state = store.load()
        finally:
            os.seteuid(0)
    assert (len(state.products), len(state.grants), len(state.secret_keys)) == (1, 1, 0)
    assert store.damaged == []


def test_only_what_changed_is_written(folder: Path) -> None:
    """A new time writes the machine's file and no other."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    FileClientStore(folder).update(lambda state: state.at(NOW + 5))
    changed = [path.name for path, time in before.items() if path.stat().st_mtime_ns != time]
    assert changed == ["machine.json"]


def test_members_that_this_version_does_not_know_are_ignored(folder: Path) -> None:
    """Fields are append-only: an older program reads the file of a newer one."""
    path = folder / "machine.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "invented_later": [1]}))
    store = FileClientStore(folder)
    assert store.load().machine is not None
    assert store.damaged == []


def test_a_file_of_a_newer_format_is_left_alone(folder: Path) -> None:
    """It is no damage: setting it aside would take it from the program that wrote it."""
    path = folder / "machine.json"
    path.write_text('{"format": 2, "machine": "otherwise"}')
    with pytest.raises(LocalFault, match="newer version"):
        FileClientStore(folder).load()
    assert path.exists()


@pytest.mark.parametrize("part", ["machine.json", "products", "leases", "catalogs", "revocations"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00" * 4096, id="zeros"),
        pytest.param(b'{"format": 1', id="cut off"),
        pytest.param(b'{"format": 1}', id="members missing"),
        pytest.param(b'["format"]', id="another JSON"),
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(
            b'{"catalogs": ["a.b.c"], "revocations": "a.b.c", "format": 1, "lease": 5}', id="wrong content"
        ),
    ],
)
def test_a_damaged_file_is_set_aside_and_the_rest_is_used(folder: Path, part: str, content: bytes) -> None:
    """It is renamed, named with the reason, and takes no other file with it; nothing of it is lost."""
    path = folder / part
    if path.is_dir():
        (path,) = path.iterdir()
    path.write_bytes(content)
    store = FileClientStore(folder)
    state = store.load()
    (damage,) = store.damaged
    assert damage.path == path
    aside = path.with_name(f"{path.name}.damaged-1")
    assert damage.moved_to == aside
    assert aside.read_bytes() == content
    assert not path.exists()
    assert aside.name in str(damage)
    documents = (state.products, state.leases, state.catalogs, state.revocations)
    kept = [state.machine is not None, *map(bool, documents)]
    assert kept.count(True) == 4


def test_damage_is_numbered(folder: Path) -> None:
    """A second damaged file does not overwrite the first."""
    for number in (1, 2):
        (folder / "machine.json").write_text("{")
        FileClientStore(folder).load()
        assert (folder / f"machine.json.damaged-{number}").exists()


def test_an_update_replaces_a_damaged_file(folder: Path) -> None:
    """The next command that writes makes a good one again, and damage that was set aside is not found anew."""
    (folder / "machine.json").write_text("{")
    FileClientStore(folder).update(lambda state: state.with_machine(MACHINE))
    store = FileClientStore(folder)
    assert store.load().machine == MACHINE
    assert store.damaged == []


def test_a_lost_machine_file_takes_no_license(folder: Path) -> None:
    """Lease and catalog say by themselves what the machine is licensed for."""
    (folder / "machine.json").unlink()
    world = World()
    status = status_of(
        FileClientStore(folder).load(), world.product_id, fingerprint=world.fingerprint, now=NOW
    )
    assert status.license_status == "licensed"


@pytest.mark.parametrize("name", ["products", "catalogs", "leases", "revocations"])
def test_a_file_under_a_wrong_name_is_damaged(folder: Path, name: str) -> None:
    """A product, a catalog or a list must be about what its name says, and every name is an id."""
    (path,) = (folder / name).iterdir()
    stranger = path.with_name("not-an-id.json" if name == "leases" else f"{UUID(int=9)}.json")
    path.rename(stranger)
    store = FileClientStore(folder)
    store.load()
    assert [damage.path for damage in store.damaged] == [stranger]


def test_a_catalog_file_that_does_not_verify_is_damaged(folder: Path) -> None:
    """What is kept is verified like anything else: a catalog that nobody's root signed is not trusted."""
    (path,) = (folder / "catalogs").iterdir()
    forged = SimulatedPublisher(signing_key=seeded(70)).catalog_token
    true = SimulatedPublisher().catalog_token
    path.write_text(json.dumps({"catalogs": [forged.rpartition(".")[0] + "." + true.rpartition(".")[2]]}))
    store = FileClientStore(folder)
    assert store.load().catalogs == {}
    assert len(store.damaged) == 1


def test_what_a_killed_writer_left_is_no_state(folder: Path) -> None:
    """A temporary file that was cut off is neither read nor damage."""
    before = FileClientStore(folder).load()
    (folder / ".machine.json.abc123").write_text('{"form')
    (folder / "leases" / f".{UUID(int=8)}.json.abc123").write_text("{")
    (folder / "leases" / f".{UUID(int=8)}.json").write_text("{")
    store = FileClientStore(folder)
    assert store.load() == before
    assert store.damaged == []


@pytest.mark.parametrize("written", [1, 2, 3, 4])
def test_whatever_was_written_before_a_kill_is_of_use(tmp_path: Path, written: int) -> None:
    """Catalogs are written first, then lists, products, leases, machine: cut off after any, the rest makes sense."""
    whole = tmp_path / "whole"
    world = activated(FileClientStore(whole))
    cut = FileClientStore(tmp_path / "cut")
    state = FileClientStore(whole).load()
    verifying = replace(ClientState(), catalogs=state.catalogs, revocations=state.revocations)
    parts = [
        replace(verifying, revocations={}),
        verifying,
        replace(verifying, products=state.products),
        replace(verifying, products=state.products, leases=state.leases),
    ]
    cut.update(lambda _state: parts[written - 1])
    status = status_of(cut.load(), world.product_id, fingerprint=world.fingerprint, now=NOW)
    assert status.license_status == ("unlicensed", "unlicensed", "notification", "licensed")[written - 1]


def test_a_folder_that_cannot_be_written_can_be_read(folder: Path) -> None:
    """Reading needs no lock and no rights; damage is named where it stands; an update says what is wrong."""
    # A folder stands where the lock would be: the same refusal as a read-only disk, for root as well.
    (folder / ".lock").unlink()
    (folder / ".lock").mkdir()
    (folder / "machine.json").write_text("{")
    store = FileClientStore(folder)
    assert len(store.load().leases) == 1
    (damage,) = store.damaged
    assert damage.moved_to is None
    assert (folder / "machine.json").exists()
    with pytest.raises(LocalFault) as caught:
        store.update(lambda state: state)
    assert caught.value.code is Code.HOME_UNUSABLE


def test_a_file_where_the_folder_should_be_is_a_fault_of_the_home(tmp_path: Path) -> None:
    """It is told as such, by reading and by writing."""
    (tmp_path / "client").write_text("")
    store = FileClientStore(tmp_path / "client")
    with pytest.raises(LocalFault):
        store.load()
    with pytest.raises(LocalFault):
        store.update(lambda state: state)
