"""The two check symbols of a line: whatever one or two symbols are wrong, they do not match any more."""

from __future__ import annotations

from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from tenure.wire.symbols import (
    LONGEST_CHECKED,
    SYMBOLS,
    check_symbols,
    read_symbols,
    strangers,
    tidy,
    write_symbols,
)

LINE = "8NV40FPE2CQ7TVWXYZ019GHJ"
CHECK = check_symbols(7, 27, LINE)

lines = st.text(SYMBOLS, min_size=24, max_size=24)
numbers = st.integers(0, 1023)


def with_symbol(line: str, place: int, symbol: str) -> str:
    """The line with another symbol at a place."""
    return line[:place] + symbol + line[place + 1 :]


def test_the_check_of_a_line_is_what_it_always_was() -> None:
    """Part of the format: paper that was printed today is typed next month."""
    assert CHECK == "5A"


def test_a_line_with_its_numbers_and_checks_fits_the_code() -> None:
    """Four symbols of numbers, 24 of data, two of checks: the code's promises hold up to 31."""
    assert 4 + len(LINE) + len(CHECK) <= LONGEST_CHECKED


def test_every_single_wrong_symbol_is_caught() -> None:
    """All 24 x 31 of them."""
    for place, symbol in product(range(len(LINE)), SYMBOLS):
        if symbol != LINE[place]:
            assert check_symbols(7, 27, with_symbol(LINE, place, symbol)) != CHECK


@given(lines, st.data())
def test_any_two_wrong_symbols_are_caught(line: str, data: st.DataObject) -> None:
    """Wherever they stand, and whatever they became."""
    places = data.draw(st.lists(st.integers(0, 23), min_size=2, max_size=2, unique=True))
    wrong = line
    for place in places:
        wrong = with_symbol(wrong, place, data.draw(st.sampled_from(SYMBOLS.replace(line[place], ""))))
    assert check_symbols(3, 9, wrong) != check_symbols(3, 9, line)


@given(lines)
def test_every_swap_of_two_different_symbols_is_caught(line: str) -> None:
    """Neighbors or not: all 276 pairs of places."""
    check = check_symbols(3, 9, line)
    for one, other in combinations(range(len(line)), 2):
        swapped = with_symbol(with_symbol(line, one, line[other]), other, line[one])
        assert line[one] == line[other] or check_symbols(3, 9, swapped) != check


@given(lines, numbers, numbers, numbers)
def test_another_number_or_total_is_caught(line: str, number: int, of: int, other: int) -> None:
    """A line in the wrong place, or of a block of another length, does not match."""
    if other != number:
        assert check_symbols(other, of, line) != check_symbols(number, of, line)
    if other != of:
        assert check_symbols(number, other, line) != check_symbols(number, of, line)


@given(st.binary(max_size=60).map(lambda data: data + bytes(-len(data) % 5)))
def test_bytes_come_back_from_their_symbols(data: bytes) -> None:
    """Also from small letters, and with the look-alikes that people read."""
    written = write_symbols(data)
    read_by_eye = written.lower().replace("0", "o").replace("1", "l")
    assert read_symbols(tidy(read_by_eye)) == read_symbols(written) == data


def test_no_symbol_looks_like_another() -> None:
    """I, L and O are read as digits; U, which is taken for V, is a stranger."""
    assert tidy("oOiIlL") == "001111"
    assert strangers(tidy("U8!V")) == ["!", "U"]
    assert not set("ILOU") & set(SYMBOLS)
