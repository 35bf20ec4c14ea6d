"""systemd's own tools, which judge what we write without running it."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def systemd_tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the tool says."""
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"needs {name}: apt-get install systemd")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
