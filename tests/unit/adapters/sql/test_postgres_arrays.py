"""Arrays for PostgreSQL, held against those that psycopg writes and reads."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import Format

from tenure.adapters.sql.postgres_arrays import BatchStatement, Element, array

if TYPE_CHECKING:
    from collections.abc import Sequence

ARRAYS = {
    Element.BOOL: 1000,
    Element.BYTEA: 1001,
    Element.BIGINT: 1016,
    Element.SMALLINT: 1005,
    Element.INT: 1007,
    Element.TEXT: 1009,
}
"""PostgreSQL's numbers of the arrays' types."""
VALUES: dict[Element, st.SearchStrategy[object]] = {
    Element.BOOL: st.booleans(),
    Element.BYTEA: st.binary(max_size=20),
    Element.BIGINT: st.integers(-(2**63), 2**63 - 1),
    Element.SMALLINT: st.integers(-(2**15), 2**15 - 1),
    Element.INT: st.integers(-(2**31), 2**31 - 1),
    Element.TEXT: st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
}


def read(element: Element, data: bytes) -> object:
    """What psycopg reads from an array."""
    return Transformer().get_loader(ARRAYS[element], Format.BINARY).load(data)


@pytest.mark.parametrize("element", list(Element), ids=lambda element: element.name)
@given(data=st.data())
def test_psycopg_reads_what_was_written(element: Element, data: st.DataObject) -> None:
    """Any values of any type, NULLs among them or not, and none at all."""
    kind = VALUES[element]
    values = data.draw(st.lists(kind, max_size=8) | st.lists(kind | st.none(), max_size=8))
    assert read(element, array(element, values).data) == values


@pytest.mark.parametrize(
    ("element", "values"),
    [
        (Element.BOOL, [True, False]),
        (Element.BYTEA, [b"", b"\x00\xff"]),
        (Element.BYTEA, [b"a", None]),
        (Element.BIGINT, [2**40, -1]),
        (Element.SMALLINT, [7, -7]),
        (Element.INT, [70_000, None, 70_000]),
        (Element.TEXT, ["", "ä"]),
    ],
)
def test_the_bytes_are_those_that_psycopg_writes(element: Element, values: Sequence[object]) -> None:
    """To the last one, where psycopg takes the same type for the values."""
    (written,) = Transformer().dump_sequence([list(values)], [PyFormat.BINARY])
    assert array(element, values).data == written


@pytest.mark.parametrize(
    ("element", "value", "error"),
    [
        (Element.SMALLINT, 2**15, struct.error),
        (Element.INT, 2**31, struct.error),
        (Element.BIGINT, 2**63, struct.error),
        (Element.TEXT, 1, TypeError),
        (Element.BYTEA, 1, TypeError),
    ],
    ids=["smallint", "int", "bigint", "text", "bytea"],
)
def test_what_does_not_fit_is_not_written(element: Element, value: object, error: type[Exception]) -> None:
    """Alone or beside NULL."""
    for values in ([value], [value, None]):
        with pytest.raises(error):
            array(element, values)


def test_a_statement_over_rows_takes_a_column_for_each_of_its_arrays() -> None:
    """By the casts in its text, in their order; what is no array is not counted."""
    statement = BatchStatement("SELECT %b::int, * FROM unnest(%b::bytea[], %b::smallint[])")
    assert statement.over([(b"a", 1), (b"b", None)]) == [
        array(Element.BYTEA, [b"a", b"b"]),
        array(Element.SMALLINT, [1, None]),
    ]


def test_rows_of_another_width_are_a_defect() -> None:
    """Nothing is cut off."""
    with pytest.raises(ValueError, match="zip"):
        BatchStatement("SELECT * FROM unnest(%b::bytea[], %b::int[])").over([(b"a", 1, 2)])
