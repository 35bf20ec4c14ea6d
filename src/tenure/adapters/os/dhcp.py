"""Which of this machine's IPv4 addresses were given to it for a time, by DHCP. Only reads; Linux alone is understood.

The kernel knows it of every client that hands the lease's end on (systemd-networkd, NetworkManager, dhclient's usual
script): such an address is `dynamic` in ip-address(8), its IFA_F_PERMANENT flag being off. The lease files of clients
tell the rest; because they keep leases that ended long ago, one counts only while the machine has the address.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LEASE_FILES: Final = (
    "run/systemd/netif/leases/*",
    "var/lib/NetworkManager/*.lease",
    "var/lib/dhcp/*.leases",
    "var/lib/dhclient/*.lease*",
)
"""Of systemd-networkd, of NetworkManager, of dhclient on Debian and on Red Hat; patterns under the root."""
_LEASED: Final = re.compile(r"^\s*(?:ADDRESS=|fixed-address\s+)((?:\d{1,3}\.){3}\d{1,3});?\s*$", re.MULTILINE)
"""A line of the first two, which write NAME=value, or of the others: dhclient.leases(5)."""
_LIMIT: Final = 1024 * 1024
"""Bytes of a lease file that are read, from its end: dhclient appends for ever."""
_FILES: Final = 100
_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Assigned:
    """An IPv4 address of this machine."""

    address: str
    interface: str
    dynamic: bool
    """Given for a time, as far as the kernel knows."""


def dhcp_addresses(root: Path = Path("/")) -> tuple[tuple[str, str], ...]:
    """The addresses that DHCP gave this machine, each with its interface; none where that cannot be told."""
    present = addresses_in(_ip_addresses())
    leased = set(_leased(root)) if any(not one.dynamic for one in present) else set()
    return tuple((one.address, one.interface) for one in present if one.dynamic or one.address in leased)


def addresses_in(listing: str) -> tuple[Assigned, ...]:
    """The addresses in what `ip -j -4 address` prints; what is not understood is passed over."""
    try:
        links = json.loads(listing)
    except (ValueError, RecursionError):
        return ()
    return tuple(_addresses(links if isinstance(links, list) else []))


def leased_in(text: str) -> set[str]:
    """The addresses of all leases in a lease file."""
    return set(_LEASED.findall(text))


def _addresses(links: list[Any]) -> Iterator[Assigned]:
    for link in links:
        if not isinstance(link, dict) or not isinstance(link.get("addr_info"), list):
            continue
        for entry in link["addr_info"]:
            if isinstance(entry, dict) and entry.get("local"):
                yield Assigned(
                    str(entry["local"]), str(link.get("ifname", "?")), entry.get("dynamic") is True
                )


def _leased(root: Path) -> Iterator[str]:
    for pattern in LEASE_FILES:
        for path in sorted(root.glob(pattern))[:_FILES]:
            yield from leased_in(_end_of(path))


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LIMIT))
            return file.read(_LIMIT).decode("ascii", errors="replace")
    except OSError:
        # Some clients let only root read them.
        return ""


def _ip_addresses() -> str:
    """What ip-address(8) says, nothing where there is no such program."""
    program = shutil.which("ip", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin")))
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            [program, "-j", "-4", "address"], capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return done.stdout
