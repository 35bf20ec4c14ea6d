"""The file of a backup: how it is written, and how one that may be damaged or hostile is unpacked.

Python's own reader of tar follows whatever a header says: links, devices, headers as large as the file. A backup has
nothing but plain files, so its blocks are read here, one by one.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

from tenure.adapters.files.atomic import PUBLIC, SECRET, unusable
from tenure.adapters.os.ownership import as_its_folder
from tenure.wire.backup import (
    MANIFEST,
    MANIFEST_LIMIT,
    Manifest,
    Member,
    invalid_backup,
    kind_of,
    manifest_in,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_BLOCK: Final = 512
_PADDING_LIMIT: Final = 20 * _BLOCK
"""tar fills its files up to 20 blocks."""
_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MemberFiles:
    """What goes into a backup: small files as they were read, and the copy of the database, which may be large."""

    contents: Mapping[str, bytes]
    database_name: str
    database: Path

    def members(self) -> tuple[Member, ...]:
        """Each with its size and hash."""
        with self.database.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return (
            Member(self.database_name, self.database.stat().st_size, digest),
            *(
                Member(name, len(data), hashlib.sha256(data).hexdigest())
                for name, data in sorted(self.contents.items())
            ),
        )


def write_backup(path: Path, manifest: Manifest, files: MemberFiles) -> int:
    """The backup stands in the file at `path`, whole and on disk, readable by its owner alone; its size in bytes.

    Raises:
        LocalFault: code `home_unusable`, when it cannot be written.
    """
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
                data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
                tar.addfile(_header(MANIFEST, len(data), manifest), BytesIO(data))
                for member in manifest.members:
                    with _opened(member.name, files) as content:
                        tar.addfile(_header(member.name, member.size, manifest), content)
            out.flush()
            os.fsync(out.fileno())
            size = out.tell()
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise unusable(path, error) from error
    return size


def unpack_backup(path: Path, folder: Path) -> Manifest:
    """Every file of the backup stands in the folder, with its mode; the backup held exactly what its manifest says.

    1. the manifest comes first, and can be read; 2. each member is a plain file that the manifest names, once, with the
    size that it names; 3. its content has the hash that the manifest says; 4. none is missing; 5. nothing follows.
    The folder is the caller's to remove when this raises.

    Raises:
        Untrusted: code `backup_invalid`.
        LocalFault: code `home_unusable`, when the backup cannot be read, or the folder not be written.
    """
    try:
        with path.open("rb") as file:
            # 1
            header = _next_header(file)
            if header is None or header.name != MANIFEST or not 0 < header.size <= MANIFEST_LIMIT:
                raise invalid_backup("it is no backup of a host")
            manifest = manifest_in(_exactly(file, header.size))
            _skip_padding(file, header.size)
            missing = {member.name: member for member in manifest.members}
            while (header := _next_header(file)) is not None:
                # 2
                member = missing.pop(header.name, None)
                if member is None:
                    raise invalid_backup(
                        f"{header.name[:100]!a} stands in it, and its manifest does not say so"
                    )
                if header.size != member.size:
                    raise invalid_backup(
                        f"{member.name} has {header.size:,} bytes; its manifest says {member.size:,}"
                    )
                # 3
                _unpack(file, member, folder)
            # 4
            if missing:
                raise invalid_backup(f"{next(iter(missing))} is missing")
            # 5
            if file.read(_PADDING_LIMIT).strip(b"\0") or file.read(1):
                raise invalid_backup("something follows its end")
    except OSError as error:
        raise unusable(path, error) from error
    return manifest


def _header(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, SECRET, manifest.made_at
    return header


def _opened(name: str, files: MemberFiles) -> IO[bytes]:
    return files.database.open("rb") if name == files.database_name else BytesIO(files.contents[name])


def _next_header(file: IO[bytes]) -> tarfile.TarInfo | None:
    """The header of the next member, which is a plain file; None at the end."""
    block = file.read(_BLOCK)
    if block == bytes(_BLOCK):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "ascii", "replace")
    except tarfile.HeaderError as error:
        raise invalid_backup(f"it is damaged or cut off ({error})") from error
    if header.type != tarfile.REGTYPE:
        raise invalid_backup(f"{header.name[:100]!a} is no plain file")
    return header


def _unpack(file: IO[bytes], member: Member, folder: Path) -> None:
    kind = kind_of(member.name)
    path = folder / member.name
    path.parent.mkdir(exist_ok=True)
    digest = hashlib.sha256()
    left = member.size
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET), "wb") as out:
        while left:
            piece = _exactly(file, min(left, _PIECE))
            digest.update(piece)
            out.write(piece)
            left -= len(piece)
        out.flush()
        as_its_folder(out.fileno(), folder)
        os.fsync(out.fileno())
    if digest.hexdigest() != member.sha256:
        raise invalid_backup(f"{member.name} is damaged: its hash is not the one in the manifest")
    path.chmod(SECRET if kind is None or kind.secret else PUBLIC)
    _skip_padding(file, member.size)


def _skip_padding(file: IO[bytes], size: int) -> None:
    if _exactly(file, -size % _BLOCK).strip(b"\0"):
        raise invalid_backup("it is damaged between its files")


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise invalid_backup("it is cut off")
    return data
