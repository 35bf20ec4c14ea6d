"""Where state lives: `TENURE_HOME`, with `publisher/`, `host/` and `client/` under it (design, section 7)."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM_HOME: Final = Path("/var/lib/tenure")
SYSTEM_CATALOGS: Final = Path("/usr/share/tenure/catalogs")


@dataclass(frozen=True, slots=True)
class Home:
    """A state folder; nothing in it is made before somebody writes."""

    root: Path

    @property
    def publisher(self) -> Path:
        """What the publisher keeps."""
        return self.root / "publisher"

    @property
    def host(self) -> Path:
        """What the activation host keeps."""
        return self.root / "host"

    @property
    def host_database(self) -> Path:
        """Where a host keeps everything that is no secret."""
        return self.host / "host.db"

    @property
    def client(self) -> Path:
        """What a machine keeps."""
        return self.root / "client"

    @property
    def catalogs(self) -> Path:
        """Catalog files that commands find by themselves."""
        return self.root / "catalogs"

    @property
    def quickstart(self) -> Path:
        """What `tenure up` tells other programs."""
        return self.root / "quickstart.json"


def home_to_write(given: Path | None, environment: Mapping[str, str] = os.environ) -> Home:
    """The home that a command which writes uses: `--home`, `$TENURE_HOME`, else the user's own (root: the system's)."""
    chosen = given or _from(environment)
    if chosen is None:
        chosen = SYSTEM_HOME if _is_root() else _user_home(environment)
    return Home(chosen.expanduser().absolute())


def homes_to_read(given: Path | None, environment: Mapping[str, str] = os.environ) -> list[Home]:
    """The homes in which a command that only reads looks, in this order.

    `--home` names the only one; else `$TENURE_HOME`, the user's own, the system's.
    """
    if given is not None:
        return [Home(given.expanduser().absolute())]
    candidates = [_from(environment), _user_home_if_any(environment), SYSTEM_HOME]
    return [Home(path.expanduser().absolute()) for path in candidates if path is not None]


def host_home_to_read(given: Path | None, environment: Mapping[str, str] = os.environ) -> Home:
    """The first of the homes in which there is a host, else the first."""
    homes = homes_to_read(given, environment)
    return next((home for home in homes if home.host_database.exists()), homes[0])


def _from(environment: Mapping[str, str]) -> Path | None:
    value = environment.get("TENURE_HOME")
    return Path(value) if value else None


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _user_home_if_any(environment: Mapping[str, str]) -> Path | None:
    """A container may run programs under a user id that has no home at all."""
    try:
        return _user_home(environment)
    except RuntimeError:
        return None


def _user_home(environment: Mapping[str, str]) -> Path:
    """The user's state folder: XDG on Linux, Application Support on macOS, LocalAppData on Windows."""
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Tenure"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Tenure"
    return Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "tenure"
