"""The texts of QR pictures: any order, anything around them; what is missing or mixed is said."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.wire.picture_text import (
    MAX_PICTURES,
    SYMBOLS_A_PICTURE,
    read_picture_texts,
    says_pictures,
    write_picture_texts,
)

A_PICTURE = SYMBOLS_A_PICTURE // 8 * 5
"""Bytes of a full one."""
DATA = bytes(n % 251 for n in range(2 * A_PICTURE + 5))
TEXTS = write_picture_texts(DATA)
ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+./:-]+")
"""What QR's alphanumeric mode can say (ISO/IEC 18004)."""


def refusal(*texts: str) -> str:
    """What is said about texts that are not one whole set."""
    with pytest.raises(Untrusted) as caught:
        read_picture_texts("\n".join(texts))
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value.detail


@pytest.mark.parametrize(
    ("size", "pictures"),
    [
        (5, 1),
        (A_PICTURE, 1),
        (A_PICTURE + 5, 2),
        (2 * A_PICTURE, 2),
        (MAX_PICTURES * A_PICTURE, MAX_PICTURES),
    ],
)
def test_there_are_as_many_pictures_as_needed(size: int, pictures: int) -> None:
    """Each fits version 19, which holds 909 characters, and no picture is much emptier than another."""
    texts = write_picture_texts(bytes(size))
    assert len(texts) == pictures
    assert [text.partition(":")[0] for text in texts] == [
        f"TENURE/{n + 1}/{pictures}" for n in range(pictures)
    ]
    assert max(map(len, texts)) <= 909
    assert max(map(len, texts)) - min(map(len, texts)) <= 8 * pictures
    assert all(ALPHANUMERIC.fullmatch(text) for text in texts)


def test_more_than_sixteen_pictures_are_refused() -> None:
    """The file is named as the way out."""
    with pytest.raises(UsageError, match="17 pictures; 16 are the most"):
        write_picture_texts(bytes(MAX_PICTURES * A_PICTURE + 5))


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("\n".join(TEXTS), id="as written"),
        pytest.param("\n".join(reversed(TEXTS)), id="in another order"),
        pytest.param("\r\n".join(f"QR-Code:{text}" for text in TEXTS), id="as zbarimg tells it"),
        pytest.param(" ".join(text.lower() for text in [*TEXTS, TEXTS[0]]), id="small, and one read twice"),
    ],
)
def test_what_readers_make_of_them_does_not_matter(typed: str) -> None:
    """The same bytes come back."""
    assert says_pictures(typed)
    assert read_picture_texts(typed) == DATA


def test_what_is_missing_or_mixed_is_said() -> None:
    """By its number."""
    one, two, three = TEXTS
    assert refusal(one, three) == "Of 3 pictures there is no 2."
    assert refusal(two) == "Of 3 pictures there is no 1, no 3."
    assert refusal(one, two, three, two[:-1]) == "Picture 2 stands twice, and differs."
    assert "not of one set" in refusal(one, two, three, "TENURE/4/4:00000000")
    assert refusal(one, two, three, "TENURE/4/3:00000000") == "There cannot be a picture 4 of 3."
    assert refusal(one, two, three[:-1]) == "A picture's text was cut off, or read wrongly."


@pytest.mark.parametrize("symbols", ["U0000000", "0000000!"])
def test_what_is_no_symbol_is_refused(symbols: str) -> None:
    """A reader has read wrongly, or stopped there."""
    assert "cut off, or read wrongly" in refusal(f"TENURE/1/1:{symbols}")


@given(st.text(), st.integers(0, 99), st.integers(0, 99))
def test_any_text_is_read_or_refused(typed: str, number: int, of: int) -> None:
    """Nothing else is ever raised."""
    with suppress(Untrusted):
        read_picture_texts(f"TENURE/{number}/{of}:{typed}")
