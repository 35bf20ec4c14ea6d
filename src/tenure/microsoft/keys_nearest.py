"""Which key of the table was most likely meant by 25 or so characters, and where they differ from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from tenure.microsoft.keys import GROUP_LENGTH, LENGTH

if TYPE_CHECKING:
    from tenure.microsoft.keys import KeyTable

NEAR: Final = 12
"""Edits up to which a key counts as a variant of another. Two random keys are about 20 apart, never under 15 in 3,000 tries."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One character that differs, at its place in the true key. Places and groups count from 1."""

    group: int
    place: int
    found: str | None
    """What was typed; None when a character is missing here."""
    expected: str | None
    """What Microsoft's key has; None when a character too many stands before this place."""


def nearest(table: KeyTable, characters: str) -> str | None:
    """The 25 characters of the nearest key; None when nothing tells that one of them was meant.

    A key is near when few edits lead to it, or else when a whole group is the same at the same place: by accident
    a random key shares one with a table of this size once in 17,000 times.
    """
    if not 0 < len(characters) <= 2 * LENGTH:
        return None
    distance, best = min((_distance(characters, key), key) for key in table.by_characters)
    if distance <= NEAR:  # so at least half of the key is there
        return best
    shared, _, best = max(
        (_shared_groups(characters, key), -_distance(characters, key), key) for key in table.by_characters
    )
    return best if shared else None


def differences(typed: str, key: str) -> tuple[Difference, ...]:
    """Where `typed` differs from `key`: place by place, or aligned when characters are missing or too many."""
    unlike = [at for at, (found, expected) in enumerate(zip(typed, key, strict=False)) if found != expected]
    if len(typed) == LENGTH and len(unlike) <= _distance(typed, key) + 2:
        return tuple(_difference(at, typed[at], key[at]) for at in unlike)
    return _aligned(typed, key)


def _shared_groups(typed: str, key: str) -> int:
    starts = range(0, LENGTH, GROUP_LENGTH)
    return sum(typed[at : at + GROUP_LENGTH] == key[at : at + GROUP_LENGTH] for at in starts)


def _difference(at: int, found: str | None, expected: str | None) -> Difference:
    at = min(at, LENGTH - 1)
    return Difference(at // GROUP_LENGTH + 1, at % GROUP_LENGTH + 1, found, expected)


def _distance(typed: str, key: str) -> int:
    """Levenshtein's distance by bit vectors (Myers 1999, as Hyyrö 2003 simplified it): the last cell of `_edits`.

    A bit stands for a place of the key; 118 keys are compared in a millisecond or two.
    """
    masks = _masks(key)
    top = 1 << len(key) - 1
    full = (top << 1) - 1
    plus, minus, distance = full, 0, len(key)
    for character in typed:
        equal = masks.get(character, 0)
        diagonal = ((equal & plus) + plus ^ plus) | equal | minus
        up = minus | ~(diagonal | plus)
        down = plus & diagonal
        distance += bool(up & top) - bool(down & top)
        up, down = up << 1 | 1, down << 1
        plus, minus = (down | ~(diagonal | up)) & full, up & diagonal & full
    return distance


@cache
def _masks(key: str) -> dict[str, int]:
    return {letter: sum(1 << at for at, c in enumerate(key) if c == letter) for letter in set(key)}


def _edits(left: str, right: str) -> list[list[int]]:
    """Levenshtein's table: the fewest edits that make the beginnings of `left` those of `right`."""
    table = [list(range(len(right) + 1))]
    for row, a in enumerate(left, 1):
        above = table[-1]
        line = [row]
        for column, b in enumerate(right):
            line.append(min(above[column] + (a != b), above[column + 1] + 1, line[column] + 1))
        table.append(line)
    return table


def _aligned(typed: str, key: str) -> tuple[Difference, ...]:
    table = _edits(typed, key)
    found: list[Difference] = []
    row, column = len(typed), len(key)
    while row or column:
        here = table[row][column]
        if row and column and here == table[row - 1][column - 1] + (typed[row - 1] != key[column - 1]):
            row, column = row - 1, column - 1
            if typed[row] != key[column]:
                found.append(_difference(column, typed[row], key[column]))
        elif column and here == table[row][column - 1] + 1:
            column -= 1
            found.append(_difference(column, None, key[column]))
        else:
            row -= 1
            found.append(_difference(column, typed[row], None))
    return tuple(reversed(found))
