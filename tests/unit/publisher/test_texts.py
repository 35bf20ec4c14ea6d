"""What may stand in a publisher's documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, UsageError
from tenure.publisher.texts import base_url, check_text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a", id="the-shortest"),
        pytest.param("a" * 255, id="the-longest"),
        pytest.param("Müller & Söhne, 東京", id="any-language"),
    ],
)
def test_a_name_that_fits_passes(text: str) -> None:
    """255 characters of any script."""
    check_text("name", text, shortest=1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("a" * 256, id="one-too-many"),
        pytest.param("two\nlines", id="a-line-break"),
        pytest.param("\x1b[31mred", id="a-terminal-escape"),
        pytest.param("\u202egpj.exe", id="writing-that-turns-around"),
        pytest.param("\udcff", id="a-byte-that-was-no-text"),
    ],
)
def test_a_name_that_cannot_be_shown_or_signed_is_refused(text: str) -> None:
    """It would be in every copy of a signed document for good."""
    with pytest.raises(UsageError) as caught:
        check_text("name", text, shortest=1)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert caught.value.detail.startswith("The name has")


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        pytest.param("https://activation.example", "https://activation.example", id="a-name"),
        pytest.param("http://127.0.0.1:1690/", "http://127.0.0.1:1690", id="a-slash-at-the-end"),
        pytest.param("https://a.example/tenure//", "https://a.example/tenure", id="a-path"),
        pytest.param("http://[::1]:1690", "http://[::1]:1690", id="ipv6"),
    ],
)
def test_a_base_url_has_no_slash_at_its_end(typed: str, base: str) -> None:
    """Paths begin with one."""
    assert base_url(typed) == base


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="nothing"),
        pytest.param("activation.example", id="no-scheme"),
        pytest.param("ftp://activation.example", id="another-scheme"),
        pytest.param("https://", id="no-server"),
        pytest.param("https://a.example?x=1", id="a-query"),
        pytest.param("https://a.example/#top", id="a-fragment"),
        pytest.param("https://user:secret@a.example", id="a-password"),
        pytest.param("https://a b.example", id="a-space"),
        pytest.param("https://a.example/" + "a" * 2_000, id="too-long"),
    ],
)
def test_what_is_no_base_url_is_refused(typed: str) -> None:
    """The cure shows a good one, wherever it is not the length alone."""
    with pytest.raises(UsageError) as caught:
        base_url(typed)
    assert caught.value.code is Code.INVALID_ARGUMENT


@given(st.text(max_size=300))
def test_what_passes_is_one_printable_line(text: str) -> None:
    """Whatever was typed, what passes can be printed and written in UTF-8."""
    try:
        check_text("text", text)
    except UsageError:
        return
    assert len(text) <= 255
    assert len((text + "x").splitlines()) == 1
    text.encode()
