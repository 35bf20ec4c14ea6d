"""A text block: bytes in numbered lines that survive mail, print and a typist.

    -----BEGIN TENURE ACTIVATION REQUEST-----
    01/27 8NV4 0FPE 2CQ7 ... K7
    ...
    -----END TENURE ACTIVATION REQUEST-----

A line is its number and how many there are, 24 symbols (15 bytes) in groups of four, and two check symbols, which
also cover the numbers (`wire.symbols`). So the order of lines does not matter, and whatever is wrong has a line. Case,
spaces, line ends and the `>` of quoted mail do not matter either.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from tenure.core.errors import Code, Untrusted, UsageError
from tenure.wire.symbols import check_symbols, read_symbols, strangers, tidy, write_symbols

BYTES_A_LINE: Final = 15
MAX_LINES: Final = 1023
"""What two symbols can number: 15,345 bytes, over 60 pages of a catalog that no one should type."""
LONGEST_TEXT: Final = 1024 * 1024
"""Characters that are looked at at all: a whole mail with the block in it."""

_SYMBOLS: Final = 24
_CHECKS: Final = 2
_GROUP: Final = 4
_NAMED: Final = 5
"""How many wrong lines an error names."""
_BEGIN: Final = re.compile(r"-{2,}\s*BEG1N\s+TENURE[^-]{0,80}-{2,}")
_END: Final = re.compile(r"-{2,}\s*END\s+TENURE")
"""Both as `tidy` leaves them."""
_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "--"))
"""What mail programs make of two hyphens is one dash."""
_MARK: Final = re.compile(r"(?<![0-9A-Z/])([0-9]{1,4})/([0-9]{1,4})(?![0-9A-Z/])")
_AROUND: Final = re.compile(r"[\s>|]+")


def write_text_block(data: bytes, title: str) -> str:
    """The block of `data`, whose length is a multiple of 15, under a title in capitals.

    Raises:
        UsageError: code `invalid_argument`, when it would have over 1,023 lines.
    """
    of = len(data) // BYTES_A_LINE
    if of > MAX_LINES:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"As a text block this would have {of:,} lines; {MAX_LINES:,} are the most.",
            "Take it as a file: --form file.",
        )
    width = len(str(of))
    lines = [f"-----BEGIN TENURE {title}-----"]
    for number in range(1, of + 1):
        symbols = write_symbols(data[(number - 1) * BYTES_A_LINE : number * BYTES_A_LINE])
        groups = [symbols[i : i + _GROUP] for i in range(0, _SYMBOLS, _GROUP)]
        lines.append(f"{number:0{width}}/{of} {' '.join(groups)} {check_symbols(number, of, symbols)}")
    return "\n".join([*lines, f"-----END TENURE {title}-----", ""])


def read_text_block(typed: str) -> bytes:
    """The bytes of the first block in a text.

    1. what stands before BEGIN and after END is left away; 2. each line is cut out at its number; 3. it has 24
    symbols and two that check them; 4. all lines are there.

    Raises:
        Untrusted: code `document_malformed`; names the lines that are wrong or missing.
    """
    # 1
    if len(typed) > LONGEST_TEXT:
        raise _malformed(f"The text is longer than {LONGEST_TEXT:,} characters.", "Give the block alone.")
    text = tidy(typed.translate(_DASHES))
    begin = _BEGIN.search(text)
    text = text[begin.end() :] if begin else text
    text = text[: end.start()] if (end := _END.search(text)) else text
    # 2
    marks = list(_MARK.finditer(text))
    if not marks:
        raise _malformed(
            "There is no activation request or confirmation in it.",
            "Give the file, the text block with its numbered lines, or what the pictures say.",
        )
    (of, _), *_others = Counter(int(mark[2]) for mark in marks).most_common(1)
    marks = [mark for mark in marks if int(mark[2]) == of]
    # 3
    found: dict[int, str] = {}
    faults: dict[int, str] = {}
    for mark, stop in zip(marks, [*(m.start() for m in marks[1:]), len(text)], strict=True):
        number = int(mark[1])
        symbols = _AROUND.sub("", text[mark.end() : stop])
        fault = _fault(number, of, symbols)
        if fault is None and found.setdefault(number, symbols) != symbols:
            fault = "stands twice, and differs"
        if fault is not None:
            faults.setdefault(number, f"line {number} {fault}")
    # 4
    missing = [number for number in range(1, of + 1) if number not in found and number not in faults]
    faults |= {number: f"line {number} is missing" for number in missing[:_NAMED]}
    if faults:
        named = [faults[number] for number in sorted(faults)]
        more = f"; {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        raise _malformed(
            f"Of {of} lines in the text block: {'; '.join(named[:_NAMED])}{more}.",
            "Compare these lines with the original, and correct or copy them again.",
        )
    return b"".join(read_symbols(found[number][:_SYMBOLS]) for number in range(1, of + 1))


def _fault(number: int, of: int, symbols: str) -> str | None:
    if not 1 <= number <= of <= MAX_LINES:
        return f"cannot be: there are {of}"
    if others := strangers(symbols):
        return f"has {', '.join(map(repr, others[:_NAMED]))}, which no line uses"
    if len(symbols) != _SYMBOLS + _CHECKS:
        return f"has {len(symbols)} characters instead of {_SYMBOLS + _CHECKS}"
    if check_symbols(number, of, symbols[:_SYMBOLS]) != symbols[_SYMBOLS:]:
        return "does not match its check characters"
    return None


def _malformed(detail: str, cure: str) -> Untrusted:
    return Untrusted(Code.DOCUMENT_MALFORMED, detail, cure)
