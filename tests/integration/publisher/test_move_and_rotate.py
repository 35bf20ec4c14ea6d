"""`tenure publisher move` and `rotate`, from the arguments to the catalog, the words and the exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tenure.adapters.files.keys import load_public_key
from tenure.adapters.os.home import Home
from tenure.cli.command import run
from tenure.cli.main import command
from tenure.programs.publisher import open_authority

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.core.catalog import Catalog


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Home:
    """A home with a publisher, which `TENURE_HOME` names."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path))
    assert run(command, ["publisher", "init", "--name", "Example Software"]) == 0
    capsys.readouterr()
    return Home(tmp_path)


def newest(home: Home) -> Catalog:
    """The publisher's newest catalog."""
    with open_authority(home) as authority:
        return authority.catalogs().newest


def test_a_publisher_that_moves_says_so_in_a_new_catalog(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hosts and machines that hear of it ask there from then on."""
    assert run(command, ["publisher", "move", "https://activation.example/", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "publisher_url": "https://activation.example",
        "catalog_seq": 2,
    }
    assert newest(home).publisher_url == "https://activation.example"


def test_a_new_signing_key_is_told_with_what_became_of_the_old_one(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """For machines as JSON, for people with what to do next; its public half stands beside it."""
    old = newest(home).keys[0].kid
    assert (
        run(command, ["publisher", "rotate", "signing-key", "--lost", "--since", "2026-01-02", "--json"]) == 0
    )
    said = json.loads(capsys.readouterr().out)
    # The loss lies before the key was opened, so it never was.
    opened = newest(home).keys[0].opens
    assert newest(home).keys[0].closes == opened
    assert set(said["closed"]) == {old}
    assert said["kid"] == load_public_key(home.publisher / "signing.pub.jwk").kid
    assert run(command, ["publisher", "rotate", "signing-key"]) == 0
    assert "tenure host activate" in capsys.readouterr().out


def test_a_new_root_is_told_with_what_to_build(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """The next release of each product pins it."""
    assert run(command, ["publisher", "rotate", "root"]) == 0
    assert "root.pub.jwk" in capsys.readouterr().out
    assert newest(home).root(load_public_key(home.publisher / "root.pub.jwk").kid) is not None


@pytest.mark.parametrize(
    "arguments",
    [
        ["move", "activation.example"],
        ["rotate", "signing-key", "--overlap", "366"],
        ["rotate", "signing-key", "--overlap", "-1"],
        ["rotate", "signing-key", "--overlap", "10", "--lost"],
        ["rotate", "signing-key", "--since", "2026-01-02"],
        ["rotate", "signing-key", "--lost", "--since", "2999-01-01"],
        ["rotate", "signing-key", "--lost", "--since", "yesterday"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_changes_nothing(
    home: Home, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, in words."""
    before = newest(home)
    assert run(command, ["publisher", *arguments]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert newest(home) == before


@pytest.mark.parametrize("what", ["root", "signing-key"])
def test_without_the_root_key_nothing_can_be_rotated(
    home: Home, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is kept offline, and the message names the file that is missing."""
    before = newest(home)
    (home.publisher / "root.jwk").unlink()
    assert run(command, ["publisher", "rotate", what]) == 2
    assert "root.jwk" in capsys.readouterr().err
    assert newest(home) == before
