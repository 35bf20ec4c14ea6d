"""The file of a backup: what comes out is what went in, and a damaged one is refused wherever it is damaged."""

from __future__ import annotations

import os
import tarfile
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.adapters.files.backup_archive import MemberFiles, check_backup, unpack_backup, write_backup
from tenure.core.errors import Code, LocalFault, Untrusted
from tenure.wire.backup import DATABASE, HOST_KEY, Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PENDING = f"pending/{UUID(int=1)}.json"
SMALL = {HOST_KEY: b"{}", "pgpass": b"", PENDING: b"x" * 1_025}


def packed(folder: Path, contents: Mapping[str, bytes] = SMALL, database: bytes = b"d" * 3_000) -> Path:
    """A backup of these files."""
    copy = folder / DATABASE
    copy.write_bytes(database)
    files = MemberFiles(contents, DATABASE, copy)
    manifest = Manifest(program="0", host_id=UUID(int=7), epoch=1, made_at=2, members=files.members())
    path = folder / "backup.tar"
    path.unlink(missing_ok=True)
    size = write_backup(path, manifest, files)
    assert path.stat().st_size == size
    return path


def unpacked(path: Path, folder: Path) -> dict[str, bytes]:
    """What comes out."""
    folder.mkdir()
    unpack_backup(path, folder)
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    database=st.sampled_from([0, 1, 511, 512, 513, 10_240, 1024 * 1024 + 1]).map(bytes),
    contents=st.dictionaries(
        st.sampled_from(["pgpass", "tls.json", "database.url", PENDING]), st.binary(max_size=1_100)
    ),
)
def test_what_comes_out_is_what_went_in(
    tmp_path_factory: pytest.TempPathFactory, database: bytes, contents: dict[str, bytes]
) -> None:
    """Also at the ends of tar's blocks and of the pieces in which large files are copied."""
    folder = tmp_path_factory.mktemp("packed")
    path = packed(folder, {**contents, HOST_KEY: b"{}"}, database)
    assert unpacked(path, folder / "out") == {**contents, HOST_KEY: b"{}", DATABASE: database}


def test_it_is_a_tar_file_for_its_owner_alone(tmp_path: Path) -> None:
    """Whoever has nothing but tar gets at the files."""
    path = packed(tmp_path)
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["manifest.json", DATABASE, HOST_KEY, PENDING, "pgpass"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    """Whoever writes names a new one."""
    path = packed(tmp_path)
    manifest = check_backup(path)
    with pytest.raises(FileExistsError):
        write_backup(path, manifest, MemberFiles(SMALL, DATABASE, tmp_path / DATABASE))
    assert check_backup(path) == manifest


def test_a_bit_that_changed_is_noticed_or_means_nothing(tmp_path: Path) -> None:
    """At every 97th bit of the file: whatever passes the check holds the same files."""
    path = packed(tmp_path)
    good, manifest = path.read_bytes(), check_backup(path)
    passed = 0
    bits = range(0, len(good) * 8, 97)
    for bit in bits:
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        with suppress(Untrusted):
            assert check_backup(path).members == manifest.members
            passed += 1
    assert passed < len(bits) / 50


def test_a_file_that_is_cut_off_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    """Unless all that is missing is what tar fills its last block with."""
    path = packed(tmp_path)
    good = path.read_bytes()
    needed = len(good.rstrip(b"\0"))
    for length in [*range(0, needed, 61), needed]:
        path.write_bytes(good[:length])
        with pytest.raises(Untrusted):
            check_backup(path)


def test_the_check_and_the_unpacking_refuse_alike(tmp_path: Path) -> None:
    """With the same words; and a check writes nothing."""
    path = packed(tmp_path)
    data = bytearray(path.read_bytes())
    data[data.index(b"ddd") + 1] ^= 1
    path.write_bytes(data)
    before = set(tmp_path.iterdir())
    with pytest.raises(Untrusted) as checked:
        check_backup(path)
    assert set(tmp_path.iterdir()) == before
    with pytest.raises(Untrusted) as unpacking:
        unpacked(path, tmp_path / "out")
    assert str(checked.value) == str(unpacking.value)
    assert f"{DATABASE} is damaged" in str(checked.value)


def test_a_backup_that_cannot_be_read_is_a_fault_of_this_machine(tmp_path: Path) -> None:
    """It may be a good one."""
    with pytest.raises(LocalFault) as caught:
        check_backup(tmp_path)
    assert caught.value.code is Code.HOME_UNUSABLE
    assert str(tmp_path) in caught.value.detail
