"""The limits of a host, as settings."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, UsageError
from tenure.host.limits import MOST, Limits, read_limits, set_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = [field.name for field in fields(Limits)]


class Settings:
    """As much of a store as settings need."""

    def __init__(self) -> None:
        """None was made."""
        self.stored: dict[str, str] = {}

    def settings(self) -> Mapping[str, str]:
        """All of them."""
        return self.stored

    def save_setting(self, name: str, value: str) -> None:
        """The setting has this value."""
        self.stored[name] = value


def put(given_: Mapping[str, int], store: Settings) -> Limits:
    """What holds after a change."""
    return set_limits(given_, store=store)  # type: ignore[arg-type]  # no other method of the port is called


def test_the_defaults_let_a_whole_site_boot_behind_one_address() -> None:
    """Five thousand machines at once, twenty thousand new ones an hour, five thousand connections."""
    limits = read_limits({})
    assert limits == Limits()
    assert (limits.address_burst, limits.new_machines, limits.connections) == (5_000, 20_000, 5_000)


@pytest.mark.parametrize("name", NAMES)
def test_each_limit_is_set_alone(name: str) -> None:
    """The others stay as they are; nothing given changes nothing."""
    store = Settings()
    assert asdict(put({name: 7}, store)) == {**asdict(Limits()), name: 7}
    assert asdict(put({}, store)) == {**asdict(Limits()), name: 7}


@pytest.mark.parametrize("value", [0, -1, MOST + 1])
def test_a_limit_out_of_bounds_is_refused_and_nothing_is_stored(value: int) -> None:
    """1 to a million; 0 would shut everybody out."""
    store = Settings()
    with pytest.raises(UsageError) as caught:
        put({"address_rate": 5, "new_machines": value}, store)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert "new-machines is 1 to 1,000,000" in caught.value.detail
    assert store.stored == {}


@given(st.dictionaries(st.sampled_from([f"limit_{name}" for name in NAMES]), st.text()))
def test_whatever_is_stored_gives_limits_within_their_bounds(stored: Mapping[str, str]) -> None:
    """What cannot be used counts as not set."""
    assert all(1 <= value <= MOST for value in asdict(read_limits(stored)).values())
