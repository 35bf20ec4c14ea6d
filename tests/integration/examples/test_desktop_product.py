"""`examples/desktop_product.py`: what its window shows through a license's life."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest
from desktop_product import Rechecking, Window, window_for

from simulators.publisher import NOW
from tenure.core.policy import DAY

if TYPE_CHECKING:
    from simulators.licensed import LicensedMachine

EXAMPLE = Path(__file__).parents[3] / "examples" / "desktop_product.py"


@pytest.mark.parametrize(
    ("day", "usable", "banner", "reduced"),
    [
        (0, {"open", "save", "export"}, "", False),
        (160, {"open", "save", "export"}, "20 days are left", False),
        (180, {"open", "save"}, "has ended", False),
        (250, {"open"}, "reduced functionality", True),
    ],
)
def test_the_menu_goes_grey_with_the_license(
    machine: LicensedMachine, day: int, usable: set[str], banner: str, *, reduced: bool
) -> None:
    """Feature by feature, as the catalog says; opening is never stopped."""
    machine.activate()
    machine.world.now = NOW + day * DAY
    window = window_for(machine.license().check())
    assert {name for name, can in window.menu.items() if can} == usable
    assert banner in window.banner
    assert bool(banner) is bool(window.banner)
    assert ("reduced" in window.title) is reduced


def test_an_activation_lights_the_menu_up_without_a_restart(machine: LicensedMachine) -> None:
    """The background check sees the lease that the agent wrote, and tells of it once."""
    machine.install()
    windows: SimpleQueue[Window] = SimpleQueue()
    with Rechecking(machine.license(), windows.put, seconds=0.001):
        assert not windows.get(timeout=10).menu["export"]
        machine.world.activation.activate(machine.world.product_id)
        assert windows.get(timeout=10).menu["export"]
    assert windows.empty()


def test_the_program_shows_its_window_and_leaves(machine: LicensedMachine, root_file: Path) -> None:
    """As a process, on a machine without a key; grey entries stand in brackets."""
    done = subprocess.run(
        [
            sys.executable,
            EXAMPLE,
            *("--root-key", root_file),
            *("--product-id", str(machine.world.product_id)),
        ],
        env={**os.environ, "TENURE_HOME": str(machine.root), "XDG_STATE_HOME": str(machine.root)},
        input="\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "[Draft Studio]  open  (save)  (export)\n  ! This product has no product key"
    )
