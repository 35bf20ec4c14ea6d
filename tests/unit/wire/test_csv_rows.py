"""CSV that every reader takes apart as it was put together, and no spreadsheet calculates."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.wire.csv_rows import Cell, csv_lines


def text_of(*rows: tuple[Cell, ...]) -> str:
    """A table of two columns."""
    return "".join(csv_lines(("name", "of it"), rows))


def test_lines_end_as_the_rfc_says_and_the_header_is_first() -> None:
    """RFC 4180: CRLF, also after the last; None is empty, truth a word."""
    assert text_of(("a", 1), (None, True), ("", False)) == "name,of it\r\na,1\r\n,yes\r\n,no\r\n"
    assert text_of() == "name,of it\r\n"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        pytest.param('=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"', id="a-formula"),
        pytest.param("+49 30 1234", "'+49 30 1234", id="a-telephone"),
        pytest.param("-2+3", "'-2+3", id="a-difference"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="an-old-formula"),
        pytest.param("\t=1", "'\t=1", id="a-tab"),
        pytest.param("\uff1d1+1", "'\uff1d1+1", id="a-wide-equals-sign"),
        pytest.param("1=1", "1=1", id="inside"),
        pytest.param('O"Neil, Sons', '"O""Neil, Sons"', id="quote-and-comma"),
        pytest.param("two\nlines", '"two\nlines"', id="two-lines"),
        pytest.param("שלום ABC", "שלום ABC", id="right-to-left"),
        pytest.param(-5, "-5", id="a-number"),
    ],
)
def test_a_nasty_cell_stays_text(cell: Cell, written: str) -> None:
    """Quoted where the RFC wants it; what would be calculated begins with an apostrophe."""
    assert text_of((cell, "x")) == f"name,of it\r\n{written},x\r\n"


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_a_reader_gets_back_what_was_written(rows: list[tuple[str, str]]) -> None:
    """Every text, but for the apostrophe, and none begins a formula."""
    read = list(csv.reader(io.StringIO(text_of(*rows), newline="")))[1:]
    assert [tuple(cell.removeprefix("'") for cell in row) for row in read] == [
        tuple(cell.removeprefix("'") for cell in row) for row in rows
    ]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in read for cell in row)
