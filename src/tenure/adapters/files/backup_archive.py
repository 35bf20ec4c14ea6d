"""The file of a backup: how it is written, and how one that may be damaged or hostile is unpacked.

Python's own reader of tar follows whatever a header says: links, devices, headers as large as the file. A backup has
nothing but plain files, so its blocks are read here, one by one.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import BytesIO
from typing import IO, TYPE_CHECKING, Final

import msgspec

from tenure.adapters.files.atomic import PUBLIC, SECRET, unusable
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
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Self, TypeAlias

    Write: TypeAlias = Callable[[bytes], object]

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
    """The backup stands in a new file at `path`, on disk, readable by its owner alone; its size in bytes.

    Raises:
        OSError: it cannot be written.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET), "wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
            data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
            tar.addfile(_header(MANIFEST, len(data), manifest), BytesIO(data))
            for member in manifest.members:
                with _opened(member.name, files) as content:
                    tar.addfile(_header(member.name, member.size, manifest), content)
        out.flush()
        os.fsync(out.fileno())
        return out.tell()


def check_backup(path: Path) -> Manifest:
    """What the backup holds; it passed all that `unpack_backup` checks, and nothing was written.

    Raises:
        Untrusted: code `backup_invalid`.
        LocalFault: code `home_unusable`, when it cannot be read.
    """
    return _read(path, lambda _: nullcontext(_forget))


def unpack_backup(path: Path, folder: Path) -> Manifest:
    """Every file of the backup stands in the folder, with its mode; the backup held exactly what its manifest says.

    The folder is the caller's to remove when this raises.

    Raises:
        Untrusted: code `backup_invalid`.
        LocalFault: code `home_unusable`, when the backup cannot be read.
        OSError: the folder cannot be written.
    """
    return _read(path, lambda member: _new_file(folder, member))


def _read(path: Path, receive: Callable[[Member], AbstractContextManager[Write]]) -> Manifest:
    """Each member's content went to what `receive` gives for it, piece by piece.

    1. the manifest comes first, and can be read; 2. each member is a plain file that the manifest names, once, with the
    size that it names; 3. its content has the hash that the manifest says; 4. none is missing; 5. nothing follows.
    """
    with _Source(path) as source:
        # 1
        header = _next_header(source)
        if header is None or header.name != MANIFEST or not 0 < header.size <= MANIFEST_LIMIT:
            raise invalid_backup("it is no backup of a host")
        manifest = manifest_in(source.exactly(header.size))
        source.skip_padding(header.size)
        missing = {member.name: member for member in manifest.members}
        while (header := _next_header(source)) is not None:
            # 2
            member = missing.pop(header.name, None)
            if member is None:
                raise invalid_backup(f"{header.name[:100]!a} stands in it, and its manifest does not say so")
            if header.size != member.size:
                raise invalid_backup(
                    f"{member.name} has {header.size:,} bytes; its manifest says {member.size:,}"
                )
            # 3
            with receive(member) as write:
                _copy(source, member, write)
        # 4
        if missing:
            raise invalid_backup(f"{next(iter(missing))} is missing")
        # 5
        if source.read(_PADDING_LIMIT).strip(b"\0") or source.read(1):
            raise invalid_backup("something follows its end")
    return manifest


class _Source:
    """The file of a backup, read from its beginning to its end; what fails is told as a fault of that file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        with self._faults():
            self._file = self._path.open("rb")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer at the end."""
        with self._faults():
            return self._file.read(size)

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes, all of which are there."""
        data = self.read(size)
        if len(data) != size:
            raise invalid_backup("it is cut off")
        return data

    def skip_padding(self, size: int) -> None:
        """What fills the last block of a member of `size` bytes was passed."""
        if self.exactly(-size % _BLOCK).strip(b"\0"):
            raise invalid_backup("it is damaged between its files")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unusable(self._path, error) from error


def _header(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, SECRET, manifest.made_at
    return header


def _opened(name: str, files: MemberFiles) -> IO[bytes]:
    return files.database.open("rb") if name == files.database_name else BytesIO(files.contents[name])


def _next_header(source: _Source) -> tarfile.TarInfo | None:
    """The header of the next member, which is a plain file; None at the end."""
    block = source.read(_BLOCK)
    if block == bytes(_BLOCK):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "ascii", "replace")
    except tarfile.HeaderError as error:
        raise invalid_backup(f"it is damaged or cut off ({error})") from error
    if header.type != tarfile.REGTYPE:
        raise invalid_backup(f"{header.name[:100]!a} is no plain file")
    return header


def _copy(source: _Source, member: Member, write: Write) -> None:
    digest = hashlib.sha256()
    left = member.size
    while left:
        piece = source.exactly(min(left, _PIECE))
        digest.update(piece)
        write(piece)
        left -= len(piece)
    if digest.hexdigest() != member.sha256:
        raise invalid_backup(f"{member.name} is damaged: its hash is not the one in the manifest")
    source.skip_padding(member.size)


@contextmanager
def _new_file(folder: Path, member: Member) -> Iterator[Write]:
    """What is written goes into a new file, which is on disk at the end; no other ends up with its name."""
    kind = kind_of(member.name)
    path = folder / member.name
    path.parent.mkdir(exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET), "wb") as out:
        yield out.write
        out.flush()
        os.fsync(out.fileno())
    path.chmod(SECRET if kind is None or kind.secret else PUBLIC)


def _forget(_: bytes) -> None:
    """A content that is only checked goes nowhere."""
