"""What stands in a host's backup: its manifest, and which files there may be.

A backup is a tar file without compression. Its first member is `manifest.json`; every other one is named there with its
size and SHA-256. Version 1; fields are append-only, unknown ones are ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenure.core.errors import Code, Untrusted
from tenure.wire.claims import Seconds

FORMAT: Final = "tenure-host-backup"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "host.db"
HOST_KEY: Final = "host.jwk"
MANIFEST_LIMIT: Final = 65_536
"""Bytes; a member takes under 200, and a host has few."""
MEMBERS_LIMIT: Final = 200
"""A host has five files, and two more a publisher."""

_SMALL: Final = 1024 * 1024
_DATABASE_LIMIT: Final = 64 * 1024**3
"""Bytes: a million machines with a log of 90 days take under 10 GiB."""
_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@dataclass(frozen=True, slots=True)
class FileKind:
    """A file of a host's home that belongs into its backup."""

    pattern: str
    secret: bool
    """Whether it is its owner's alone: mode 0600, else 0644."""
    limit: int = _SMALL
    """Bytes."""


FILES: Final = (
    FileKind(re.escape(DATABASE), secret=False, limit=_DATABASE_LIMIT),
    FileKind(re.escape(HOST_KEY), secret=True),
    FileKind(r"host\.pub\.jwk", secret=False),
    FileKind(rf"{_UUID}\.product-key", secret=True),
    FileKind(r"database\.url", secret=True),
    FileKind(r"pgpass", secret=True),
    FileKind(r"tls\.json", secret=False),
    FileKind(r"publisher-ca\.pem", secret=False),
    FileKind(r"installation-id", secret=False),
    FileKind(rf"pending/{_UUID}\.json", secret=False),
)
"""All there are. What a server writes down while it runs (`serving.json`, locks) is not among them."""


class Member(Struct, frozen=True):
    """A file in the backup."""

    name: Annotated[str, Meta(max_length=100)]
    size: Annotated[int, Meta(ge=0, le=_DATABASE_LIMIT)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]


class Manifest(Struct, frozen=True, kw_only=True):
    """Whose backup it is, and what is in it."""

    format: str = FORMAT
    version: int = VERSION
    program: Annotated[str, Meta(max_length=100)]
    """Which version of Tenure made it."""
    host_id: UUID
    epoch: Seconds
    made_at: Seconds
    members: Annotated[tuple[Member, ...], Meta(max_length=MEMBERS_LIMIT)]


def kind_of(name: str) -> FileKind | None:
    """What kind of file has this name (with `/` between folders); None: none that belongs into a backup."""
    return next((kind for kind in FILES if re.fullmatch(kind.pattern, name)), None)


def manifest_in(data: bytes) -> Manifest:
    """The manifest, each of whose members is a known file, named once, of a size that it may have.

    Raises:
        Untrusted: code `backup_invalid`.
    """
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_backup(f"its manifest cannot be read ({error})") from error
    if manifest.format != FORMAT:
        raise invalid_backup("it is no backup of a host")
    if manifest.version != VERSION:
        raise Untrusted(
            Code.BACKUP_INVALID,
            f"The backup has format version {manifest.version}; this version of Tenure reads {VERSION}.",
            "A newer version made it: install that version.",
        )
    names = [member.name for member in manifest.members]
    for member in manifest.members:
        kind = kind_of(member.name)
        if kind is None:
            raise invalid_backup(f"{member.name!a} is no file of a host's")
        if member.size > kind.limit:
            raise invalid_backup(
                f"{member.name} would have {member.size:,} bytes; {kind.limit:,} are allowed"
            )
        if names.count(member.name) > 1:
            raise invalid_backup(f"{member.name} is named twice")
    for needed in (DATABASE, HOST_KEY):
        if needed not in names:
            raise invalid_backup(f"{needed} is missing")
    return manifest


def invalid_backup(reason: str) -> Untrusted:
    """The error that a backup is no good."""
    return Untrusted(
        Code.BACKUP_INVALID,
        f"This backup cannot be used: {reason}.",
        "Nothing was restored. Take another backup, or another copy of this one.",
    )
