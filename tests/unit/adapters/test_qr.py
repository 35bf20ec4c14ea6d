"""Drawing a QR picture. That decoders read it is seen in tests/integration/offline/test_pictures.py."""

from __future__ import annotations

import sys

import pytest

from tenure.adapters.qr import draw, draw_in_terminal
from tenure.core.errors import Code, UsageError
from tenure.wire.picture_text import MAX_PICTURES, SYMBOLS_A_PICTURE

FULL = f"TENURE/{MAX_PICTURES}/{MAX_PICTURES}:" + "Z" * SYMBOLS_A_PICTURE


def test_the_fullest_picture_is_comfortable() -> None:
    """Version 19: 93 modules wide, 101 with its border, and as wide in a terminal."""
    assert {len(line) for line in draw_in_terminal(FULL).splitlines()} == {93 + 8}
    header = draw(FULL, "png")[16:24]
    assert (int.from_bytes(header[:4]), int.from_bytes(header[4:])) == (808, 808)


def test_without_segno_the_extra_and_the_way_around_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client is installed without it."""
    monkeypatch.setitem(sys.modules, "segno", None)
    with pytest.raises(UsageError) as caught:
        draw("TENURE", "svg")
    assert caught.value.code is Code.NOT_AVAILABLE
    assert "tenure[qr]" in caught.value.cure
    assert "--form text" in caught.value.cure
