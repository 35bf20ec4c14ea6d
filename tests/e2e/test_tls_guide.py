"""The guide to TLS does what it says: its `console` blocks are run, in their order, as they stand there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from simulators.host_home import activate_home
from simulators.processes import serving, tenure
from simulators.publisher import SimulatedPublisher
from tenure.adapters.os.home import Home
from tenure.core.policy import Policy

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "tls.md"
PUBLISHER = SimulatedPublisher(
    opened=0, policies={"workstations": Policy(threshold=1), "servers": Policy(threshold=1)}
)


def commands() -> list[str]:
    """What follows a `$` in a `console` block; `shell` blocks change the system, and are left to its reader."""
    blocks = re.findall(r"^```console\n(.*?)^```", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [
        line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]


@pytest.mark.real
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_every_command_of_the_guide_works_as_typed(tmp_path: Path) -> None:
    """An authority, a certificate, a host and a machine; `localhost` and its port stand in for the guide's name."""
    site, machine = tmp_path / "site", tmp_path / "machine"
    activate_home(Home(site), PUBLISHER, now=int(time.time()))
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps({"catalogs": [PUBLISHER.catalog_token]}))
    key = PUBLISHER.workstation.generic_keys[0]
    assert tenure("client", "install-key", key, "--catalog", str(catalog), home=machine).exit_code == 0
    asked = commands()
    before = next(n for n, line in enumerate(asked) if line.startswith("tenure client"))
    assert before >= 5
    for line in asked[:before]:
        _type(line, tmp_path, site, "https://localhost")
    with serving("host", "serve", "--port", "0", "--host", "127.0.0.1", home=site):
        listening = tenure("host", "status", "--json", home=site).json["listening"]
        url = listening.replace("127.0.0.1", "localhost")
        for line in asked[before:]:
            _type(line, tmp_path, machine, url)
        assert tenure("client", "status", "--json", home=machine).json["license_status"] == "licensed"
        assert tenure("client", "renew", home=machine).exit_code == 0


def _type(line: str, folder: Path, home: Path, url: str) -> None:
    if not line.startswith("tenure "):
        typed = line.replace("license.corp.example", "localhost")
        subprocess.run(["bash", "-c", typed], cwd=folder, check=True, capture_output=True)  # noqa: S607 - the guide's shell
        return
    real = {"https://license.corp.example": url}
    words = [real.get(word, word) for word in shlex.split(line)[1:]]
    words = [str(folder / word) if (folder / word).is_file() else word for word in words]
    done = tenure(*words, home=home)
    assert done.exit_code == 0, (line, done.out, done.err)
