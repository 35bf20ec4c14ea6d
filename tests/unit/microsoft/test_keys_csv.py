"""Tables that people hand in, as Excel, PowerShell and editors write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import UsageError
from tenure.microsoft.keys_csv import decode, rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_usual_encodings_are_read(encoding: str) -> None:
    """UTF-8 with and without a mark, and UTF-16 with one, give the same text."""
    assert decode("name\nBÜRO\n".encode(encoding), what="x") == "name\nBÜRO\n"


@pytest.mark.parametrize("data", [b"B\xdcRO", b"\xff\xfeB", b"\xff\xff\xff"], ids=["latin", "half", "noise"])
def test_other_encodings_are_refused(data: bytes) -> None:
    """Bytes that are neither are refused with a way to save the file, never guessed."""
    with pytest.raises(UsageError, match="not UTF-8") as refused:
        decode(data, what="x")
    assert "Export-Csv" in refused.value.cure


@pytest.mark.parametrize(
    "text",
    [
        "name,product\npc01,Windows\n",
        "Name;Product\r\npc01;Windows\r\n",
        "product\tNAME\nWindows\tpc01\n",
        '#TYPE System.Object\n"name","product"\n"pc01","Windows"\n',
        "\n\nname,product\n\n , \npc01, Windows \n",
    ],
    ids=["plain", "semicolons", "tabs", "powershell", "blanks"],
)
def test_usual_forms_are_read(text: str) -> None:
    """Separators, case of the header, PowerShell's first line and blank rows make no difference."""
    assert [row for _, row in rows(text, required=("name",), what="x")] == [
        {"name": "pc01", "product": "Windows"}
    ]


def test_rows_know_their_line() -> None:
    """The line is the file's, comments and blank lines counted."""
    text = "#TYPE\nname\npc01\n\npc02\n"
    assert [line for line, _ in rows(text, required=("name",), what="x")] == [3, 5]


def test_short_rows_are_filled_and_long_ones_cut() -> None:
    """Missing cells are empty, cells beyond the header are dropped."""
    found = [dict(row) for _, row in rows("a,b\n1\n1,2,3\n", required=("a",), what="x")]
    assert found == [{"a": "1", "b": ""}, {"a": "1", "b": "2"}]


@given(st.text(max_size=200))
def test_any_text_is_rows_or_refused(text: str) -> None:
    """Whatever the text, the outcome is rows or our error."""
    with suppress(UsageError):
        assert all(set(row) >= {"a"} for _, row in rows(text, required=("a",), what="x"))
