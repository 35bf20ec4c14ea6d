"""The guide to activation without a network does what it says: its commands are run in their order, as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.cli.command import run
from tenure.cli.main import command
from tenure.core.errors import Code

if TYPE_CHECKING:
    import pytest

    from integration.offline.conftest import Site

GUIDE = (Path(__file__).parents[3] / "docs" / "how-to" / "offline.md").read_text()


def commands() -> list[list[str]]:
    """The words of each command in a `console` block."""
    blocks = re.findall(r"^```console\n(.*?)^```", GUIDE, flags=re.MULTILINE | re.DOTALL)
    return [shlex.split(line[2:]) for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_every_command_of_the_guide_works_as_typed(
    site: Site, server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each on the home that it belongs to, all in one folder, as if one stick was carried around."""
    site.new_host("host")
    site.new_machine("client")
    monkeypatch.chdir(site.folder)
    asked = commands()
    assert len(asked) >= 10
    for program, *words in asked:
        assert program == "tenure"
        real = [server if word.startswith("http://") else word for word in words]
        code = run(command, [*real, "--home", str(site.folder / words[0])])
        assert code == 0, (words, capsys.readouterr())


def test_the_table_of_refusals_names_real_codes() -> None:
    """Each word in it that looks like a code is one."""
    table = GUIDE.partition("## What is refused")[2]
    named = re.findall(r"^\| \d \| `([a-z_]+)` \|", table, flags=re.MULTILINE)
    assert len(named) >= 4
    assert set(named) <= {code.value for code in Code}
