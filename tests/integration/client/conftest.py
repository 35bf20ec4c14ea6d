"""The command line on a home of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.command_line import Cli, listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """The command line, with `TENURE_HOME` in a new folder and one host that listens."""
    home = tmp_path / "home"
    monkeypatch.setenv("TENURE_HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("TENURE_CATALOG", raising=False)
    cli = Cli(home)
    with listening(cli.host) as url:
        cli.url = url
        yield cli
