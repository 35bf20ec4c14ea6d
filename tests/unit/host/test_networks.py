"""The networks of a host, as a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.core.errors import Code, UsageError
from tenure.host.networks import MOST_NETWORKS, SETTING, Networks, read_networks, set_networks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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


def put(networks: Sequence[str] | None, store: Settings) -> Networks:
    """What holds after a change."""
    return set_networks(networks, store=store)  # type: ignore[arg-type]  # no other method of the port is called


def shown(networks: Networks) -> list[str] | None:
    """The networks as text, None when everybody may ask."""
    return None if networks.allowed is None else [str(network) for network in networks.allowed.networks]


def test_a_new_host_serves_everybody() -> None:
    """Until its administrator says otherwise."""
    assert shown(read_networks({})) is None


def test_networks_replace_those_before_and_any_opens_the_host_again() -> None:
    """What is stored is what is told."""
    store = Settings()
    assert shown(put(["10.0.0.0/8", "192.0.2.0/24"], store)) == ["10.0.0.0/8", "192.0.2.0/24"]
    assert shown(put(["2001:db8::/32"], store)) == ["2001:db8::/32"]
    assert shown(put([], store)) == []
    assert shown(put(None, store)) is None


def test_one_that_is_no_network_changes_nothing() -> None:
    """The whole list is taken or none of it."""
    store = Settings()
    put(["10.0.0.0/8"], store)
    with pytest.raises(UsageError) as caught:
        put(["192.0.2.0/24", "192.0.2.1/24"], store)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert store.stored == {SETTING: "10.0.0.0/8"}


def test_a_thousand_networks_are_enough() -> None:
    """More is refused before anything is stored; neighbors count as the one that they are together."""
    store = Settings()
    scattered = [f"10.{n >> 7}.{(n & 127) * 2}.0/24" for n in range(MOST_NETWORKS + 1)]
    with pytest.raises(UsageError):
        put(scattered, store)
    assert store.stored == {}
    assert len(shown(put(scattered[:-1], store)) or []) == MOST_NETWORKS
    assert shown(put([f"10.0.{n}.0/24" for n in range(256)], store)) == ["10.0.0.0/16"]


def test_a_damaged_setting_opens_the_host_to_nobody_else() -> None:
    """What is left of the list holds; what is not a network is named."""
    assert read_networks({SETTING: "10.0.0.0/8 banana"}).unusable == ("banana",)
    assert shown(read_networks({SETTING: "10.0.0.0/8 banana"})) == ["10.0.0.0/8"]
    for damaged in ("", "banana", "\x00", "any any", "ANY"):
        networks = read_networks({SETTING: damaged})
        assert networks.allowed is not None
        assert not networks.allowed.allows("192.0.2.1")
        assert networks.allowed.allows("127.0.0.1")


@given(st.text())
def test_nothing_that_is_stored_can_raise(stored: str) -> None:
    """Only the word `any` allows all."""
    assert (read_networks({SETTING: stored}).allowed is None) is (stored == "any")
