"""Microsoft's generic keys: what `tenure microsoft keys` does, and what keeps such keys out of Tenure."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from tenure.adapters.files.atomic import read_file
from tenure.core.errors import Code, Refused, UsageError
from tenure.microsoft import keys, keys_check, keys_foreign
from tenure.microsoft.keys_csv import decode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from tenure.microsoft.keys import GenericKey, KeyTable
    from tenure.microsoft.keys_check import CheckedKey

_LIMIT: Final = 4 * 1024 * 1024


def load_table(data: Path | None) -> KeyTable:
    """The table of the file `data`; None: the one that came with Tenure.

    Raises:
        UsageError: code `invalid_argument`; there is no such file, or it is no such table.
        LocalFault: it cannot be read.
    """
    if data is None:
        return _packaged_table()
    content = read_file(data, limit=_LIMIT)
    if content is None:
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no file {data}.")
    return keys.parse_table(decode(content, what=str(data)), what=str(data))


def find_keys(query: Sequence[str], *, data: Path | None) -> tuple[KeyTable, tuple[GenericKey, ...]]:
    """The table, and its rows that fit every word of the query.

    Raises:
        Refused: code `product_unknown`, when none does.
    """
    table = load_table(data)
    found = keys.find(table, query)
    if not found:
        products = "; ".join(dict.fromkeys(row.product for row in table.rows))
        raise Refused(
            Code.PRODUCT_UNKNOWN,
            f"No row of the table fits {' '.join(query)[:100]!r}.",
            f"Ask with fewer words, or by product: {products}. A newer table is read with --data FILE.",
        )
    return table, found


def check_keys(typed: Sequence[str], *, data: Path | None) -> tuple[KeyTable, list[CheckedKey]]:
    """The table, and what each typed key is."""
    table = load_table(data)
    return table, [keys_check.check(table, one) for one in typed]


def refuse_microsoft_key(typed: str) -> None:
    """Nothing happens, unless the typed key is Microsoft's.

    Raises:
        Refused: code `foreign_key`; says where it belongs and does not repeat a key that may be secret.
    """
    keys_foreign.refuse_microsoft_key(typed, _packaged_table())


def refuse_microsoft_product_id(product_id: UUID) -> None:
    """Nothing happens, unless the id is one by which Microsoft's own licensing names a product.

    Raises:
        Refused: code `product_taken`.
    """
    text = _packaged("product_ids.csv")
    keys_foreign.refuse_microsoft_product_id(product_id, keys_foreign.parse_ids(text, what="product_ids.csv"))


@cache
def _packaged_table() -> KeyTable:
    return keys.parse_table(_packaged("gvlk.csv"), what="gvlk.csv")


def _packaged(name: str) -> str:
    return (files("tenure.microsoft") / "data" / name).read_text("utf-8")
