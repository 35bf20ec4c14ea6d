"""Where the server of a home listens: it writes that down, and commands beside it read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import read_file, write_atomically
from tenure.adapters.files.tls_files import TlsFiles
from tenure.adapters.os.lock import ServerLock

if TYPE_CHECKING:
    from tenure.adapters.os.home import Home

_LIMIT: Final = 16_384
"""Bytes: a URL and two paths, each of which may have 4,096."""


def tell_listening(home: Home, url: str, tls: TlsFiles | None = None) -> None:
    """Commands can tell that the server of this home listens at `url`, and with which TLS files."""
    told = {"url": url}
    if tls is not None:
        told |= {"tls_certificate": str(tls.certificate), "tls_key": str(tls.key)}
    write_atomically(_path(home), json.dumps(told).encode())


def forget_listening(home: Home) -> None:
    """The server of this home listens no more."""
    _path(home).unlink(missing_ok=True)


def listening_at(home: Home) -> str | None:
    """The URL of the server that runs on this home, None when none does."""
    return _told(home, "url")


def tls_files_at(home: Home) -> TlsFiles | None:
    """The TLS files of the server that runs on this home, None when none does, or it serves plain HTTP."""
    certificate, key = _told(home, "tls_certificate"), _told(home, "tls_key")
    return TlsFiles(Path(certificate), Path(key)) if certificate and key else None


def _told(home: Home, member: str) -> str | None:
    if not home.host.exists() or not ServerLock(home.host).held:
        return None
    data = read_file(_path(home), limit=_LIMIT)
    try:
        value = json.loads(data or b"{}").get(member)
    except (ValueError, AttributeError):
        return None
    return value if isinstance(value, str) else None


def _path(home: Home) -> Path:
    return home.host / "serving.json"
