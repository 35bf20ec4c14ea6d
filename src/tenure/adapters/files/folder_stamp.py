"""Whether anything in a state folder may have changed: told by what the file system says of its files, none is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Stamp: TypeAlias = frozenset[tuple[str, int, int, int]]
"""Name, inode, size and time of change of each file; equal stamps mean that nothing was replaced."""

_KINDS: Final = ("products", "keys", "leases", "grants", "catalogs")


def folder_stamp(folder: Path) -> Stamp:
    """The stamp of a client's folder; what cannot be looked at is left out."""
    return frozenset(_facts(folder))


def _facts(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    for path in [folder / "machine.json", *_files(folder)]:
        try:
            found = path.stat()
        except OSError:
            continue
        yield f"{path.parent.name}/{path.name}", found.st_ino, found.st_size, found.st_mtime_ns


def _files(folder: Path) -> Iterator[Path]:
    for kind in _KINDS:
        try:
            yield from (folder / kind).glob("*.json")
        except OSError:
            continue
