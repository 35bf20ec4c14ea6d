from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.host import HOST_ID, SimulatedHost
from tenure.core.errors import Code, UsageError
from tenure.host.settings import (
    HostSettings,
    Setting,
    read_settings,
    set_dns_publishing,
    set_port,
    set_refresh_interval,
    set_renewal_interval,
    set_retry_interval,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenure.host.store import HostStore


class Settings:
    """As much of a store as settings need."""

    def __init__(self) -> None:
        """None was made."""
        self.stored: dict[str, str] = {}

    def save_setting(self, name: str, value: str) -> None:
        """The setting has this value."""
        self.stored[name] = value


def after(change: Callable[[HostStore], None]) -> HostSettings:
    """What is read after a change."""
    store = Settings()
    change(store)  # type: ignore[arg-type]  # no other method of the port is called
    return read_settings(store.stored)


def test_nothing_set_is_nothing_set() -> None:
    """The policy and the defaults hold."""
    assert read_settings({}) == HostSettings()


@pytest.mark.parametrize("minutes", [15, 120, 43_200])
def test_intervals_are_set_in_minutes_and_read_in_seconds(minutes: int) -> None:
    """15 minutes to 30 days, both allowed."""
    assert after(lambda s: set_retry_interval(minutes, store=s)).retry_interval_s == minutes * 60
    assert after(lambda s: set_renewal_interval(minutes, store=s)).renewal_interval_s == minutes * 60


@pytest.mark.parametrize("minutes", [5, 60, 1_440])
def test_publishers_are_asked_as_often_as_is_set(minutes: int) -> None:
    """Five minutes to a day, both allowed; an hour where nothing is set."""
    assert after(lambda s: set_refresh_interval(minutes, store=s)).refresh_interval_s == minutes * 60
    assert read_settings({}).refresh_interval_s == 3_600


@pytest.mark.parametrize("minutes", [0, 4, 1_441])
def test_an_interval_that_would_flood_or_forget_is_refused(minutes: int) -> None:
    """Nothing is stored then, and the bounds are told."""
    with pytest.raises(UsageError, match="5 to 1,440 minutes") as caught:
        after(lambda s: set_refresh_interval(minutes, store=s))
    assert caught.value.code is Code.POLICY_OUT_OF_BOUNDS


@pytest.mark.parametrize("minutes", [0, 14, 43_201, 10**9])
def test_intervals_outside_a_policys_bounds_are_refused(minutes: int) -> None:
    """Nothing is stored then, and the bounds are told."""
    for change in (set_retry_interval, set_renewal_interval):
        store = Settings()
        with pytest.raises(UsageError) as caught:
            change(minutes, store=store)  # type: ignore[arg-type]  # as above
        assert caught.value.code is Code.POLICY_OUT_OF_BOUNDS
        assert "15 to 43,200 minutes" in caught.value.detail
        assert store.stored == {}


@pytest.mark.parametrize("port", [1, 1688, 65_535])
def test_ports_that_exist_are_kept(port: int) -> None:
    """1 to 65535."""
    assert after(lambda s: set_port(port, store=s)).port == port


@pytest.mark.parametrize("port", [0, 65_536])
def test_ports_that_do_not_exist_are_refused(port: int) -> None:
    """Port 0 would be another one at each start."""
    with pytest.raises(UsageError) as caught:
        after(lambda s: set_port(port, store=s))
    assert caught.value.code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize("on", [True, False])
def test_dns_publishing_is_stored(on: bool) -> None:  # noqa: FBT001 - a table of two
    """Both ways, and unlike not set at all."""
    assert after(lambda s: set_dns_publishing(on=on, store=s)).dns_publishing is on


@pytest.mark.parametrize(
    "value",
    ["", "-1", "899", "2592001", "9" * 5000, "1e3", " 900", "900 ", "\u0669\u0660\u0660", "nan", "\x00"],
)
def test_a_value_that_cannot_be_used_counts_as_not_set(value: str) -> None:
    """It is named, so that somebody can put it right."""
    read = read_settings({"renewal_interval_s": value, "retry_interval_s": "900"})
    assert read == HostSettings(retry_interval_s=900, unusable=("renewal_interval_s",))


@given(st.dictionaries(st.one_of(st.sampled_from([s.value for s in Setting]), st.text()), st.text()))
def test_nothing_that_is_stored_can_raise(stored: Mapping[str, str]) -> None:
    """Whatever is read is within bounds, or not set."""
    read = read_settings(stored)
    assert read.retry_interval_s is None or 900 <= read.retry_interval_s <= 2_592_000
    assert read.renewal_interval_s is None or 900 <= read.renewal_interval_s <= 2_592_000
    assert read.port is None or 1 <= read.port <= 65_535


@pytest.mark.parametrize(
    ("stored", "retry", "renewal"),
    [
        pytest.param({}, 7_200, 604_800, id="nothing: the policy's"),
        pytest.param({"retry_interval_s": "900"}, 900, 604_800, id="one"),
        pytest.param({"renewal_interval_s": "1200", "retry_interval_s": "60"}, 7_200, 1_200, id="one is bad"),
    ],
)
def test_what_a_host_serves_follows_its_settings(stored: dict[str, str], retry: int, renewal: int) -> None:
    """A snapshot takes what is set, and the policy for all else."""
    host = SimulatedHost()
    served = host.snapshot(host.publisher.certify(host.key, HOST_ID), settings=stored)
    for product in served.products.values():
        assert (product.retry_interval_s, product.renewal_interval_s) == (retry, renewal)
