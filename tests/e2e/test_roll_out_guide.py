"""The administrator's guide does what it says: its `console` blocks are run, in their order, as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from simulators.processes import serving, tenure

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "roll-out-clients.md"


def commands() -> list[str]:
    """What follows a `$` in a `console` block; `shell` blocks change the system, and are left to its reader."""
    blocks = re.findall(r"^```console\n(.*?)^```", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [
        line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]


@pytest.mark.timeout(180)
def test_every_command_of_the_guide_works_as_typed(tmp_path: Path) -> None:
    """With a real key, catalog and host in place of the guide's; a host that has counted enough machines."""
    with serving("up", "--port", "0", "--publisher-port", "0", home=tmp_path / "site"):
        said = json.loads((tmp_path / "site" / "quickstart.json").read_text())
        product = next(p for p in said["products"] if p["name"] == "Draft Studio")
        fleet = ("fleet", "--machines", "25", "--host", said["activation_url"], "--product", product["name"])
        tenure(*fleet, home=tmp_path / "site")
        real = {
            "GENERIC-KEY": product["generic_key"],
            "catalog.json": said["catalog"],
            "license.corp.example": said["activation_url"],
        }
        asked = commands()
        assert len(asked) >= 8
        for command in asked:
            program, *words = shlex.split(command)
            assert program == "tenure"
            done = tenure(*(real.get(word, word) for word in words), home=tmp_path / "machine")
            assert done.exit_code == 0, (command, done.out, done.err)
