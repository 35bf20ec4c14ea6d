"""`tenure client` on a system without an installation id, with a product whose publisher wants one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from simulators.other_machines import machine, needs_machines, never_booted
from simulators.publisher import SimulatedPublisher
from tenure.wire.catalog import CatalogList

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PUBLISHER = SimulatedPublisher(opened=0, needs_os_id=True)


def client(on: Sequence[str], home: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    """The exit code of `tenure client ... --json` on a machine, the object that it prints, and what it says beside it."""
    command = [*on, sys.executable, "-m", "tenure", "client", *words, "--home", str(home), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.real
def test_a_container_is_told_what_it_lacks_and_asks_once_it_has_it(tmp_path: Path) -> None:
    """Exit code 3 with cause and cure, and nobody was asked; with an id the machine looks for its host."""
    needs_machines()
    catalog, home, file = tmp_path / "catalog.json", tmp_path / "home", tmp_path / "machine-id"
    catalog.write_bytes(msgspec.json.encode(CatalogList((PUBLISHER.catalog_token,))))
    on = never_booted(file)
    key = PUBLISHER.workstation.generic_keys[0]
    assert client(on, home, "install-key", key, "--catalog", str(catalog))[0] == 0
    assert client(on, home, "set-host", "127.0.0.1:1")[0] == 0
    code, told, _ = client(on, home, "activate")
    assert (code, told["error"]["code"]) == (3, "os_id_missing")
    assert "/etc/machine-id" in told["error"]["cure"]
    assert (told["reason"], told["fingerprint_source"]) == ("os_id_missing", "home")
    code, told, _ = client(machine(file, 5), home, "activate")
    assert (code, told["error"]["code"]) == (4, "host_unreachable")
    assert (told["reason"], told["fingerprint_source"]) == ("not_activated", "os")
