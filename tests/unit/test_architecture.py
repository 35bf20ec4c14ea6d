"""ARCHITECTURE.md names what exists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text()
SYMBOLS = sorted(
    set(re.findall(r"`((?:core|wire|publisher|host|client|adapters|programs|cli)(?:\.\w+)+)`", PAGE))
)
FOLDERS = re.findall(r"^      (\w+)/ ", PAGE, flags=re.MULTILINE)


def test_the_page_traces_an_activation_by_name() -> None:
    """Enough names are found for the tests below to mean something."""
    assert len(SYMBOLS) > 20


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_named_symbol_exists(symbol: str) -> None:
    """Each dotted name is a module of the package and a name in it."""
    module, _, name = symbol.rpartition(".")
    assert hasattr(importlib.import_module(f"tenure.{module}"), name)


def test_every_room_is_on_the_page() -> None:
    """The folders of the package and those on the page are the same."""
    rooms = {path.name for path in (ROOT / "src" / "tenure").iterdir() if (path / "__init__.py").exists()}
    assert rooms == set(FOLDERS)
