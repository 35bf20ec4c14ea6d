"""Where the server of a home listens: it writes that down, and commands beside it read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tenure.adapters.files.atomic import read_file, write_atomically
from tenure.adapters.os.lock import ServerLock

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.adapters.os.home import Home


def tell_listening(home: Home, url: str) -> None:
    """Commands can tell that the server of this home listens at `url`."""
    write_atomically(_path(home), json.dumps({"url": url}).encode())


def forget_listening(home: Home) -> None:
    """The server of this home listens no more."""
    _path(home).unlink(missing_ok=True)


def listening_at(home: Home) -> str | None:
    """The URL of the server that runs on this home, None when none does."""
    if not home.host.exists() or not ServerLock(home.host).held:
        return None
    data = read_file(_path(home), limit=4096)
    try:
        url = json.loads(data or b"{}").get("url")
    except (ValueError, AttributeError):
        return None
    return url if isinstance(url, str) else None


def _path(home: Home) -> Path:
    return home.host / "serving.json"
