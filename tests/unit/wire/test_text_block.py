"""A text block comes back from mail, print and typing, or says which line is wrong."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.wire.symbols import SYMBOLS
from tenure.wire.text_block import BYTES_A_LINE, MAX_LINES, read_text_block, write_text_block

DATA = bytes(range(9 * BYTES_A_LINE))
TITLE = "ACTIVATION REQUEST"
BLOCK = write_text_block(DATA, TITLE)
LINES = BLOCK.splitlines()
NAMES_A_LINE = re.compile(r"line (\d+) ")


def refusal(typed: str) -> str:
    """What is said about a text that holds no whole block."""
    with pytest.raises(Untrusted) as caught:
        read_text_block(typed)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value.detail


def named(typed: str) -> set[int]:
    """The lines that the refusal names."""
    return {int(number) for number in NAMES_A_LINE.findall(refusal(typed))}


def without_line(number: int) -> str:
    """The block, a line left out."""
    return "\n".join(LINES[:number] + LINES[number + 1 :])


def test_a_block_is_what_it_always_was() -> None:
    """Part of the format: header, number of the total, six groups of four, two check symbols, footer."""
    assert LINES[0] == "-----BEGIN TENURE ACTIVATION REQUEST-----"
    assert LINES[1] == "1/9 000G 40R4 0M30 E209 185G R38E B4"
    assert LINES[-1] == "-----END TENURE ACTIVATION REQUEST-----"
    assert {len(line) for line in LINES[1:-1]} == {len(LINES[1])}


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(BLOCK.lower(), id="small letters"),
        pytest.param(BLOCK.replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param(BLOCK.replace(" ", "  ").replace("\n", "  \n\n"), id="spaces and empty lines"),
        pytest.param(re.sub("^", "> ", BLOCK, flags=re.MULTILINE), id="quoted in a mail"),
        pytest.param(re.sub("^", ">>  > ", BLOCK, flags=re.MULTILINE), id="quoted again and again"),
        pytest.param(BLOCK.replace("0", "O").replace("1", "l"), id="look-alikes"),
        pytest.param(BLOCK.replace("-----", "\N{EM DASH}\N{EM DASH}-"), id="dashes of a word processor"),
        pytest.param(BLOCK.replace("\n", " "), id="one long line"),
        pytest.param("\n".join(LINES[1:-1]), id="without header and footer"),
        pytest.param("\n".join([LINES[0], *reversed(LINES[1:-1]), LINES[-1]]), id="lines in another order"),
        pytest.param("\n".join(LINES + LINES[1:3]), id="more after the end"),
        pytest.param("\n".join([LINES[0], *LINES[1:4], *LINES[1:-1], LINES[-1]]), id="lines pasted twice"),
        pytest.param(f"On 24/11/2026 at 1/2 past, Bob wrote:\n{BLOCK}-- \nBob, 3/4", id="a mail around it"),
        pytest.param(re.sub("([0-9A-Z]{4} [0-9A-Z]{4}) ", r"\1\n> ", BLOCK), id="wrapped lines"),
    ],
)
def test_what_happens_to_text_on_its_way_does_not_matter(typed: str) -> None:
    """The same bytes come back."""
    assert read_text_block(typed) == DATA


def outcome(typed: str) -> bytes | str:
    """What a text gives, or why nothing."""
    try:
        return read_text_block(typed)
    except Untrusted as error:
        return error.detail


def is_taken_or_named(typed: str) -> bool:
    """Whether the text gives the bytes (the change was harmless: a space, a header), or names a line for its refusal."""
    found = outcome(typed)
    return bool(NAMES_A_LINE.search(found)) if isinstance(found, str) else found == DATA


@pytest.mark.parametrize("number", range(len(LINES)))
def test_no_single_wrong_character_is_taken(number: int) -> None:
    """Each place of each line, replaced by a symbol, a digit, a mark or a space."""
    start = sum(len(line) + 1 for line in LINES[:number])
    for place in range(start, start + len(LINES[number]) + 1):
        for wrong in "A7/-x \n":
            assert is_taken_or_named(BLOCK[:place] + wrong + BLOCK[place + 1 :])


@pytest.mark.parametrize("number", range(len(LINES)))
def test_no_swap_of_neighbors_is_taken(number: int) -> None:
    """Each two that stand side by side, line ends included."""
    start = sum(len(line) + 1 for line in LINES[:number])
    for place in range(start, min(start + len(LINES[number]) + 1, len(BLOCK) - 1)):
        assert is_taken_or_named(BLOCK[:place] + BLOCK[place + 1] + BLOCK[place] + BLOCK[place + 2 :])


@pytest.mark.parametrize("number", range(1, 10))
def test_a_wrong_symbol_is_told_by_its_line_alone(number: int) -> None:
    """No other line is suspected."""
    line = LINES[number]
    for place in range(line.index(" ") + 1, len(line)):
        if line[place] == " ":
            continue
        symbol = next(s for s in SYMBOLS if s != line[place])
        wrong = line[:place] + symbol + line[place + 1 :]
        assert named(BLOCK.replace(line, wrong)) == {number}


@given(data=st.binary(min_size=1, max_size=100), cuts=st.data())
@settings(max_examples=60)
def test_no_deleted_or_doubled_character_is_taken(data: bytes, cuts: st.DataObject) -> None:
    """Whatever was written: the bytes, or a refusal."""
    data += bytes(-len(data) % BYTES_A_LINE)
    block = write_text_block(data, TITLE)
    place = cuts.draw(st.integers(0, len(block) - 1))
    for typed in (block[:place] + block[place + 1 :], block[:place] + block[place] + block[place:]):
        found = outcome(typed)
        assert isinstance(found, str) or found == data


@pytest.mark.parametrize("number", range(1, 10))
def test_a_missing_line_is_named(number: int) -> None:
    """The first, the last and those between: every line says how many there are."""
    assert refusal(without_line(number)) == f"Of 9 lines in the text block: line {number} is missing."


def test_a_line_of_another_block_is_named() -> None:
    """Two requests in one heap of paper: the same number, and another line."""
    other = write_text_block(bytes(reversed(DATA)), TITLE).splitlines()
    assert "line 4 stands twice, and differs" in refusal("\n".join([*LINES[1:-1], other[4]]))


def test_two_lines_with_their_numbers_exchanged_are_named() -> None:
    """The check covers the number."""
    typed = BLOCK.replace("2/9", "x/9").replace("3/9", "2/9").replace("x/9", "3/9")
    assert named(typed) == {2, 3}


def test_of_many_wrong_lines_five_are_named() -> None:
    """A text that is wrong from end to end is not told from end to end."""
    typed = "\n".join(f"{line}!" for line in LINES[1:-1])
    assert named(typed) == {1, 2, 3, 4, 5}
    assert refusal(typed).endswith("; 4 more.")


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="nothing"),
        pytest.param("Dear publisher, please find attached", id="a letter"),
        pytest.param(f"{LINES[0]}\n{LINES[-1]}", id="header and footer alone"),
    ],
)
def test_a_text_without_lines_says_what_was_expected(typed: str) -> None:
    """It is no damaged block: it is none."""
    assert refusal(typed) == "There is no activation request or confirmation in it."


@given(st.text())
def test_any_text_is_read_or_refused(typed: str) -> None:
    """Nothing else is ever raised."""
    assert outcome(typed)


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    """A megabyte is a long mail."""
    assert "longer than 1,048,576" in refusal("x" * (1024 * 1024 + 1))


def test_a_block_has_at_most_1023_lines() -> None:
    """One more is refused, with the form to take instead."""
    longest = bytes(MAX_LINES * BYTES_A_LINE)
    assert read_text_block(write_text_block(longest, TITLE)) == longest
    with pytest.raises(UsageError, match="--form file"):
        write_text_block(longest + bytes(BYTES_A_LINE), TITLE)
