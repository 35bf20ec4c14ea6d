"""What tells installations apart: the operating system's installation id, never shown as such (design, section 3)."""

from __future__ import annotations

import hashlib
import hmac
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import read_file, write_atomically
from tenure.adapters.os.randomness import new_uuid
from tenure.core.os_id import FROM_HOME, FROM_SYSTEM
from tenure.wire.base64url import encode

if TYPE_CHECKING:
    from uuid import UUID

MACHINE_ID: Final = Path("/etc/machine-id")
"""Linux: machine-id(5)."""
DMI: Final = Path("/sys/class/dmi/id")
HOME_ID: Final = "installation-id"
"""The file, beside the rest of a machine's state, that keeps a random id where the system has none."""

_LIMIT: Final = 4096
_ID: Final = re.compile(r"[0-9A-Za-z-]{16,64}")
_VIRTUAL: Final = (
    # What hypervisors write into the firmware tables (compare systemd's src/basic/virt.c).
    "amazon ec2",
    "apple virtualization",
    "bochs",
    "bhyve",
    "google compute engine",
    "hyper-v",
    "innotek",
    "kvm",
    "openstack",
    "parallels",
    "qemu",
    "virtual machine",
    "virtualbox",
    "vmware",
    "xen",
)


@dataclass(frozen=True, slots=True)
class Installation:
    """The installation that this process runs on."""

    source: str
    """`FROM_SYSTEM`, or `FROM_HOME` where the system has no id: a container, an image that was never booted."""
    id: str
    """A secret of the machine's: it leaves it only through `fingerprint`."""

    def fingerprint(self, publisher_id: UUID) -> str:
        """Fingerprint v1: base64url(HMAC-SHA256(key = installation id, publisher_id)), both as their ASCII text.

        Different for each publisher, so that two of them cannot compare their machines.
        """
        return fingerprint_v1(self.id, publisher_id)


def fingerprint_v1(installation_id: str, publisher_id: UUID) -> str:
    """The fingerprint that goes with an installation id."""
    digest = hmac.new(installation_id.encode("ascii"), str(publisher_id).encode("ascii"), hashlib.sha256)
    return encode(digest.digest())


def read_installation(folder: Path, *, machine_id_file: Path = MACHINE_ID) -> Installation | None:
    """This installation; writes nothing. `folder` is where a random id is kept; None: there is none yet.

    Raises:
        LocalFault: code `home_unusable`, when the kept id cannot be read.
    """
    if (system := _system_id(machine_id_file)) is not None:
        return Installation(FROM_SYSTEM, system)
    data = read_file(folder / HOME_ID, limit=_LIMIT)
    kept = _usable(data.decode("ascii", errors="replace")) if data is not None else None
    return Installation(FROM_HOME, kept) if kept is not None else None


def ensure_installation(folder: Path, *, machine_id_file: Path = MACHINE_ID) -> Installation:
    """This installation; where the system has no id, a random one is kept in `folder`, readable by everyone.

    Raises:
        LocalFault: code `home_unusable`, when it cannot be kept.
    """
    found = read_installation(folder, machine_id_file=machine_id_file)
    if found is not None:
        return found
    made = new_uuid().hex
    write_atomically(folder / HOME_ID, f"{made}\n".encode())
    return Installation(FROM_HOME, made)


def machine_fingerprint(folder: Path, publisher_id: UUID) -> str:
    """This machine's fingerprint for a publisher.

    Raises:
        LocalFault: code `home_unusable`, as `ensure_installation`.
    """
    return ensure_installation(folder).fingerprint(publisher_id)


def is_virtual(*, dmi: Path = DMI, run: Path = Path("/run"), root: Path = Path("/")) -> bool:
    """Whether this looks like a virtual machine or a container: what firmware, systemd and engines leave in files.

    A best guess for reports; nothing is decided by it. False where nothing can be told.
    """
    if (run / "systemd" / "container").exists() or (root / ".dockerenv").exists():
        return True
    vendors = " ".join(
        _text(dmi / name) for name in ("sys_vendor", "product_name", "bios_vendor", "board_vendor")
    )
    return any(name in vendors.lower() for name in _VIRTUAL)


def platform_uuid_in(listing: str) -> str | None:
    """IOPlatformUUID in what macOS' `ioreg -rd1 -c IOPlatformExpertDevice` lists."""
    found = re.search(r'"IOPlatformUUID"\s*=\s*"([^"]+)"', listing)
    return _usable(found.group(1)) if found else None


def _system_id(machine_id_file: Path) -> str | None:
    if sys.platform == "win32":
        return _windows_machine_guid()
    if sys.platform == "darwin":
        return _mac_platform_uuid()
    return _usable(_text(machine_id_file))


def _usable(text: str) -> str | None:
    """The id, unless it is empty or the word `uninitialized` (machine-id(5), "First boot semantics")."""
    candidate = text.strip()
    if candidate == "uninitialized" or not _ID.fullmatch(candidate) or not candidate.strip("0-"):
        return None
    return candidate.lower()


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT).decode("ascii", errors="replace")
    except OSError:
        return ""


if sys.platform == "win32":
    import winreg

    def _windows_machine_guid() -> str | None:
        place = r"SOFTWARE\Microsoft\Cryptography"
        try:
            # The 64-bit view, so that a 32-bit Python tells the same.
            with winreg.OpenKey(
                winreg.HKEY_LOCAL_MACHINE, place, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY
            ) as key:
                return _usable(str(winreg.QueryValueEx(key, "MachineGuid")[0]))
        except OSError:
            return None


if sys.platform == "darwin":
    import subprocess

    def _mac_platform_uuid() -> str | None:
        command = ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"]
        try:
            listing = subprocess.run(command, capture_output=True, check=False, timeout=10).stdout  # noqa: S603 - a fixed command
        except (OSError, subprocess.SubprocessError):
            return None
        return platform_uuid_in(listing.decode("utf-8", errors="replace"))
