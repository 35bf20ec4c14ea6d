"""What a peer wrote is shown in one line, whatever it wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.wire.printable import MAX_SHOWN, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("The key is blocked.", "The key is blocked.", id="plain"),
        pytest.param("Schlüssel gesperrt: 鍵 🔑", "Schlüssel gesperrt: 鍵 🔑", id="any script"),
        pytest.param("one\r\ntwo\tthree", "one  two three", id="lines and tabs"),
        pytest.param("\x1b[31mred\x07", "[31mred", id="a terminal's escape and bell"),
        pytest.param("a\x9b31mb", "a 31mb", id="an 8-bit escape"),
        pytest.param("a\u2028b\u2029c", "a b c", id="Unicode's line ends"),
        pytest.param("abc\u202edcba", "abc dcba", id="right-to-left override"),
        pytest.param("a\ud800b", "a b", id="half a surrogate pair"),
        pytest.param(" \n ", "", id="nothing but space"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_cannot_be_shown_becomes_a_space(text: str, shown: str) -> None:
    """Everything that moves a cursor, ends a line or hides text is gone; what people read stays."""
    assert one_line(text) == shown


def test_a_long_text_is_shown_with_its_beginning_and_its_end() -> None:
    """Of 16 KiB a thousand characters remain, the last 200 among them."""
    text = "begins" + "x" * 16_000 + "ends"
    shown = one_line(text)
    assert len(shown) == MAX_SHOWN == 1_000
    assert shown.startswith("beginsx")
    assert shown.endswith("xends")
    assert " ... " in shown
    assert one_line("x" * MAX_SHOWN) == "x" * MAX_SHOWN


@given(st.text(st.characters(), max_size=2_000))
def test_any_text_is_one_short_line(text: str) -> None:
    """Printable, at most 1,000 characters, and UTF-8 can carry it."""
    shown = one_line(ValueError(text))
    assert shown == "" or shown.isprintable()
    assert len(shown) <= MAX_SHOWN
    shown.encode()
