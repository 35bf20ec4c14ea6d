"""`tenure up` as a newcomer meets it: real processes, one home, the files that it leaves."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from independent_client import activate, newest_catalog

from simulators.processes import serving, tenure

if TYPE_CHECKING:
    from collections.abc import Iterator

UP = ("up", "--port", "0", "--publisher-port", "0")
CLIENT = Path(__file__).parents[2] / "examples" / "independent_client.py"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a system that serves, for tests that change nothing in it."""
    home = tmp_path_factory.mktemp("running")
    with serving(*UP, home=home):
        yield home


def quickstart(home: Path) -> dict[str, Any]:
    """What `up` wrote for other programs."""
    value: dict[str, Any] = json.loads((home / "quickstart.json").read_text())
    return value


def product(home: Path, kind: str) -> dict[str, Any]:
    """The sample product of a kind."""
    found: dict[str, Any] = next(p for p in quickstart(home)["products"] if p["kind"] == kind)
    return found


def catalog(home: Path) -> dict[str, Any]:
    """The newest catalog, verified from the root file."""
    said = quickstart(home)
    root = json.loads(Path(said["root_key"]).read_text())
    return newest_catalog(json.loads(Path(said["catalog"]).read_text())["catalogs"], root)


def test_a_program_that_shares_no_code_with_us_activates_25_machines(tmp_path: Path) -> None:
    """An HTTP library, a JOSE library and docs/protocol.md are enough, down to the publisher's key."""
    with serving(*UP, home=tmp_path):
        done = subprocess.run(
            [sys.executable, str(CLIENT), str(tmp_path / "quickstart.json"), "25"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert "25 of 25 machines hold a verified lease." in done.stdout, done.stderr
    assert "180 days" in done.stdout


def test_certificates_verify_under_the_key_that_the_quickstart_names(running: Path) -> None:
    """`publisher_key` is a public JWK; nothing private is in it, and the private files are their owner's alone."""
    key = json.loads(Path(quickstart(running)["publisher_key"]).read_text())
    assert "d" not in key
    assert tenure("host", "status", "--json", home=running).json["activated"]
    assert jwt.PyJWK(key).key_type == "OKP"
    private = [
        running / "publisher" / "root.jwk",
        running / "publisher" / "signing.jwk",
        running / "host" / "host.jwk",
    ]
    private += list((running / "host").glob("*.product-key"))
    assert len(private) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_the_quickstart_has_everything_a_program_needs(running: Path) -> None:
    """Bases without a trailing slash, absolute paths that exist, products of both kinds in exactly two pools."""
    said = quickstart(running)
    assert not said["activation_url"].endswith("/")
    assert not said["publisher_url"].endswith("/")
    for name in ("publisher_key", "root_key", "catalog"):
        assert Path(said[name]).is_absolute()
        assert Path(said[name]).exists()
    assert {p["kind"] for p in said["products"]} == {"workstation", "server"}
    assert len(catalog(running)["pools"]) == 2
    assert catalog(running)["publisher_url"] == said["publisher_url"]


def test_a_second_run_starts_what_is_there(tmp_path: Path) -> None:
    """The same publisher, the same host, the counts as they were, a newer catalog with the present address."""
    with serving(*UP, home=tmp_path):
        first = quickstart(tmp_path)
        host_id = tenure("host", "status", "--json", home=tmp_path).json["host_id"]
        seq = catalog(tmp_path)["seq"]
        for _ in range(3):
            activate(
                first["activation_url"], product(tmp_path, "workstation")["product_id"], catalog(tmp_path)
            )
    with serving(*UP, home=tmp_path):
        status = tenure("host", "status", "--json", home=tmp_path).json
        assert status["host_id"] == host_id
        assert {pool["pool"]: pool["count"] for pool in status["pools"]} == {"workstations": 3, "servers": 0}
        assert quickstart(tmp_path)["products"] == first["products"]
        assert catalog(tmp_path)["seq"] == seq + 1
        again = activate(
            quickstart(tmp_path)["activation_url"],
            product(tmp_path, "workstation")["product_id"],
            catalog(tmp_path),
        )
        assert again[1]["catalog_seq"] == seq + 1


@pytest.mark.parametrize(
    "command", [UP, ("host", "serve", "--port", "0"), ("publisher", "serve", "--port", "0")]
)
def test_a_second_server_on_the_same_home_is_refused_in_words(
    running: Path, command: tuple[str, ...]
) -> None:
    """Exit 1, what to do, no traceback; the first goes on."""
    refused = tenure(*command, home=running)
    assert refused.exit_code == 1
    assert "home_in_use" in refused.err
    assert "Traceback" not in refused.err
    assert tenure("host", "status", "--json", home=running).json["listening"]


def test_a_port_that_is_taken_is_refused_in_words(running: Path, tmp_path: Path) -> None:
    """Exit 1; the message names the port."""
    port = quickstart(running)["activation_url"].rpartition(":")[2]
    refused = tenure("up", "--port", port, "--publisher-port", "0", home=tmp_path)
    assert refused.exit_code == 1
    assert port in refused.err
    assert "address_in_use" in refused.err


def test_the_readme_path_of_one_real_machine(tmp_path: Path) -> None:
    """24 of a fleet wait, this machine is the 25th, and its lease lasts 180 days."""
    with serving(*UP, home=tmp_path):
        said = quickstart(tmp_path)
        sample = product(tmp_path, "workstation")
        fleet = ("fleet", "--machines", "24", "--host", said["activation_url"], "--product", sample["name"])
        waiting = tenure(*fleet, "--json", home=tmp_path)
        assert (waiting.exit_code, waiting.json["waiting"], waiting.json["licensed"]) == (3, 24, 0)
        assert tenure("client", "install-key", sample["generic_key"], home=tmp_path).exit_code == 0
        address = said["activation_url"].removeprefix("http://")
        assert tenure("client", "set-host", address, home=tmp_path).exit_code == 0
        before = tenure("client", "status", "--json", home=tmp_path).json
        assert (before["license_status"], before["reason"]) == ("notification", "not_activated")
        assert tenure("client", "activate", home=tmp_path).exit_code == 0
        after = tenure("client", "status", "--json", home=tmp_path).json
        assert after["license_status"] == "licensed"
        assert after["minutes_remaining"] == 180 * 24 * 60
        pools = {p["pool"]: p for p in tenure("host", "status", "--json", home=tmp_path).json["pools"]}
        assert pools["workstations"]["count"] == 25
    assert tenure("client", "status", "--json", home=tmp_path).json["license_status"] == "licensed"
