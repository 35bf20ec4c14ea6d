from __future__ import annotations

import hashlib
import hmac
import re
import sys
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tenure.adapters.os.fingerprint import (
    ensure_installation,
    fingerprint_v1,
    is_virtual,
    platform_uuid_in,
    read_installation,
)
from tenure.wire.base64url import encode

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHER = UUID("11111111-1111-4111-8111-111111111111")
MACHINE_ID = "0123456789abcdef0123456789abcdef"


def test_the_formula_is_pinned() -> None:
    """Every program on the machine, and every later version, must come to the same fingerprint."""
    assert fingerprint_v1(MACHINE_ID, PUBLISHER) == "VuTHrl8xiOIMf5BoHQWFrWHQoPdH6fMHQgXQ-nWUQ7s"


def test_the_formula_is_an_hmac_of_the_publisher_under_the_installation_id() -> None:
    """base64url(HMAC-SHA256(key = installation id, publisher id)), as any other implementation computes it."""
    digest = hmac.new(MACHINE_ID.encode(), str(PUBLISHER).encode(), hashlib.sha256).digest()
    assert fingerprint_v1(MACHINE_ID, PUBLISHER) == encode(digest)
    assert re.fullmatch(r"[A-Za-z0-9._:+/=-]{16,128}", fingerprint_v1(MACHINE_ID, PUBLISHER))


def test_publishers_cannot_compare_their_machines() -> None:
    """One machine has another fingerprint for each publisher."""
    assert fingerprint_v1(MACHINE_ID, PUBLISHER) != fingerprint_v1(MACHINE_ID, UUID(int=2))


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the file is Linux's")
@pytest.mark.parametrize("text", [MACHINE_ID, MACHINE_ID.upper() + "\n", f"  {MACHINE_ID}\n"])
def test_the_system_s_id_is_used_where_there_is_one(tmp_path: Path, text: str) -> None:
    """Case and spaces around do not matter, and nothing is written."""
    file = tmp_path / "machine-id"
    file.write_text(text)
    installation = ensure_installation(tmp_path / "home", machine_id_file=file)
    assert (installation.source, installation.id) == ("os", MACHINE_ID)
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the file is Linux's")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("uninitialized\n", id="uninitialized"),
        pytest.param("0" * 32, id="zeros"),
        pytest.param("short", id="short"),
        pytest.param("x" * 5000, id="too long"),
        pytest.param("ä" * 32, id="other letters"),
    ],
)
def test_without_a_system_id_a_random_one_is_kept_in_the_home(tmp_path: Path, text: str | None) -> None:
    """It is made when somebody writes, stays the same, and is told as `home`."""
    file = tmp_path / "machine-id"
    if text is not None:
        file.write_text(text)
    home = tmp_path / "home"
    assert read_installation(home, machine_id_file=file) is None
    assert not home.exists()
    made = ensure_installation(home, machine_id_file=file)
    assert made.source == "home"
    assert made.fingerprint(PUBLISHER)
    assert (
        ensure_installation(home, machine_id_file=file)
        == made
        == read_installation(home, machine_id_file=file)
    )
    assert ensure_installation(tmp_path / "other", machine_id_file=file) != made


@pytest.mark.parametrize(
    ("file", "text", "virtual"),
    [
        ("sys_vendor", "QEMU\n", True),
        ("product_name", "VMware Virtual Platform\n", True),
        ("product_name", "Virtual Machine\n", True),
        ("sys_vendor", "innotek GmbH\n", True),
        ("bios_vendor", "Xen\n", True),
        ("product_name", "ThinkPad X1\n", False),
        ("sys_vendor", "LENOVO\n", False),
    ],
)
def test_firmware_tells_a_virtual_machine(tmp_path: Path, file: str, text: str, virtual: bool) -> None:  # noqa: FBT001 - a table
    """The names of hypervisors in the firmware's tables; a maker of machines is none."""
    (tmp_path / file).write_text(text)
    assert is_virtual(dmi=tmp_path, run=tmp_path, root=tmp_path) is virtual


@pytest.mark.parametrize("mark", ["run/systemd/container", ".dockerenv"])
def test_a_container_tells_itself(tmp_path: Path, mark: str) -> None:
    """By what systemd or the engine left."""
    assert not is_virtual(dmi=tmp_path, run=tmp_path / "run", root=tmp_path)
    (tmp_path / mark).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / mark).write_text("")
    assert is_virtual(dmi=tmp_path, run=tmp_path / "run", root=tmp_path)


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (
            '+-o J314sAP  <class IOPlatformExpertDevice>\n    {\n      "IOPlatformUUID" = "9A8F6C1E-0000-5000-8000-1234567890AB"\n',
            "9a8f6c1e-0000-5000-8000-1234567890ab",
        ),
        ('      "IOPlatformUUID" = "00000000-0000-0000-0000-000000000000"\n', None),
        ("", None),
    ],
    ids=["listed", "zeros", "nothing"],
)
def test_a_mac_s_id_is_read_from_its_registry(listing: str, expected: str | None) -> None:
    """IOPlatformUUID, unless it is empty."""
    assert platform_uuid_in(listing) == expected
