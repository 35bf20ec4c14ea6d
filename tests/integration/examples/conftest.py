"""A machine for the example products, and the root key that they pin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from simulators.licensed import LicensedMachine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path) -> LicensedMachine:
    """A machine without a key."""
    return LicensedMachine(tmp_path / "home")


@pytest.fixture
def root_file(machine: LicensedMachine, tmp_path: Path) -> Path:
    """The publisher's root key, as products pin it."""
    path = tmp_path / "root.pub.jwk"
    path.write_text(json.dumps(machine.publisher.root.public.jwk))
    return path
