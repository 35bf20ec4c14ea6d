"""Columns of a batch as PostgreSQL's binary arrays, for statements that say the types of their columns once.

psycopg can write lists, too, but looks at each element to find out what it is: a quarter of the host's own time for a batch
of 64, half of it for a single request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from struct import Struct, pack
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Element(Enum):
    """What an array is of, by its name in SQL: its number in every PostgreSQL (pg_type.dat), and how `struct` calls a fixed one."""

    BOOL = ("bool", 16, "?")
    BYTEA = ("bytea", 17, "")
    BIGINT = ("bigint", 20, "q")
    SMALLINT = ("smallint", 21, "h")
    INT = ("int", 23, "i")
    TEXT = ("text", 25, "")


# As array_recv reads it (src/backend/utils/adt/arrayfuncs.c): dimensions, whether there are NULLs, the type of the elements;
# then the length and the first index of the only dimension; then every element behind its length, which is -1 for NULL.
_EMPTY: Final = Struct(">3i").pack
_HEAD: Final = Struct(">5i").pack
_length: Final = Struct(">i").pack
_NULL: Final = _length(-1)
_ELEMENTS: Final = {element.value[0]: element for element in Element}
_ARRAYS: Final = re.compile(r"%b::(\w+)\[\]")


@dataclass(frozen=True, slots=True)
class Array:
    """A parameter of a statement, where `%b` is cast to an array of its elements."""

    data: bytes


def array(element: Element, values: Sequence[object]) -> Array:
    """The values as an array; None is NULL.

    Raises:
        struct.error: a value is out of the element's range.
    """
    _, number, code = element.value
    if not values:
        return Array(_EMPTY(0, 0, number))
    nulls = None in values
    head = _HEAD(1, nulls, number, len(values), 1)
    if not code:
        return Array(head + b"".join([_NULL if value is None else _bytes(value) for value in values]))
    size = Struct(f">{code}").size
    if nulls:
        given = [_NULL if value is None else pack(f">i{code}", size, value) for value in values]
        return Array(head + b"".join(given))
    flat: list[object] = [size] * (2 * len(values))
    flat[1::2] = values
    return Array(head + pack(f">{f'i{code}' * len(values)}", *flat))


def _bytes(value: object) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    if not isinstance(data, bytes):
        raise TypeError(f"no bytes and no text: {type(value)}")
    return _length(len(data)) + data


class _ArrayDumper(Dumper):
    """For psycopg. It names no type to the server, which knows it from the cast."""

    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        """As it is."""
        return obj.data


psycopg.adapters.register_dumper(Array, _ArrayDumper)


class BatchStatement:
    """A statement over the rows of a batch, one array a column; its casts (`%b::bytea[]`) say of what."""

    def __init__(self, text: str) -> None:
        """The columns are the text's arrays, in their order."""
        self.text = text
        self._columns = [_ELEMENTS[name] for name in _ARRAYS.findall(text)]

    def over(self, rows: Iterable[Sequence[object]]) -> list[Array]:
        """The parameters for these rows, of which there is one at least."""
        columns = zip(*rows, strict=True)
        return [array(element, column) for element, column in zip(self._columns, columns, strict=True)]
