"""Backups that are damaged or hostile: what a check and a restore say, and that nothing is written."""

from __future__ import annotations

import hashlib
import json
import tarfile
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from simulators.host_home import activate_home
from simulators.publisher import NOW, SimulatedPublisher
from tenure.adapters.files.host_keys import HostKeyFolder
from tenure.adapters.os.home import Home
from tenure.core.errors import Code, Untrusted
from tenure.programs.host_backup import back_up
from tenure.programs.host_restore import restore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Damage = Callable[["Archive"], None]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with an activated host."""
    home = Home(tmp_path / "old")
    activate_home(home, SimulatedPublisher(), now=NOW)
    return home


@pytest.fixture
def file(home: Home, tmp_path: Path) -> Path:
    """Its backup."""
    file = tmp_path / "backup.tar"
    back_up(home, file, force=False)
    return file


@dataclass
class Archive:
    """A backup taken to pieces."""

    members: dict[str, bytes]
    kinds: dict[str, bytes] = field(default_factory=dict)
    """The tar type of members that are no plain files."""
    sizes: dict[str, int] = field(default_factory=dict)
    """What headers say instead of the truth."""
    cut: int = 0
    """So many bytes are missing at the end."""
    after: bytes = b""

    @property
    def manifest(self) -> dict[str, Any]:
        """What the manifest says."""
        said = json.loads(self.members["manifest.json"])
        assert isinstance(said, dict)
        return said

    def says(self, **changes: object) -> None:
        """The manifest says this instead."""
        self.members["manifest.json"] = json.dumps(self.manifest | changes).encode()

    def adds(self, name: str, data: bytes) -> None:
        """Another member, which the manifest knows as well."""
        self.members[name] = data
        entry = {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        others = [member for member in self.manifest["members"] if member["name"] != name]
        self.says(members=[*others, entry])

    def packed(self) -> bytes:
        """The file."""
        out = BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name, data in self.members.items():
                header = tarfile.TarInfo(name)
                header.type = self.kinds.get(name, tarfile.REGTYPE)
                header.linkname = "/etc/passwd" if name in self.kinds else ""
                header.size = self.sizes.get(name, len(data))
                out.write(header.tobuf(tarfile.GNU_FORMAT))
                out.write(data + bytes(-len(data) % 512))
            tar.offset = out.tell()
        data = out.getvalue()
        return data[: len(data) - self.cut] + self.after


def flip(name: str) -> Damage:
    """One bit of a member is another."""

    def damage(archive: Archive) -> None:
        data = bytearray(archive.members[name])
        data[len(data) // 2] ^= 1
        archive.members[name] = bytes(data)

    return damage


def without(name: str) -> Damage:
    """A member is gone; the manifest still names it."""

    def damage(archive: Archive) -> None:
        del archive.members[name]

    return damage


def says(**changes: object) -> Damage:
    """The manifest says something else."""
    return lambda archive: archive.says(**changes)


def adds(name: str, data: bytes = b"x") -> Damage:
    """Another member, named in the manifest."""
    return lambda archive: archive.adds(name, data)


def unnamed(archive: Archive) -> None:
    """A member that the manifest does not name."""
    archive.members["tls.json"] = b"{}"


def link(archive: Archive) -> None:
    """A member is a symbolic link, which the manifest knows."""
    archive.adds("tls.json", b"")
    archive.kinds["tls.json"] = tarfile.SYMTYPE


def huge(archive: Archive) -> None:
    """A header says that its file has a terabyte."""
    archive.sizes["host.jwk"] = 1024**4


def cut(archive: Archive) -> None:
    """The second half is missing."""
    archive.cut = len(archive.packed()) // 2


def longer(archive: Archive) -> None:
    """Something follows the end."""
    archive.after = b"more"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(cut, "cut off", id="truncated"),
        pytest.param(longer, "follows its end", id="something-after-the-end"),
        pytest.param(flip("host.db"), "hash", id="a-bit-of-the-database"),
        pytest.param(flip("host.jwk"), "hash", id="a-bit-of-the-key"),
        pytest.param(without("host.pub.jwk"), "missing", id="a-member-is-missing"),
        pytest.param(without("manifest.json"), "no backup", id="no-manifest"),
        pytest.param(unnamed, "does not say so", id="a-member-too-many"),
        pytest.param(adds("../x"), "no file of a host", id="a-path-that-leaves"),
        pytest.param(adds("/etc/x"), "no file of a host", id="an-absolute-path"),
        pytest.param(adds("serving.json"), "no file of a host", id="a-name-that-is-not-known"),
        pytest.param(adds("pgpass", bytes(1024 * 1024 + 1)), "allowed", id="a-file-over-its-bound"),
        pytest.param(link, "no plain file", id="a-symbolic-link"),
        pytest.param(huge, "manifest says", id="a-huge-size"),
        pytest.param(says(format="another"), "no backup", id="another-format"),
        pytest.param(says(version=2), "version 2", id="a-version-to-come"),
        pytest.param(says(members=[]), "missing", id="an-empty-manifest"),
        pytest.param(says(epoch=-1), "manifest", id="an-impossible-epoch"),
        pytest.param(says(epoch=7), "epoch", id="the-epoch-of-another-moment"),
        pytest.param(adds("host.jwk", b"{}"), "private key", id="no-key-in-the-key-file"),
        pytest.param(adds("host.db", b"SQL" * 999), "damaged", id="no-database-in-the-database-file"),
    ],
)
def test_a_backup_that_is_no_good_changes_nothing(
    file: Path, tmp_path: Path, damage: Damage, reason: str
) -> None:
    """It is refused with its reason, and the home that was to hold it is as empty as before."""
    with tarfile.open(file) as tar:
        archive = Archive({m.name: tar.extractfile(m).read() for m in tar.getmembers()})  # type: ignore[union-attr] # plain files
    damage(archive)
    file.write_bytes(archive.packed())
    new = Home(tmp_path / "new")
    with pytest.raises(Untrusted, match=reason) as caught:
        restore(new, file, force=False)
    assert caught.value.code is Code.BACKUP_INVALID
    assert list(new.root.iterdir()) == []


def test_a_backup_with_the_key_of_another_host_is_refused(home: Home, tmp_path: Path) -> None:
    """Nobody could verify what it granted."""
    (home.host / "host.jwk").unlink()
    HostKeyFolder(home.host).host_key()
    back_up(home, tmp_path / "backup.tar", force=False)
    with pytest.raises(Untrusted, match="not the one of its certificate"):
        restore(Home(tmp_path / "new"), tmp_path / "backup.tar", force=False)
