"""Microsoft's published generic volume license keys (GVLK): which edition has which.

A generic key is public and no secret: it makes an installation a volume client, which a genuine KMS host or a directory
object may then activate. The table comes from Microsoft's own pages; each row names its source.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tenure.core.errors import Code, UsageError
from tenure.microsoft.keys_csv import rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALPHABET: Final = "2346789BCDFGHJKMNPQRTVWXY"
"""The characters that occur in Microsoft's table: an observation, no rule of Microsoft's."""
GROUPS: Final = 5
GROUP_LENGTH: Final = 5
LENGTH: Final = GROUPS * GROUP_LENGTH

_KEY: Final = re.compile(rf"([{ALPHABET}]{{5}}-){{4}}[{ALPHABET}]{{5}}")
_DATE: Final = re.compile(r"page date (\d{4}-\d{2}-\d{2})")
_MAX_ROWS: Final = 10_000
_MAX_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class GenericKey:
    """One row: the key of one edition of one product."""

    product: str
    edition: str
    kind: str
    """`client`, `server` or `office`."""
    channel: str
    key: str
    source: str

    @property
    def label(self) -> str:
        """Product and edition, as people say them: the product's name is not said twice."""
        if self.kind == "office":
            return self.edition
        return self.product if self.edition in self.product else f"{self.product} {self.edition}"

    @property
    def characters(self) -> str:
        """The 25 characters without dashes."""
        return self.key.replace("-", "")

    @property
    def partial(self) -> str:
        """The last five characters, by which Windows shows an installed key."""
        return self.key[-GROUP_LENGTH:]


@dataclass(frozen=True, slots=True)
class KeyTable:
    """All rows, in the order of the file."""

    rows: tuple[GenericKey, ...]
    by_characters: Mapping[str, tuple[GenericKey, ...]] = field(init=False)

    def __post_init__(self) -> None:
        """Index the rows by key: 15 keys of Microsoft's table belong to more than one product."""
        found: defaultdict[str, list[GenericKey]] = defaultdict(list)
        for row in self.rows:
            found[row.characters].append(row)
        object.__setattr__(self, "by_characters", {key: tuple(same) for key, same in found.items()})

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the rows come from, each named once."""
        return tuple(dict.fromkeys(row.source for row in self.rows if row.source))

    @property
    def as_of(self) -> str | None:
        """The date of the newest dated source, as YYYY-MM-DD; None when none is dated."""
        return max((date for source in self.sources for date in _DATE.findall(source)), default=None)


def parse_table(text: str, *, what: str) -> KeyTable:
    """The table in a CSV with the columns product, edition, gvlk (or key), and perhaps kind, channel, source.

    Raises:
        UsageError: code `invalid_argument`; names the line and what is wrong there.
    """
    found = []
    for line, row in rows(text, required=("product", "edition"), what=what):
        key = row.get("gvlk") or row.get("key", "")
        if not _KEY.fullmatch(key):
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"{what}, line {line}: {key[:40]!r} has not the form of a generic key.",
                "The column gvlk (or key) holds XXXXX-XXXXX-XXXXX-XXXXX-XXXXX in capitals.",
            )
        product, edition = row["product"], row["edition"]
        if not all(name.isprintable() and 0 < len(name) <= _MAX_NAME for name in (product, edition)):
            raise UsageError(
                Code.INVALID_ARGUMENT,
                f"{what}, line {line}: product and edition are names of 1 to {_MAX_NAME} characters.",
            )
        kind = row.get("kind") or _kind_of(product)
        found.append(GenericKey(product, edition, kind, row.get("channel", ""), key, row.get("source", "")))
        if len(found) > _MAX_ROWS:
            raise UsageError(Code.INVALID_ARGUMENT, f"{what} has more than {_MAX_ROWS:,} rows.")
    if not found:
        raise UsageError(Code.INVALID_ARGUMENT, f"{what} holds no key.")
    return KeyTable(tuple(found))


def find(table: KeyTable, query: Sequence[str]) -> tuple[GenericKey, ...]:
    """The rows that fit every word of the query; an empty query fits all.

    A word fits the beginning of a word of product, edition, kind or channel, or any group of the key: what
    `slmgr /dli` shows as partial product key finds its edition. Rows that say no more than the query stand first.
    """
    wanted = words(" ".join(query))
    fitting = [row for row in table.rows if all(_fits(row, word) for word in wanted)]
    if wanted:
        fitting.sort(key=lambda row: len({*words(row.label)} ^ {*wanted}))
    return tuple(fitting)


def words(text: str) -> tuple[str, ...]:
    """The words by which products are told apart, in lower case; different spellings of one become the same."""
    plain = re.sub(r"\(r\)|\(tm\)|[®™]", " ", text.casefold())
    found = (word.strip(".") for word in re.split(r"[^\w.]+", plain))
    return tuple(_SAME.get(word, word) for word in found if word and word not in _MEANINGLESS)


_SAME: Final = {"professional": "pro", "versions": "version"}
_MEANINGLESS: Final = frozenset({"microsoft", "edition"})


def _fits(row: GenericKey, word: str) -> bool:
    names = words(f"{row.product} {row.edition} {row.kind} {row.channel}")
    # "pro" is Pro and Professional, not Project.
    exact = word in _SAME.values()
    return (
        any(name == word or (not exact and name.startswith(word)) for name in names)
        or word.upper() in row.key.split("-")
        or word.upper() == row.characters
    )


def _kind_of(product: str) -> str:
    named = words(product)
    return next((kind for kind in ("server", "office") if kind in named), "client")
