"""A common set-up guide, typed line by line: `tenure slmgr` against the whole system in real processes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from simulators.processes import Finished, serving, tenure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UP = ("up", "--port", "0", "--publisher-port", "0")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which `tenure up` runs; one test uses its host, another its publisher."""
    home = tmp_path_factory.mktemp("home")
    with serving(*UP, home=home):
        yield home


def said(home: Path) -> dict[str, Any]:
    """The quickstart file."""
    value: dict[str, Any] = json.loads((home / "quickstart.json").read_text())
    return value


def typed(home: Path, line: str) -> Finished:
    """A line of the guide, as an administrator types it."""
    return tenure("slmgr", *line.split(), home=home)


def works(home: Path, line: str, *expected: str) -> str:
    """The line's output, which has everything that is expected in it."""
    done = typed(home, line)
    assert (done.exit_code, done.err) == (0, ""), line
    for text in expected:
        assert text in done.out, line
    return done.out


def test_every_line_of_a_set_up_guide_works_as_typed(home: Path) -> None:
    """Key, host in every form, activation, what is told, settings of the host, and the way back."""
    sample = next(p for p in said(home)["products"] if p["kind"] == "server")
    address = said(home)["activation_url"].removeprefix("http://")
    port = address.rpartition(":")[2]

    works(home, "/dli", "License Status: Licensed", "Current count: 0", f"Listening on Port: {port}")
    works(home, f"/ipk {sample['generic_key']}", "Installed product key", "successfully")
    works(
        home,
        f"/skms localhost:{port}",
        f"Key Management Service machine name set to localhost:{port} success",
    )
    works(home, f"/SKMS {address}", f"machine name set to {address} success")

    short = typed(home, "/ato")
    assert short.exit_code == 3
    assert short.err.startswith("Error: 0xC004F038 ")
    works(home, "/dli", "License Status: Notification\nNotification Reason: 0xC004F056.", "Current count: 1")
    fleet = ("--machines", "4", "--host", said(home)["activation_url"], "--product", sample["name"])
    tenure("fleet", *fleet, home=home)

    out = works(home, "/ato", "Activating Render Server (", "Product activated successfully.")
    assert sample["product_id"] in out
    out = works(
        home,
        "/dli",
        "Name: Render Server\nDescription: Example Software, VOLUME_KMSCLIENT channel\n",
        "License Status: Licensed\nVolume activation expiration: 259200 minute(s) (180 day(s))\n",
        f"    Registered KMS machine name: {address}\n",
        f"Product ID: {sample['product_id']}\n",
        "    Current count: 5\n",
    )
    lease = re.search(r"^Activation ID \(lease\): ([0-9a-f-]{36})$", out, flags=re.MULTILINE)
    status = tenure("client", "status", "--json", home=home).json
    assert lease is not None
    assert lease[1] == status["lease_id"]
    assert f"Last activation date: {status['last_activation']}\n" in out
    works(home, "/dlv", "Software licensing service version: ", f"Activation ID: {sample['product_id']}\n")
    works(home, "-XPR", f"Render Server:\n    Volume activation will expire {status['lease_expires']}\n")

    works(home, "/sai 60", "Volume activation interval set to 60 minutes successfully.")
    works(home, "/sri 1440", "Volume renewal interval set to 1440 minutes successfully.")
    while "    Renewal interval: 1440 minutes\n" not in works(home, "/dli"):
        works(home, "/ato", "Product activated successfully.")

    works(home, "/skms auto", "Key Management Service machine name cleared successfully.")
    works(home, f"/skms {address}", "successfully")
    works(home, "/ckms", "Key Management Service machine name cleared successfully.")
    works(home, "/rearm", "Command completed successfully.", "CMID")
    works(home, "/xpr", "Render Server is in Notification mode")
    works(home, f"/skms {address}", "successfully")
    works(home, "/ato", "Product activated successfully.")
    works(home, "/upk", "Uninstalled product key successfully.")
    assert tenure("client", "status", "--json", home=home).json["license_status"] == "unlicensed"


def test_a_host_that_is_not_there_is_0xc004f074(tmp_path: Path) -> None:
    """After the host stopped, `/ato` says so with its cure; the lease that is held stays."""
    with serving(*UP, home=tmp_path):
        sample = next(p for p in said(tmp_path)["products"] if p["kind"] == "server")
        address = said(tmp_path)["activation_url"].removeprefix("http://")
        works(tmp_path, f"/ipk {sample['generic_key']}")
        works(tmp_path, f"/skms {address}")
    gone = typed(tmp_path, "/ato")
    assert gone.exit_code == 4
    assert gone.err.startswith("Error: 0xC004F074 ")
    assert "Traceback" not in gone.err
    works(tmp_path, "/dli", "Server: not running: tenure host serve")


def test_a_host_of_its_own_is_set_up_with_slmgr(home: Path, tmp_path: Path) -> None:
    """Host key and `/ato` on another home: activated at the publisher, and `/sprt` chooses where it serves."""
    key = tenure("publisher", "key", "issue", "--type", "host", "--json", home=home).json["key"]
    catalog = said(home)["catalog"]
    installed = tenure("slmgr", "/ipk", key, "--catalog", catalog, home=tmp_path)
    assert installed.exit_code == 0, installed.err
    assert key not in installed.out
    works(tmp_path, "/ato", "Activating Example Software (", "Product activated successfully.")
    with serving("host", "serve", "--host", "127.0.0.1", "--port", "0", home=tmp_path):
        port = tenure("host", "status", "--json", home=tmp_path).json["listening"].rpartition(":")[2]
    works(tmp_path, f"/sprt {port}", f"port set to {port} successfully")
    with serving("host", "serve", "--host", "127.0.0.1", home=tmp_path):
        assert tenure("host", "status", "--json", home=tmp_path).json["listening"].endswith(f":{port}")
        works(tmp_path, "/dlv", f"Listening on Port: {port}", "Product Key Channel: Volume:CSVLK")
