"""Keys and product ids of Microsoft's, refused where Tenure's are asked for: they say where they belong (ADR 0001)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tenure.core.errors import Code, Refused, UsageError
from tenure.core.product_key import ALPHABET as TENURE_ALPHABET
from tenure.core.product_key import parse
from tenure.microsoft.keys import ALPHABET, LENGTH
from tenure.microsoft.keys_check import TYPED_LIMIT, check, split
from tenure.microsoft.keys_csv import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenure.microsoft.keys import KeyTable

_BELONGS: Final = (
    "Microsoft's keys work on Microsoft's products alone. A generic client key is installed on the Windows machine itself "
    "(cscript //nologo %SystemRoot%\\System32\\slmgr.vbs /ipk KEY), a host key in the same way on a genuine KMS host, "
    "a MAK on the machine that it activates. Tenure neither keeps nor sends it; `tenure microsoft keys` lists the generic ones."
)


@dataclass(frozen=True, slots=True)
class MicrosoftId:
    """An activation id or application id of Microsoft's, and where it was seen."""

    name: str
    source: str


def parse_ids(text: str, *, what: str) -> dict[UUID, MicrosoftId]:
    """The ids in a CSV with the columns id, name, source.

    Raises:
        UsageError: code `invalid_argument`; names the line.
    """
    found = {}
    for line, row in rows(text, required=("id", "name"), what=what):
        try:
            found[UUID(row["id"])] = MicrosoftId(row["name"], row.get("source", ""))
        except ValueError as error:
            raise UsageError(
                Code.INVALID_ARGUMENT, f"{what}, line {line}: {row['id'][:40]!r} is no UUID."
            ) from error
    return found


def refuse_microsoft_key(typed: str, table: KeyTable) -> None:
    """Nothing happens, unless the typed key is Microsoft's: one of the table, near one, or of the form of today's keys.

    Today's keys of Microsoft hold an N, and Tenure's never do. A key of Tenure's with one letter mistyped as N is left
    to the parser, which says where the error is.

    Raises:
        Refused: code `foreign_key`; never repeats a key that may be secret.
    """
    if len(typed) > TYPED_LIMIT:
        return
    characters = "".join(split(typed))
    checked = check(table, typed) if characters in table.by_characters or not _is_ours(characters) else None
    if checked is None:
        return
    if checked.editions:
        named = " and ".join(dict.fromkeys(row.label for row in checked.editions))
        raise Refused(
            Code.FOREIGN_KEY, f"This is Microsoft's generic key of {named}, not a key of Tenure's.", _BELONGS
        )
    if checked.nearest:
        named = " and ".join(dict.fromkeys(row.label for row in checked.nearest))
        raise Refused(
            Code.FOREIGN_KEY,
            f"This is no key of Tenure's; it looks like Microsoft's generic key of {named}, with errors.",
            "See where it differs: tenure microsoft keys check KEY. " + _BELONGS,
        )
    if _has_microsofts_form(characters):
        raise Refused(
            Code.FOREIGN_KEY,
            f"The key that ends in {characters[-5:]} has the form of Microsoft's keys: it holds an N, as no key of Tenure's does.",
            _BELONGS,
        )


def refuse_microsoft_product_id(product_id: UUID, ids: Mapping[UUID, MicrosoftId]) -> None:
    """Nothing happens, unless the id is one by which Microsoft's own licensing names a product.

    Raises:
        Refused: code `product_taken`.
    """
    if (known := ids.get(product_id)) is not None:
        raise Refused(
            Code.PRODUCT_TAKEN,
            f"{product_id} is Microsoft's id of {known.name}.",
            "Leave the id out: a new one is made. Tenure activates products whose publisher enrolled them, never Microsoft's.",
        )


def _is_ours(characters: str) -> bool:
    try:
        parse(characters)
    except UsageError:
        return "N" in characters and any(
            _parses(characters.replace("N", letter, 1))
            for letter in TENURE_ALPHABET
            if characters.count("N") == 1
        )
    return True


def _parses(characters: str) -> bool:
    try:
        parse(characters)
    except UsageError:
        return False
    return True


def _has_microsofts_form(characters: str) -> bool:
    return len(characters) == LENGTH and not {*characters} - {*ALPHABET} and "N" in characters
