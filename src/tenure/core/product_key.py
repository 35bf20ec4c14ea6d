"""Product keys: 25 characters in five groups, whose type and product everyone can tell offline.

A key is a number written in 25 digits of base 24, most significant first. Its value is

    payload x 24^3 + check        with        value mod 13,807 = 0

so three check digits close 22 payload digits, and the payload packs, from the top:

    version 2 bits | type 2 bits | product number 10 bits | random 86 bits

Why a plain residue of a prime: a single wrong digit changes the value by d x 24^k with 0 < |d| < 24, a swap of
neighbours by d x 23 x 24^k. The prime 13,807 divides neither, so both are always caught; 24 also has order over
24 modulo it, so a swap of any two different digits is caught too. Anything else passes once in 13,807 tries. It is the
idea of ISO/IEC 7064's pure systems with a larger prime (ADR 0003).

The alphabet leaves out vowels and what looks alike, and N: no current Microsoft key parses as one of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Final

from tenure.core.errors import Code, UsageError

ALPHABET: Final = "BCDFGHJKMPQRTVWXY2346789"
GROUPS: Final = 5
GROUP_LENGTH: Final = 5
LENGTH: Final = GROUPS * GROUP_LENGTH
ALL_PRODUCTS: Final = 1023
"""The product number of a key that stands for every product of its publisher."""
RANDOM_BITS: Final = 86

_BASE: Final = len(ALPHABET)
_CHECK_DIGITS: Final = 3
_PRIME: Final = 13_807
_VERSION: Final = 0
_NUMBER_BITS: Final = 10
_DIGIT: Final = {character: value for value, character in enumerate(ALPHABET)}
_TYPED_LIMIT: Final = 200
"""Longest input that is looked at at all: a key with generous spaces and dashes is under 60 characters."""


class KeyType(Enum):
    """What a key is for (design, section 2). The value is what stands in the key; never renumber."""

    HOST = 0
    GENERIC = 1
    MAK = 2
    RETAIL = 3

    @property
    def label(self) -> str:
        """The word used on the command line and in JSON."""
        return self.name.lower()

    @property
    def secret(self) -> bool:
        """Whether whoever has such a key can use up what it is for; a generic key is public."""
        return self is not KeyType.GENERIC


@dataclass(frozen=True, slots=True)
class ProductKey:
    """A well-formed key. Equal keys have equal text; whether it was ever issued, only the publisher knows."""

    type: KeyType
    product_number: int
    random: int

    @property
    def text(self) -> str:
        """The key as people read it: `XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`."""
        characters = self.characters
        return "-".join(characters[i : i + GROUP_LENGTH] for i in range(0, LENGTH, GROUP_LENGTH))

    @property
    def characters(self) -> str:
        """The 25 characters without dashes: what key material is derived from."""
        payload = _VERSION
        for value, bits in (
            (self.type.value, 2),
            (self.product_number, _NUMBER_BITS),
            (self.random, RANDOM_BITS),
        ):
            payload = payload << bits | value
        shifted = payload * _BASE**_CHECK_DIGITS
        return _to_digits(shifted + -shifted % _PRIME)

    @property
    def partial(self) -> str:
        """The last five characters: enough to recognize a key, too little to use it."""
        return self.characters[-GROUP_LENGTH:]

    @property
    def shown(self) -> str:
        """The key as anybody may see it: of a secret key only its end."""
        return f"XXXXX-XXXXX-XXXXX-XXXXX-{self.partial}" if self.type.secret else self.text

    @property
    def covers_all_products(self) -> bool:
        """Whether the key stands for every product of its publisher."""
        return self.product_number == ALL_PRODUCTS

    def __repr__(self) -> str:
        # A secret key must not reach a log through a formatted dataclass.
        return f"<ProductKey {self.type.label} number={self.product_number} ...{self.partial}>"


def make(type_: KeyType, product_number: int, random: int) -> ProductKey:
    """A new key around `random`, of which the low 86 bits must come from a secure source.

    Raises:
        UsageError: the product number is outside 0 to 1,023, or `random` does not fit in 86 bits.
    """
    if not 0 <= product_number <= ALL_PRODUCTS:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"A product number is 0 to {ALL_PRODUCTS}; {product_number} was given."
        )
    if not 0 <= random < 1 << RANDOM_BITS:
        raise UsageError(Code.INVALID_ARGUMENT, f"A key takes {RANDOM_BITS} random bits; more were given.")
    return ProductKey(type_, product_number, random)


def parse(typed: str) -> ProductKey:
    """The key that was typed, whatever its case, spaces and dashes.

    Raises:
        UsageError: code `product_key_malformed`; says which group is wrong wherever that can be known.
    """
    groups = _groups(typed)
    for number, group in enumerate(groups, 1):
        _check_characters(number, group)
    digits = [_DIGIT[character] for group in groups for character in group]
    value = _to_value(digits)
    if len(digits) != LENGTH or value % _PRIME:
        for number, group in enumerate(groups, 1):
            _check_length(number, group)
        raise _malformed(f"The key has a typing error{_where(digits)}.")
    payload = value // _BASE**_CHECK_DIGITS
    random = payload & (1 << RANDOM_BITS) - 1
    number = payload >> RANDOM_BITS & ALL_PRODUCTS
    type_ = payload >> RANDOM_BITS + _NUMBER_BITS & 0b11
    version = payload >> RANDOM_BITS + _NUMBER_BITS + 2
    key = ProductKey(KeyType(type_), number, random)
    if version != _VERSION or _to_value([_DIGIT[c] for c in key.characters]) != value:
        raise _malformed("The key is complete, but of a form that this version does not know.")
    return key


def _groups(typed: str) -> list[str]:
    """Five groups of whatever was typed: as dashes make them, else as dashes and spaces do, else five by five."""
    if len(typed) > _TYPED_LIMIT:
        raise _malformed(f"A product key has {LENGTH} characters; {len(typed):,} were given.")
    # What word processors make of a dash is a dash too: hyphens, en and em dash, minus.
    dashed = "".join("-" if c in "-\u2010\u2011\u2012\u2013\u2014\u2212" else c for c in typed.upper())
    between_dashes = ["".join(part.split()) for part in dashed.split("-")]
    for groups in ([group for group in between_dashes if group], dashed.replace("-", " ").split()):
        if len(groups) == GROUPS:
            return groups
    characters = "".join(between_dashes)
    if len(characters) != LENGTH:
        raise _malformed(
            f"A product key has {LENGTH} characters in {GROUPS} groups of {GROUP_LENGTH}; {len(characters)} were given."
        )
    return [characters[i : i + GROUP_LENGTH] for i in range(0, LENGTH, GROUP_LENGTH)]


def _check_characters(number: int, group: str) -> None:
    if strangers := sorted({c for c in group if c not in _DIGIT}):
        listed = ", ".join(repr(c) for c in strangers)
        raise _malformed(f"Group {number} ({group!r}) has {listed}, which no product key uses.")


def _check_length(number: int, group: str) -> None:
    if len(group) != GROUP_LENGTH:
        raise _malformed(f"Group {number} ({group!r}) has {len(group)} characters instead of {GROUP_LENGTH}.")


def _where(digits: list[int]) -> str:
    """Where the typing error must be, if a single wrong character or swap explains it in one place only.

    575 single changes and 24 swaps are tried against a check that a random one passes once in 13,807 times, so
    the true place is nearly always the only one.
    """
    value = _to_value(digits)
    weights = [_BASE**power for power in range(LENGTH - 1, -1, -1)]
    suspects: set[tuple[int, ...]] = set()
    for place, (digit, weight) in enumerate(zip(digits, weights, strict=True)):
        if any((value + (other - digit) * weight) % _PRIME == 0 for other in range(_BASE) if other != digit):
            suspects.add((place // GROUP_LENGTH + 1,))
    for left, right in pairwise(range(LENGTH)):
        change = (digits[right] - digits[left]) * (weights[left] - weights[right])
        if change and (value + change) % _PRIME == 0:
            suspects.add(tuple(sorted({left // GROUP_LENGTH + 1, right // GROUP_LENGTH + 1})))
    if len(suspects) != 1:
        return ""
    groups = suspects.pop()
    if len(groups) == 1:
        return f", most likely in group {groups[0]}"
    return f", most likely where group {groups[0]} meets group {groups[1]}"


def _malformed(detail: str) -> UsageError:
    cure = "Type it again from the original; case, spaces and dashes do not matter."
    return UsageError(Code.PRODUCT_KEY_MALFORMED, detail, cure)


def _to_digits(value: int) -> str:
    characters = []
    for _ in range(LENGTH):
        value, digit = divmod(value, _BASE)
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))


def _to_value(digits: list[int]) -> int:
    value = 0
    for digit in digits:
        value = value * _BASE + digit
    return value
