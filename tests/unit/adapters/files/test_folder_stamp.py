from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenure.adapters.files.atomic import write_atomically
from tenure.adapters.files.folder_stamp import folder_stamp

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["machine.json", "products/a.json", "leases/a.json", "catalogs/a.json"])
def test_a_file_that_comes_changes_or_goes_changes_the_stamp(tmp_path: Path, name: str) -> None:
    """Also a replacement of the same size, as the highest time seen makes it every five minutes."""
    stamps = [folder_stamp(tmp_path)]
    for content in (b"1", b"2"):
        write_atomically(tmp_path / name, content)
        stamps.append(folder_stamp(tmp_path))
    assert len(set(stamps)) == 3
    (tmp_path / name).unlink()
    assert folder_stamp(tmp_path) == stamps[0]


def test_without_a_change_the_stamp_stays(tmp_path: Path) -> None:
    """Locks and files that were set aside are none of the state."""
    write_atomically(tmp_path / "machine.json", b"{}")
    before = folder_stamp(tmp_path)
    write_atomically(tmp_path / ".lock", b"")
    write_atomically(tmp_path / "leases" / "a.json.damaged-1", b"{")
    assert folder_stamp(tmp_path) == before
