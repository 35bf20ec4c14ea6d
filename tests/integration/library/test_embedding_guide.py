"""`docs/how-to/embed-the-check.md` does what it says: its Python blocks are run, in their order, as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import tenure
from simulators.command_line import Cli, listening
from simulators.licensed import StudioPublisher

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "how-to" / "embed-the-check.md").read_text()


def blocks(language: str) -> list[str]:
    """The blocks of the guide in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """An activated machine, and the host that it asks."""
    cli = Cli(tmp_path / "home", publisher=StudioPublisher(opened=0))
    monkeypatch.setenv("TENURE_HOME", str(cli.home))
    with listening(cli.host) as url:
        cli.url = url
        cli.install()
        assert cli("client", "activate") == 0
        yield cli


def test_every_python_block_runs(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    """With a real root key and product id in place of the guide's two words; the blocks share their names."""
    real = {
        "ROOT-KEY-X": cli.publisher.root.public.x,
        "PRODUCT-ID": str(cli.publisher.workstation.product_id),
    }
    capsys.readouterr()
    names: dict[str, Any] = {"__name__": "guide"}
    found = blocks("python")
    assert len(found) >= 6
    for block in found:
        for word, value in real.items():
            block = block.replace(word, value)  # noqa: PLW2901 - the same block, filled in
        exec(compile(block, "embed-the-check.md", "exec"), names)  # noqa: S102 - our own guide
    assert capsys.readouterr().out.splitlines() == [
        "licensed activated",
        "exporting",
        "Draft Studio is licensed; 180 days are left.",
    ]


def test_every_field_of_the_answer_is_in_the_guide() -> None:
    """And the guide's table names no other."""
    table = GUIDE.split("| field | says |")[1].split("\n\n")[0]
    named = {
        name
        for row in table.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)", row.split("|")[1])
    }
    public = {name for name in dir(tenure.LicenseCheck) if not name.startswith("_")}
    assert named == public


def test_the_measurement_is_run_by_the_command_that_is_quoted() -> None:
    """It prints the lines that the guide shows; a warm check is quicker than one that verifies."""
    (quoted,) = [block for block in blocks("console") if "license_check" in block]
    command, *lines = quoted.splitlines()
    program, script = command.removeprefix("$ ").split()
    assert program == "python"
    done = subprocess.run(
        [sys.executable, script, "200", "2"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    form = re.compile(r"(\w+) +p50 +([0-9.]+) ms +p99 +[0-9.]+ ms +\([0-9,]+ times\)")
    measured = {
        found.group(1): float(found.group(2))
        for found in map(form.fullmatch, done.stdout.splitlines())
        if found
    }
    assert [line.split()[0] for line in lines] == list(measured)
    assert all(form.fullmatch(line) for line in lines)
    assert measured["warm"] < measured["changed"]
