"""Commands under another time (libfaketime), or on another machine (a mount namespace with its own /etc/machine-id)."""

from __future__ import annotations

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.os.fingerprint import MACHINE_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

_BIND = 'mount --bind "$0" /etc/machine-id && exec "$@"'


def needs_faketime() -> None:
    """The test is skipped where there is no faketime."""
    if _faketime() is None:
        pytest.skip("needs Debian's faketime: apt-get install faketime")


def needs_machines() -> None:
    """The test is skipped where no other machine can be made."""
    if not MACHINE_ID.exists():
        pytest.skip("needs /etc/machine-id: systemd-machine-id-setup")
    if _namespace() is None:
        pytest.skip(
            "needs util-linux's unshare and the right to mount: run as root, or allow user namespaces"
        )


def days_later(days: int) -> tuple[str, ...]:
    """What runs a command so many days after now, before it if negative."""
    return hours_later(24 * days)


def hours_later(hours: int) -> tuple[str, ...]:
    """The same in hours.

    Without the program `faketime`: where one with the same process id was killed before, it refuses to start.
    """
    return "env", f"LD_PRELOAD={_faketime()}", f"FAKETIME={hours:+}h"


def machine(file: Path, number: int) -> tuple[str, ...]:
    """What runs a command on a machine that differs from this one by its installation id; `file` keeps the id."""
    file.write_text(f"{number:032x}\n")
    return (*namespace(), "sh", "-c", _BIND, str(file))


def never_booted(file: Path) -> tuple[str, ...]:
    """What runs a command on an image that was never booted: its system has no installation id."""
    file.write_text("uninitialized\n")
    return (*namespace(), "sh", "-c", _BIND, str(file))


def namespace() -> Sequence[str]:
    """What runs a command in a mount namespace of its own, in which it may mount."""
    found = _namespace()
    assert found is not None
    return found


@cache
def _faketime() -> Path | None:
    """The library that Debian's and Ubuntu's package brings."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


@cache
def _namespace() -> Sequence[str] | None:
    """How a command gets a mount namespace of its own here; None: not at all."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_text(f"{1:032x}\n")
        for candidate in (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount")):
            if candidate[1] == "--mount" and os.geteuid() != 0:
                continue
            try:
                done = subprocess.run(
                    [*candidate, "sh", "-c", _BIND, file.name, "true"],
                    capture_output=True,
                    check=False,
                    timeout=10,
                )
            except OSError:
                return None
            if done.returncode == 0:
                return candidate
    return None
