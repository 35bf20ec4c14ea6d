"""Records are cut out of a stream, wherever its pieces end, and never cost more memory than one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.microsoft.event_split import event_elements, json_objects, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Splitter = Callable[[Iterable[bytes], int], Iterator[bytes | None]]


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """The data in pieces of these sizes, over and over."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


SHAPES = st.sampled_from(["wrapped", "bare"])
SIZES = st.lists(st.integers(1, 30), min_size=1, max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=4), max_size=5), SIZES, SHAPES)
def test_json_objects_come_out_as_they_went_in(
    objects: list[dict[str, object]], sizes: list[int], shape: str
) -> None:
    """In an array or one behind the other, with braces and quotes in their texts."""
    text = (
        json.dumps(objects, indent=1) if shape == "wrapped" else "\n".join(json.dumps(one) for one in objects)
    )
    found = list(json_objects(cut(text.encode(), sizes)))
    assert [json.loads(one or b"") for one in found] == objects


@given(st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b" ")), max_size=6), SIZES)
def test_lines_come_out_as_they_went_in(given_lines: list[bytes], sizes: list[int]) -> None:
    """Blank ones are left out."""
    data = b"\n".join(given_lines)
    assert list(lines(cut(data, sizes))) == [line for line in given_lines if line.strip()]


@given(st.lists(st.text(max_size=10).map(lambda t: t.replace("<", "")), max_size=6), SIZES, SHAPES)
def test_events_come_out_as_they_went_in(texts: list[str], sizes: list[int], shape: str) -> None:
    """With a root around them or without one."""
    elements = [f"<Event xmlns='x'>{text}</Event>".encode() for text in texts]
    data = b"\n".join(elements)
    if shape == "wrapped":
        data = b"<?xml version='1.0'?><Events>" + data + b"</Events>"
    assert list(event_elements(cut(data, sizes))) == elements


@pytest.mark.parametrize(
    ("split", "data", "expected"),
    [
        (lines, b"short\n" + b"x" * 500 + b"\nlast", [b"short", None, b"last"]),
        (lines, b"x" * 500, [None]),
        (lines, b"x" * 500 + b"\n\n" + b"y" * 500 + b"\nz", [None, None, b"z"]),
        (json_objects, b'{"a":"' + b"x" * 500 + b'"}{"b":1}', [None, b'{"b":1}']),
        (json_objects, b'{"a":"' + b'\\"}' * 200 + b'"},{"b":1}', [None, b'{"b":1}']),
        (json_objects, b'{"a":' + b"[" * 500 + b'"x"}{"b":1}', [None, b'{"b":1}']),
        (json_objects, b'{"a":"' + b"x" * 500, [None]),
        (json_objects, b'"' + b"x" * 500 + b'"{"b":1}', [b'{"b":1}']),
        (json_objects, b'{"a":{"b":' + b'{"c":1},' * 80 + b'}}{"b":1}', [None, b'{"b":1}']),
        (
            event_elements,
            b"<Event>" + b"x" * 500 + b"</Event><Event>1</Event>",
            [None, b"<Event>1</Event>"],
        ),
        (event_elements, b"<Event>" + b"x" * 500, [None]),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_a_record_over_the_limit_is_dropped_and_the_next_one_found(
    split: Splitter, data: bytes, expected: list[bytes | None], size: int
) -> None:
    """However the pieces fall."""
    assert list(split(cut(data, [size]), 100)) == expected


@pytest.mark.parametrize(
    ("split", "data", "expected"),
    [
        (json_objects, b'{"a": 1} {"b": ', [b'{"a": 1}', b'{"b": ']),
        (json_objects, b"}}}]{} ", [b"{}"]),
        (json_objects, b"", []),
        (json_objects, b"[1, 2, true]", []),
        (event_elements, b"<Event><a><Event>1</Event>", [b"<Event><a>", b"<Event>1</Event>"]),
        (event_elements, b"<Events><Event>1", [b"<Event>1"]),
        (event_elements, b"<EventData>1</EventData>", []),
        (event_elements, b"<Event/>", []),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 10_000])
def test_a_record_that_is_cut_short_comes_out_as_it_is(
    split: Splitter, data: bytes, expected: list[bytes], size: int
) -> None:
    """Its reader says that it is broken; the ones behind it are read."""
    assert list(split(cut(data, [size]), 1000)) == expected


@given(st.binary(max_size=300), SIZES)
def test_nothing_raises_and_nothing_grows(data: bytes, sizes: list[int]) -> None:
    """Any bytes, in any pieces; no record is larger than the limit."""
    for split in (lines, json_objects, event_elements):
        assert all(record is None or len(record) <= 64 for record in split(cut(data, sizes), 64))
