"""The distance between keys, and where they differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tenure.microsoft.keys import ALPHABET
from tenure.microsoft.keys_nearest import differences, nearest
from tenure.programs.microsoft_keys import load_table

TABLE = load_table(None)
KEYS = st.sampled_from(sorted(TABLE.by_characters))


@given(KEYS, st.text(ALPHABET, min_size=10, max_size=40))
def test_differences_add_up(key: str, typed: str) -> None:
    """What is missing and too many makes up the difference in length, whatever was typed; each is in its place."""
    found = differences(typed, key)
    changed = sum(one.found is not None and one.expected is not None for one in found)
    missing = sum(one.found is None for one in found)
    extra = sum(one.expected is None for one in found)
    assert len(typed) + missing - extra == len(key)
    assert changed + missing + extra == len(found)
    assert all(one.expected in {None, key[(one.group - 1) * 5 + one.place - 1]} for one in found)


@given(KEYS, st.integers(0, 24), st.integers(1, 12))
def test_a_gap_is_found(key: str, place: int, length: int) -> None:
    """A key with up to 12 characters missing in one place is recognized, and just these are missing."""
    typed = key[:place] + key[place + length :]
    gap = len(key) - len(typed)
    assert nearest(TABLE, typed) == key
    found = differences(typed, key)
    assert len(found) == gap
    assert all(one.found is None for one in found)


@given(KEYS, st.integers(0, 23))
def test_a_swap_is_two_differences(key: str, place: int) -> None:
    """Two neighbors exchanged differ in two places."""
    typed = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    found = differences(typed, key)
    assert nearest(TABLE, typed) == key
    assert {one.expected for one in found} <= {key[place], key[place + 1]}
    assert len(found) == (2 if key[place] != key[place + 1] else 0)


def test_noise_has_no_nearest_key() -> None:
    """Nothing, one letter, and a text without end are near no key."""
    assert [nearest(TABLE, typed) for typed in ("", "W", "W" * 1000, "22222222222222222222ZZZZZ")] == [
        None
    ] * 4
