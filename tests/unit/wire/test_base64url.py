"""Base64url without padding, in its one form."""

from __future__ import annotations

from itertools import product
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.wire.base64url import decode, encode

ALPHABET = ascii_letters + digits + "-_"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"fooba", "Zm9vYmE"),
        (b"foobar", "Zm9vYmFy"),
        (b"\xfb\xff\xbf", "-_-_"),
        (bytes([3, 236, 255, 224, 193]), "A-z_4ME"),
    ],
    ids=[
        "empty",
        "f",
        "fo",
        "foo",
        "foob",
        "fooba",
        "foobar",
        "minus and underscore",
        "RFC 7515, appendix C",
    ],
)
def test_bytes_have_the_text_of_the_rfcs(data: bytes, text: str) -> None:
    """The vectors of RFC 4648 and RFC 7515, without padding, both ways."""
    assert encode(data) == text
    assert decode(text) == data


@given(st.binary(max_size=100))
def test_every_bytes_come_back(data: bytes) -> None:
    """Decoding undoes encoding."""
    assert decode(encode(data)) == data


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Zg==", id="padding"),
        pytest.param("Zm8=", id="one padding"),
        pytest.param("=", id="padding alone"),
        pytest.param("Zh", id="unused bits set, one byte"),
        pytest.param("Zm9", id="unused bits set, two bytes"),
        pytest.param("Z", id="no such length"),
        pytest.param("Zm9vY", id="no such length, longer"),
        pytest.param("Zm 9v", id="space"),
        pytest.param("Zm9v\n", id="line feed"),
        pytest.param("\tZm9v", id="tab"),
        pytest.param("+/+/", id="standard alphabet"),
        pytest.param("Zm9v.", id="dot"),
        pytest.param("Zm9ö", id="non-ASCII"),
        pytest.param("\uff5a\uff4d\uff19\uff56", id="wide letters"),
        pytest.param("Zm9\x00", id="NUL"),
        pytest.param("\ud800abc", id="half a surrogate pair"),
    ],
)
def test_any_other_form_is_refused(text: str) -> None:
    """What decodes elsewhere, but is not the one form, is malformed here."""
    with pytest.raises(Untrusted) as caught:
        decode(text)
    assert caught.value.code is Code.DOCUMENT_MALFORMED


def test_each_byte_has_one_text_of_two_characters() -> None:
    """Of the 4,096 texts of two characters 256 decode: no byte can be written in two ways."""
    decoded = []
    for pair in product(ALPHABET, repeat=2):
        try:
            decoded.append(decode("".join(pair)))
        except Untrusted:
            continue
    assert sorted(decoded) == [bytes([value]) for value in range(256)]


@given(st.text(max_size=40) | st.text(ALPHABET + "=+/ \n", max_size=40))
def test_a_text_is_the_one_form_or_untrusted(text: str) -> None:
    """No text leads to another error, and none that decodes has a second form."""
    try:
        data = decode(text)
    except Untrusted:
        return
    assert encode(data) == text
