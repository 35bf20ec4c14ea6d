"""The key with which a machine signs its requests."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.files.machine_key import NAME, machine_key
from tenure.core.errors import Code, Untrusted

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_made_once(tmp_path: Path) -> None:
    """Also when several programs need it at the same moment for the first time."""
    folder = tmp_path / "client"
    with ThreadPoolExecutor(8) as threads:
        kids = {key.kid for key in threads.map(lambda _: machine_key(folder), range(8))}
    assert kids == {machine_key(folder).kid}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_it_is_its_owners_alone(tmp_path: Path) -> None:
    """Mode 0600."""
    machine_key(tmp_path)
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_damaged_one_is_told(tmp_path: Path) -> None:
    """It is not replaced silently, and the cure is to delete it: nothing hangs on it but the next request."""
    (tmp_path / NAME).write_text("{")
    with pytest.raises(Untrusted) as caught:
        machine_key(tmp_path)
    assert caught.value.code is Code.STATE_DAMAGED
    (tmp_path / NAME).unlink()
    machine_key(tmp_path)
