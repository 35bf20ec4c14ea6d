"""Which shared database a host records in: one line in its home. A password may stand in it, so it is a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import SECRET, read_file, write_atomically

if TYPE_CHECKING:
    from pathlib import Path

LIMIT: Final = 8_192
"""Bytes: more than the URL of any database has."""


def read_database_url(folder: Path) -> str | None:
    """The URL; None where a host keeps everything in its home.

    Raises:
        LocalFault: code `home_unusable`: the file cannot be read, or is too long.
    """
    data = read_file(_path(folder), limit=LIMIT)
    return data.decode(errors="replace").strip() if data is not None else None


def save_database_url(folder: Path, url: str | None) -> None:
    """The host records there from its next start on; None: in its home.

    Raises:
        LocalFault: code `home_unusable`.
    """
    if url is None:
        _path(folder).unlink(missing_ok=True)
    else:
        write_atomically(_path(folder), f"{url}\n".encode(), mode=SECRET)


def _path(folder: Path) -> Path:
    return folder / "database.url"
