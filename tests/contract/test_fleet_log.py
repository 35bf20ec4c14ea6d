"""What every store of imported facts does, in memory and in SQLite alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from tenure.adapters.sql.microsoft_store import SqlFleetLog
from tenure.adapters.sql.migrations import History, migrate
from tenure.core.errors import Code, Untrusted
from tenure.microsoft.events import (
    ClientAnswer,
    ClientRequest,
    DirectoryActivation,
    DnsPublication,
    Happening,
    HostTrouble,
    KmsRequest,
)
from tenure.microsoft.fleet_log import FleetLog, MemoryFleetLog
from tenure.microsoft.license_snapshot import LicenseSnapshot, RequestCounters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CMID = "36f27b39-2fd5-440b-be67-a09996d27a38"
SKU = "68531fb9-5511-4989-97be-d11a0f55633f"
REQUEST = KmsRequest("kms1", 1_700_000_000, CMID, "PC1", SKU, 0xC004F06C, 25, -1, True, 6, 2**31 - 1)
HAPPENINGS: list[Happening] = [
    ClientRequest("pc1", 1, CMID, "kms1:1688", SKU, 0, 8, 2, 5, 25),
    ClientAnswer("pc1", 1, 0, 0, True, 26, 120, 10080),
    HostTrouble("kms1", 2, 12291, 0xC004F00F),
    DnsPublication("kms1", 3, "contoso.com", 0x80072338),
    DirectoryActivation("pc2", 4, SKU, "Windows(R), VOLUME_KMS channel"),
]
SNAPSHOT = LicenseSnapshot(
    name="PC1", taken_at=5, product="Windows", state=1, counters=RequestCounters(5, 1, (1, 2, 3))
)


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FleetLog]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryFleetLog()
        return
    path = tmp_path / "microsoft.db"
    migrate(path, History.MICROSOFT)
    sql = SqlFleetLog(path)
    yield sql
    sql.close()


def test_an_empty_store_knows_nothing(log: FleetLog) -> None:
    """Every question has an answer."""
    assert log.add([]) == 0
    assert list(log.requests()) == []
    assert list(log.happenings()) == []
    assert list(log.snapshots()) == []


def test_what_was_added_is_read(log: FleetLog) -> None:
    """Every field of every fact comes back as it was."""
    assert log.add([REQUEST, SNAPSHOT, *HAPPENINGS]) == 7
    assert list(log.requests()) == [REQUEST]
    assert sorted(log.happenings(), key=repr) == sorted(HAPPENINGS, key=repr)
    assert list(log.snapshots()) == [SNAPSHOT]


def test_facts_are_a_set(log: FleetLog) -> None:
    """Again, in one batch or in another, adds nothing."""
    assert log.add([REQUEST, REQUEST, *HAPPENINGS, *HAPPENINGS]) == 6
    assert log.add([*HAPPENINGS, REQUEST]) == 0
    assert list(log.requests()) == [REQUEST]
    assert len(list(log.happenings())) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"host": "kms2"},
        {"at": 1_700_000_001},
        {"cmid": SKU},
        {"name": "pc1"},
        {"sku": CMID},
        {"hresult": 0},
        {"minimum": 5},
        {"client_at": 1},
        {"virtual": False},
        {"state": 1},
        {"minutes": 0},
    ],
)
def test_requests_that_differ_in_anything_are_two(log: FleetLog, change: dict[str, object]) -> None:
    """Every field is part of what a request is."""
    other = msgspec.structs.replace(REQUEST, **change)
    assert log.add([REQUEST, other]) == 2
    assert set(log.requests()) == {REQUEST, other}


@pytest.mark.parametrize("order", [(5, 9), (9, 5)])
def test_a_snapshot_that_was_taken_again_keeps_the_later_time(log: FleetLog, order: tuple[int, int]) -> None:
    """Whichever was imported first; it is one snapshot, and not new."""
    first, second = (msgspec.structs.replace(SNAPSHOT, taken_at=at) for at in order)
    assert log.add([first]) == 1
    assert log.add([second, second]) == 0
    assert list(log.snapshots()) == [msgspec.structs.replace(SNAPSHOT, taken_at=9)]


def test_the_same_snapshot_twice_in_one_batch_is_one(log: FleetLog) -> None:
    """And it counts once."""
    assert log.add([SNAPSHOT, SNAPSHOT]) == 1
    assert list(log.snapshots()) == [SNAPSHOT]


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    """`state_damaged`, with what to do."""
    path = tmp_path / "microsoft.db"
    path.write_bytes(b"no database at all, and long enough" * 100)
    with pytest.raises(Untrusted) as caught:
        migrate(path, History.MICROSOFT)
    assert caught.value.code is Code.STATE_DAMAGED


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    """A fact that the database cannot hold undoes its batch, and the next one is kept."""
    path = tmp_path / "microsoft.db"
    migrate(path, History.MICROSOFT)
    log = SqlFleetLog(path)
    try:
        with pytest.raises(OverflowError):
            log.add([REQUEST, msgspec.structs.replace(REQUEST, name="pc9", at=2**70)])
        assert list(log.requests()) == []
        assert log.add([msgspec.structs.replace(REQUEST, name="pc9")]) == 1
        assert [request.name for request in log.requests()] == ["pc9"]
    finally:
        log.close()
