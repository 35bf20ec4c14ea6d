"""Whether a key that somebody found is Microsoft's generic key, and if not, which one was meant and where it differs.

Guides on the web print keys that look right: five groups of five, the true first groups, an invented rest. A key that is
near no row of the table may be somebody's secret (a host key or a MAK): of it, only the last five characters are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tenure.microsoft.keys import ALPHABET, GROUP_LENGTH, GROUPS, LENGTH
from tenure.microsoft.keys_nearest import differences, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenure.microsoft.keys import GenericKey, KeyTable
    from tenure.microsoft.keys_nearest import Difference

TYPED_LIMIT: Final = 200
"""Longest input that is looked at at all: a key with generous spaces and dashes is under 60 characters."""
DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""The hyphen, and what word processors make of it."""


class Flaw(StrEnum):
    """What can be wrong with how a key is written."""

    TOO_LONG = "too_long"
    EMPTY = "empty"
    LOWER_CASE = "lower_case"
    SEPARATOR = "separator"
    WRONG_LETTER = "wrong_letter"
    MISSING_GROUP = "missing_group"
    EXTRA_GROUP = "extra_group"
    GROUP_LENGTH = "group_length"
    LETTER_N = "letter_n"


@dataclass(frozen=True, slots=True)
class Problem:
    """One flaw, and where it is."""

    flaw: Flaw
    detail: str


@dataclass(frozen=True, slots=True)
class CheckedKey:
    """What is known of one typed key."""

    shown: str
    """The key as it may be printed: whole when it is public or nearly so, else its last five characters."""
    editions: tuple[GenericKey, ...]
    """The rows that have this key; empty when it is not in the table."""
    problems: tuple[Problem, ...]
    nearest: tuple[GenericKey, ...]
    """For a key that is not in the table: the rows of the key that was most likely meant; empty when none is near."""
    differences: tuple[Difference, ...]
    """Where the typed key differs from the nearest one."""

    @property
    def found(self) -> bool:
        """Whether the key is in the table."""
        return bool(self.editions)


def check(table: KeyTable, typed: str) -> CheckedKey:
    """What the typed text is; never raises, whatever it is."""
    if len(typed) > TYPED_LIMIT:
        problem = Problem(Flaw.TOO_LONG, f"A key has {LENGTH} characters; {len(typed):,} were given.")
        return CheckedKey("...", (), (problem,), (), ())
    groups = split(typed)
    characters = "".join(groups)
    editions = table.by_characters.get(characters, ())
    problems = list(_problems(typed, groups))
    if editions:
        return CheckedKey(editions[0].key, editions, tuple(problems), (), ())
    near = nearest(table, characters)
    if near is None:
        problems += _letter_n(characters)
        return CheckedKey(f"...{_printable(characters)[-GROUP_LENGTH:]}", (), tuple(problems), (), ())
    return CheckedKey(
        _printable("-".join(groups)),
        (),
        tuple(problems),
        table.by_characters[near],
        differences(_printable(characters), near),
    )


def split(typed: str) -> list[str]:
    """The groups of what was typed, in capitals: as dashes make them, else as spaces do, else five by five."""
    text = "".join("-" if c in DASHES else c for c in typed.upper()).strip()
    parts = text.split("-") if "-" in text else text.split()
    groups = [group for group in ("".join(part.split()) for part in parts) if group]
    if len(groups) == 1 and len(groups[0]) > GROUP_LENGTH:
        return [groups[0][i : i + GROUP_LENGTH] for i in range(0, len(groups[0]), GROUP_LENGTH)]
    return groups


def _problems(typed: str, groups: list[str]) -> Iterator[Problem]:
    if not groups:
        yield Problem(Flaw.EMPTY, "There is no key.")
        return
    if any(c.islower() for c in typed):
        yield Problem(Flaw.LOWER_CASE, "It has lower-case letters; Microsoft prints capitals.")
    strange = sorted({c for c in typed.strip() if c != "-" and (c in DASHES or c.isspace())})
    if strange or "-" not in typed:
        seen = ", ".join(f"U+{ord(c):04X}" for c in strange) or "none"
        yield Problem(Flaw.SEPARATOR, f"Hyphens separate the groups; found instead: {seen}.")
    if len(groups) < GROUPS:
        yield Problem(Flaw.MISSING_GROUP, f"It has {len(groups)} of {GROUPS} groups.")
    if len(groups) > GROUPS:
        yield Problem(Flaw.EXTRA_GROUP, f"It has {len(groups)} groups; a key has {GROUPS}.")
    for number, group in enumerate(groups, 1):
        if strangers := sorted({c for c in group if c not in ALPHABET}):
            listed = ", ".join(ascii(c) for c in strangers)
            yield Problem(
                Flaw.WRONG_LETTER, f"Group {number} has {listed}, which no key of Microsoft's table uses."
            )
        if len(group) != GROUP_LENGTH:
            yield Problem(
                Flaw.GROUP_LENGTH, f"Group {number} has {len(group)} characters instead of {GROUP_LENGTH}."
            )


def _letter_n(characters: str) -> Iterator[Problem]:
    # Observed in the whole table, no rule of Microsoft's; so only said of keys about which nothing better is known.
    if len(characters) == LENGTH and not {*characters} - {*ALPHABET} and (count := characters.count("N")) > 1:
        yield Problem(
            Flaw.LETTER_N,
            f"It holds {count} N; the keys of Windows 8, Server 2012, Office 2016 and later hold exactly one.",
        )


def _printable(text: str) -> str:
    # A key is shown on terminals, where control characters would do harm: what no key can hold is a question mark.
    return "".join(c if c.isascii() and (c.isalnum() or c == "-") else "?" for c in text)
