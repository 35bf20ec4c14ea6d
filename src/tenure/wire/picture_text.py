"""What QR pictures say: bytes in one text or several, each numbered, so that any telephone's reader will do.

    TENURE/1/2:8NV40FPE2CQ7...

All characters belong to QR's alphanumeric mode. QR has a structured append of its own (ISO/IEC 18004), of which most
readers tell nothing; so the numbers stand in the text. That each text is whole, QR's own error correction sees to.
"""

from __future__ import annotations

import re
from typing import Final

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.wire.symbols import read_symbols, strangers, tidy, write_symbols

MAX_PICTURES: Final = 16
"""More than somebody will photograph one by one."""
SYMBOLS_A_PICTURE: Final = 896
"""With its numbers this just fits version 19 (93 x 93 modules) at error correction M, which holds 909 characters; a
hand-held telephone still reads that from a screen."""

_SYMBOLS_A_GROUP: Final = 8
_TEXT: Final = re.compile(r"TENURE/([0-9]{1,2})/([0-9]{1,2}):([0-9A-Z]+)")
"""One picture's text, as `tidy` leaves it."""


def write_picture_texts(data: bytes) -> list[str]:
    """What one picture or several say of `data`, whose length is a multiple of five; all about equally long.

    Raises:
        UsageError: code `invalid_argument`, when it would take over 16 pictures.
    """
    symbols = write_symbols(data)
    of = -(-len(symbols) // SYMBOLS_A_PICTURE)
    if of > MAX_PICTURES:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"This would take {of:,} pictures; {MAX_PICTURES} are the most.",
            "Take it as a file: --form file.",
        )
    length = _SYMBOLS_A_GROUP * -(-len(symbols) // (_SYMBOLS_A_GROUP * of))
    return [
        f"TENURE/{number}/{of}:{symbols[(number - 1) * length : number * length]}"
        for number in range(1, of + 1)
    ]


def says_pictures(typed: str) -> bool:
    """Whether the text is what a reader of our pictures tells."""
    return _TEXT.search(tidy(typed)) is not None


def read_picture_texts(typed: str) -> bytes:
    """The bytes that the texts of pictures say together, in any order, whatever a reader wrote around them.

    Raises:
        Untrusted: code `document_malformed`; names the pictures that are missing or differ.
    """
    found: dict[int, str] = {}
    totals: set[int] = set()
    for number, of, symbols in _TEXT.findall(tidy(typed)):
        totals.add(int(of))
        if found.setdefault(int(number), symbols) != symbols:
            raise _malformed(f"Picture {number} stands twice, and differs.")
    if len(totals) != 1:
        raise _malformed("These pictures are not of one set: their numbers do not fit together.")
    (of,) = totals
    if missing := [str(number) for number in range(1, of + 1) if number not in found]:
        raise _malformed(f"Of {of} pictures there is no {', no '.join(missing)}.")
    if strays := [number for number in found if not 1 <= number <= of]:
        raise _malformed(f"There cannot be a picture {strays[0]} of {of}.")
    symbols = "".join(found[number] for number in range(1, of + 1))
    if len(symbols) % _SYMBOLS_A_GROUP or strangers(symbols):
        raise _malformed("A picture's text was cut off, or read wrongly.")
    return read_symbols(symbols)


def _malformed(detail: str) -> Untrusted:
    return Untrusted(
        Code.DOCUMENT_MALFORMED, detail, "Read every picture of the set once more, and give all their texts."
    )
