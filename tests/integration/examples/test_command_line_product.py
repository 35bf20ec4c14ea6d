"""`examples/command_line_product.py`, through a license's life."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line_product import run

from simulators.publisher import NOW
from tenure.core.policy import DAY

if TYPE_CHECKING:
    from simulators.licensed import LicensedMachine

EXAMPLE = Path(__file__).parents[3] / "examples" / "command_line_product.py"


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """Something to export."""
    path = tmp_path / "drawing.txt"
    path.write_text("a house")
    return path


@pytest.mark.parametrize(
    ("day", "exported", "told"),
    [
        (0, True, ""),
        (149, True, ""),
        (150, True, "30 days are left. It was not renewed"),
        (180, False, "has ended; 70 days are left"),
        (250, False, "runs with reduced functionality"),
    ],
)
def test_export_goes_with_the_license(
    machine: LicensedMachine,
    drawing: Path,
    capsys: pytest.CaptureFixture[str],
    day: int,
    told: str,
    *,
    exported: bool,
) -> None:
    """It warns for 30 days, stops with the license, and says why; showing always works."""
    machine.activate()
    product = machine.license()
    machine.world.now = NOW + day * DAY
    assert run(product, "export", drawing) == (0 if exported else 3)
    assert drawing.with_suffix(".svg").exists() is exported
    heard = capsys.readouterr().err
    assert told in heard
    assert bool(heard) is bool(told)
    assert run(product, "show", drawing) == 0
    assert capsys.readouterr().out == "a house\n"


def test_the_program_runs_as_its_first_lines_say(
    machine: LicensedMachine, drawing: Path, root_file: Path
) -> None:
    """As a process, on a machine without a key: 3, and what to do."""
    done = subprocess.run(
        [
            sys.executable,
            EXAMPLE,
            *("--root-key", root_file),
            *("--product-id", str(machine.world.product_id)),
            *("export", drawing),
        ],
        env={**os.environ, "TENURE_HOME": str(machine.root), "XDG_STATE_HOME": str(machine.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "tenure client install-key" in done.stderr


def test_a_drawing_that_is_not_there_is_no_matter_of_the_license(
    machine: LicensedMachine, drawing: Path
) -> None:
    """Another exit code tells them apart."""
    machine.activate()
    assert run(machine.license(), "show", drawing.with_name("none.txt")) == 1
