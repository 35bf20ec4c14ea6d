"""Thirty-two symbols that people can copy, and the two that check a line of them.

The symbols are Crockford's base32: digits and letters without I, L, O and U. What is read as O is a zero, what is
read as I or L a one, and case does not matter, so the commonest misreadings change nothing.

The check is a Reed-Solomon code over the field of 32 elements (x^5 + x^2 + 1), with the roots a and a^2 and so a
distance of 3: one or two wrong symbols, and with them every swap, are always caught; anything else passes once in
1,024 times. ISO 7064's MOD 37,36 catches one wrong character or one swap, and its check characters include I and O.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SYMBOLS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGEST_CHECKED: Final = 31
"""Symbols of a checked line, the two check symbols included: the length of the code."""

_RFC_4648: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_SYMBOLS: Final = bytes.maketrans(_RFC_4648.encode(), SYMBOLS.encode())
_FROM_SYMBOLS: Final = bytes.maketrans(SYMBOLS.encode(), _RFC_4648.encode())
_LOOK_ALIKES: Final = str.maketrans("OIL", "011")
_VALUES: Final = {symbol: value for value, symbol in enumerate(SYMBOLS)}


def write_symbols(data: bytes) -> str:
    """The symbols of `data`, eight for five bytes; its length is a multiple of five."""
    return base64.b32encode(data).translate(_TO_SYMBOLS).decode()


def read_symbols(symbols: str) -> bytes:
    """The bytes that tidy `symbols`, a multiple of eight, write."""
    return base64.b32decode(symbols.encode().translate(_FROM_SYMBOLS))


def tidy(typed: str) -> str:
    """The text in capitals, with the digits that its look-alikes stand for."""
    return typed.upper().translate(_LOOK_ALIKES)


def strangers(tidied: str) -> list[str]:
    """The characters that are no symbols, each once."""
    return sorted(set(tidied) - set(SYMBOLS))


def check_symbols(number: int, of: int, symbols: str) -> str:
    """The two check symbols of line `number` of `of`; both are at most 1,023, and are checked with the line."""
    first = second = 0
    for value in (*divmod(number, 32), *divmod(of, 32), *_values(symbols)):
        feedback = value ^ first
        first, second = second ^ _times(feedback, _LINEAR), _times(feedback, _CONSTANT)
    return SYMBOLS[first] + SYMBOLS[second]


def _values(symbols: str) -> Iterable[int]:
    return (_VALUES[symbol] for symbol in symbols)


def _powers() -> list[int]:
    powers = [1]
    while len(powers) < LONGEST_CHECKED:
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0b100101 if doubled & 0b100000 else doubled)
    return powers


_POWERS: Final = _powers()
_LOGARITHMS: Final = {power: exponent for exponent, power in enumerate(_POWERS)}
_LINEAR: Final = _POWERS[1] ^ _POWERS[2]
"""Of the generator (x - a)(x - a^2)."""
_CONSTANT: Final = _POWERS[3]


def _times(left: int, right: int) -> int:
    if not left or not right:
        return 0
    return _POWERS[(_LOGARITHMS[left] + _LOGARITHMS[right]) % LONGEST_CHECKED]
