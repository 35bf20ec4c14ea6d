"""The runbook for replacing a host's server does what it says: its commands are run, in their order, as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulators.processes import serving, tenure

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNBOOK = Path(__file__).parents[2] / "docs" / "how-to" / "replace-a-host.md"
COMMAND = re.compile(r"^(old|new|machine)\$ (.*)$", flags=re.MULTILINE)


def types(command: str, home: Path, files: Mapping[str, str]) -> dict[str, Any]:
    """What a command says; it must work."""
    program, *words = shlex.split(command)
    assert program == "tenure"
    done = tenure(*(files.get(word, word) for word in words), "--json", home=home)
    assert done.exit_code == 0, (command, done.out, done.err)
    return done.json


@pytest.mark.timeout(240)
def test_the_runbook_executed_from_top_to_bottom(tmp_path: Path) -> None:
    """A machine that the old server licensed is licensed anew by the new one, which knows all that were counted."""
    commands = COMMAND.findall(RUNBOOK.read_text())
    assert [who for who, _ in commands] == ["old"] * 4 + ["new"] * 2 + ["machine"] + ["new"] * 2
    homes = {who: tmp_path / who for who in ("old", "new", "machine")}
    files = {name: str(tmp_path / name) for name in ("host-backup.tar", "host-record.md")}
    with serving("up", "--port", "0", "--publisher-port", "0", home=homes["old"]):
        said = json.loads((homes["old"] / "quickstart.json").read_text())
        product = next(p for p in said["products"] if p["kind"] == "workstation")
        url = said["activation_url"]
        fleet = ("--machines", "24", "--host", url, "--product", product["product_id"])
        tenure("fleet", *fleet, home=homes["old"])
        types(
            f"tenure client install-key {product['generic_key']} --catalog {said['catalog']}",
            homes["machine"],
            {},
        )
        types(f"tenure client set-host {url}", homes["machine"], {})
        types("tenure client activate", homes["machine"], {})
        lease = types("tenure client status", homes["machine"], {})["lease_id"]
        for who, command in commands[:4]:
            types(command, homes[who], files)
    for who, command in commands[4:6]:
        told = types(command, homes[who], files)
    assert max(pool["machines"] for pool in told["pools"]) == 25
    port = url.rpartition(":")[2]
    with serving("host", "serve", "--port", port, home=homes["new"]):
        for who, command in commands[6:]:
            types(command, homes[who], files)
    status = types("tenure client status", homes["machine"], {})
    assert status["license_status"] == "licensed"
    assert status["lease_id"] != lease
