"""Addresses that DHCP gave, on a real network interface."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROBE = "from pathlib import Path; from tenure.adapters.os.dhcp import dhcp_addresses; import json, sys; \
print(json.dumps(dhcp_addresses(Path(sys.argv[1]))))"


@pytest.mark.real
@pytest.mark.parametrize(
    ("leases", "found"),
    [
        ({}, ["192.0.2.5"]),
        ({"run/systemd/netif/leases/2": "ADDRESS=192.0.2.6\n"}, ["192.0.2.5", "192.0.2.6"]),
        ({"var/lib/NetworkManager/internal-1-eth0.lease": "ADDRESS=192.0.2.6\n"}, ["192.0.2.5", "192.0.2.6"]),
        ({"var/lib/dhcp/dhclient.eth0.leases": "fixed-address 192.0.2.6;\n"}, ["192.0.2.5", "192.0.2.6"]),
        (
            {"var/lib/dhclient/dhclient-1-eth0.lease": "fixed-address 192.0.2.6;\n"},
            ["192.0.2.5", "192.0.2.6"],
        ),
        ({"var/lib/dhcp/dhclient.leases": "fixed-address 192.0.2.99;\n"}, ["192.0.2.5"]),
    ],
    ids=[
        "the kernel's word",
        "networkd",
        "NetworkManager",
        "dhclient",
        "dhclient of Red Hat",
        "an old lease",
    ],
)
def test_a_real_machine_s_addresses_are_told_apart(
    tmp_path: Path, leases: dict[str, str], found: list[str]
) -> None:
    """In a network namespace with one address for an hour and one for good (iproute2, util-linux)."""
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("ip") is None:
        pytest.skip("needs unshare and ip: apt-get install util-linux iproute2")
    for name, text in leases.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    script = (
        "ip address add 192.0.2.5/32 dev lo valid_lft 3600 preferred_lft 3600 && "
        'ip address add 192.0.2.6/32 dev lo && exec "$@"'
    )
    done = subprocess.run(
        [
            unshare,
            "--map-root-user",
            "--net",
            "sh",
            "-c",
            script,
            "sh",
            sys.executable,
            "-c",
            PROBE,
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[address, "lo"] for address in found]
