"""Documents made short come back to the byte; what was damaged or is too much is refused."""

from __future__ import annotations

import zlib
from contextlib import suppress

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenure.core.errors import Code, Untrusted
from tenure.wire.packed import DICTIONARY, MAX_UNPACKED, PackedToken, pack, pack_token, unpack
from tenure.wire.text_block import BYTES_A_LINE
from unit.wire.example import CATALOG_TOKEN, CERTIFICATE_TOKEN, LEASE_TOKEN, REQUEST_TOKEN

PACKED = pack(pack_token(REQUEST_TOKEN))


def packed_by(content: bytes, dictionary: bytes = DICTIONARY) -> bytes:
    """Any content, packed by any dictionary."""
    squeezer = zlib.compressobj(9, zdict=dictionary)
    return squeezer.compress(content) + squeezer.flush()


def refusal(packed: bytes) -> Untrusted:
    """The error that what was packed leads to."""
    with pytest.raises(Untrusted) as caught:
        unpack(packed, PackedToken)
    assert caught.value.code is Code.DOCUMENT_MALFORMED
    return caught.value


@pytest.mark.parametrize("token", [REQUEST_TOKEN, CERTIFICATE_TOKEN, LEASE_TOKEN, CATALOG_TOKEN])
def test_a_document_comes_back_to_the_byte(token: str) -> None:
    """Or its signature would not hold; and it became less than half as long."""
    packed = pack(pack_token(token))
    assert unpack(packed, PackedToken).token == token
    assert len(packed) < len(token) / 2
    assert len(packed) % BYTES_A_LINE == 0


def test_the_dictionary_is_what_it_always_was() -> None:
    """Part of the format: zlib names it by this checksum in every stream."""
    assert zlib.adler32(DICTIONARY) == 0x3D9EA0D8
    assert PACKED[2:6] == zlib.adler32(DICTIONARY).to_bytes(4, "big")


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(PACKED[:60], id="cut off"),
        pytest.param(PACKED + b"\1", id="more behind it"),
        pytest.param(packed_by(b"\x93\xc4\x00\xc4\x00\xc4\x00", b"another"), id="another dictionary"),
        pytest.param(packed_by(b"\xc1"), id="no MessagePack"),
        pytest.param(packed_by(b"\x91" * 100_000), id="nested deeply"),
        pytest.param(packed_by(msgspec.msgpack.encode(["a", "b", "c"])), id="other content"),
        pytest.param(packed_by(bytes(MAX_UNPACKED + 1)), id="a bomb"),
    ],
)
def test_what_is_not_one_whole_content_is_refused(packed: bytes) -> None:
    """In words, and without making all of it."""
    assert "not one whole request or confirmation" in refusal(packed).detail


@given(st.integers(0, len(PACKED.rstrip(b"\0")) - 1), st.integers(1, 255))
@example(95, 1)
def test_no_damage_is_taken_for_other_content(place: int, change: int) -> None:
    """The stream ends with a checksum of its content; a few of its bytes may be others, and say the same."""
    damaged = bytearray(PACKED)
    damaged[place] ^= change
    with suppress(Untrusted):
        assert unpack(bytes(damaged), PackedToken) == unpack(PACKED, PackedToken)


@pytest.mark.parametrize("token", ["", "a.b", "YQ.YQ.YQ.YQ", "YQ.Y Q.YQ"])
def test_what_has_not_three_parts_cannot_be_packed(token: str) -> None:
    """It is no document."""
    with pytest.raises(Untrusted):
        pack_token(token)
